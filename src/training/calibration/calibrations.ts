/**
 * Calibration cache: measurements of this machine, stored in files so that every worker and every
 * later run chooses the same executor. A lock ensures that only one process measures at a time,
 * because concurrent measurements distort each other. Unreadable entries are measured again.
 */
import { createHash } from 'node:crypto';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { isRunning } from '../../runtime/process-running.ts';
import { writeCache } from '../../runtime/write-cache.ts';
import { isFields } from '../models/reader.ts';
import { canonicalJson } from '../plan/hash.ts';

export interface Measurement {
  readonly label: string;
  /** Lane-samples per second. */
  readonly samplesPerSecond: number;
  /** Duration of the compilation in milliseconds; absent: unknown, or not compiled. */
  readonly compileMs?: number;
  /** Reason why it could not be measured. */
  readonly failure?: string;
}

/** Cache key of a calibration. */
export interface CalibrationKey {
  readonly plan: string;
  /** Device and runtime, as `timingKey` names them. */
  readonly device: string;
  readonly lanes: number;
  /** Labels of the compared executors, including versions where they have one. */
  readonly labels: readonly string[];
}

/** Format of the files; increase it when a change of the kernels invalidates old measurements. */
const FORMAT = 'galapagos-calibration/1';
/**
 * Maximum time to wait for another process that measures, in milliseconds: two executors may
 * compile for 20 s each.
 */
const STALE_MS = 60_000;
const LOOK_AGAIN_MS = 50;

export class Calibrations {
  readonly #folder: string | null;
  readonly #now: () => number;

  /**
   * @param folder absolute path; null disables storage
   * @param now milliseconds of a monotonic clock
   */
  constructor(folder: string | null, now: () => number) {
    this.#folder = folder;
    this.#now = now;
  }

  /**
   * Returns the stored measurement of the key; otherwise calls `measure` and stores its result.
   * Failures to write are ignored.
   */
  async get(
    key: CalibrationKey,
    measure: () => Promise<readonly Measurement[]>,
  ): Promise<readonly Measurement[]> {
    if (this.#folder === null) return measure();
    const file = join(
      this.#folder,
      `${createHash('sha256').update(canonicalJson(key)).digest('hex')}.json`,
    );
    const kept = await read(file, key);
    if (kept !== null) return kept;
    const lock = `${file}.lock`;
    try {
      await mkdir(this.#folder, { recursive: true, mode: 0o700 });
      const from = this.#now();
      while (!(await take(lock))) {
        const theirs = await read(file, key);
        if (theirs !== null) return theirs;
        if (this.#now() - from > STALE_MS || (await isAbandoned(lock)))
          await rm(lock, { force: true });
        await wait(LOOK_AGAIN_MS);
      }
    } catch {
      return measure();
    }
    try {
      const measured = (await read(file, key)) ?? (await measure());
      await writeCache(file, { format: FORMAT, key, measured });
      return measured;
    } finally {
      await rm(lock, { force: true }).catch(() => undefined);
    }
  }
}

/**
 * Tries to take the lock.
 * @returns whether this process holds it now
 * @throws if the folder cannot be written
 */
async function take(lock: string): Promise<boolean> {
  try {
    await writeFile(lock, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
    return false;
  }
}

/** Returns whether the process that holds the lock has ended. */
async function isAbandoned(lock: string): Promise<boolean> {
  const pid = Number(await readFile(lock, 'utf8').catch(() => ''));
  // An empty file means that its owner is about to write its process id.
  if (!Number.isSafeInteger(pid) || pid <= 0) return false;
  return !isRunning(pid);
}

/** Returns null if the file is missing, damaged or of another format. */
async function read(file: string, key: CalibrationKey): Promise<readonly Measurement[] | null> {
  let found: unknown;
  try {
    found = JSON.parse(await readFile(file, 'utf8'));
  } catch {
    return null;
  }
  if (
    !isFields(found) ||
    found['format'] !== FORMAT ||
    canonicalJson(found['key']) !== canonicalJson(key)
  )
    return null;
  const measured = found['measured'];
  return Array.isArray(measured) && measured.length > 0 && measured.every(isMeasurement)
    ? measured
    : null;
}

function isMeasurement(value: unknown): value is Measurement {
  return (
    isFields(value) &&
    typeof value['label'] === 'string' &&
    typeof value['samplesPerSecond'] === 'number' &&
    ['number', 'undefined'].includes(typeof value['compileMs']) &&
    ['string', 'undefined'].includes(typeof value['failure'])
  );
}
