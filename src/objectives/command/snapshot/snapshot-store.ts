/**
 * Snapshots of project folders on this machine, each in a folder named by its hash. A snapshot has
 * the files of a dataset, so that it travels to other machines as one: the list of its entries, the
 * contents of its files one after the other, and an empty file. Marks say which studies need it.
 */
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { GalapagosError } from '../../../core/errors.ts';
import { parseSnapshot } from '../../../protocol/code-snapshot.ts';
import type { SnapshotEntry, SnapshotFile } from '../../../protocol/code-snapshot.ts';
import { isRunning } from '../../../runtime/process-running.ts';
import { namesIn } from '../names-in.ts';

export const LIST_FILE = 'description.json';
export const CONTENTS_FILE = 'training';
/** A dataset has a third file. */
export const SPARE_FILE = 'test';
const MARKS = 'needed-by';

/** Milliseconds for which a snapshot is kept whose lab file is gone: it may have been moved. */
const KEPT_WITHOUT_LAB_MS = 30 * 86_400_000;

/** A study that needs a snapshot. */
export interface NeedingStudy {
  /** Its uid. */
  readonly study: string;
  /** Absolute path of its lab file. */
  readonly lab: string;
}

/** Number of snapshots that this process began. */
let staged = 0;

/** Files of a snapshot, each with the offset of its contents in `CONTENTS_FILE`. */
export function* filesOf(
  entries: readonly SnapshotEntry[],
): Generator<{ readonly file: SnapshotFile; readonly start: number }> {
  let start = 0;
  for (const entry of entries) {
    if (entry.kind !== 'file') continue;
    yield { file: entry, start };
    start += entry.bytes;
  }
}

export class SnapshotStore {
  /** Absolute path; need not exist. */
  readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  /** Snapshots that were taken on this machine. */
  static own(userFolder: string): SnapshotStore {
    return new SnapshotStore(join(userFolder, 'snapshots'));
  }

  /** Snapshots that this machine fetched as a node. */
  static fetched(userFolder: string): SnapshotStore {
    return new SnapshotStore(join(userFolder, 'snapshots', 'fetched'));
  }

  /** Absolute path of a snapshot's folder; null: it is not here. */
  placeOf(hash: string): string | null {
    const place = join(this.folder, hash);
    return existsSync(join(place, LIST_FILE)) ? place : null;
  }

  /**
   * The entries of a snapshot; null: it is not here.
   * @throws GalapagosError `damaged` or `malformed`
   */
  entries(hash: string): readonly SnapshotEntry[] | null {
    const place = this.placeOf(hash);
    if (place === null) return null;
    const path = join(place, LIST_FILE);
    const text = readFileSync(path, 'utf8');
    const found = hashOf(text);
    if (found !== hash)
      throw new GalapagosError('damaged', `${path}: expected SHA-256 ${hash}, found ${found}`, {
        expected: hash,
        found,
      });
    return parseSnapshot(text, path);
  }

  /** Hashes of the snapshots that are here. */
  hashes(): string[] {
    return namesIn(this.folder).filter((name) => /^[0-9a-f]{64}$/.test(name));
  }

  /** Absolute path of a new folder for a snapshot that is being taken. */
  staging(): string {
    staged += 1;
    return join(this.folder, `new-${process.pid}-${staged}`);
  }

  /**
   * Moves a complete snapshot into place, which this process needs until a study does.
   * @returns its hash
   */
  add(staging: string): string {
    const hash = hashOf(readFileSync(join(staging, LIST_FILE), 'utf8'));
    const place = join(this.folder, hash);
    if (this.placeOf(hash) === null) {
      rmSync(place, { recursive: true, force: true });
      try {
        renameSync(staging, place);
      } catch (error) {
        // Another process has just taken the same.
        if (this.placeOf(hash) === null) throw error;
      }
    }
    this.#mark(hash, processMark(process.pid), { lab: '' });
    return hash;
  }

  /** Notes that a study needs a snapshot, which is here. */
  need(hash: string, { study, lab }: NeedingStudy): void {
    if (this.placeOf(hash) === null) return;
    this.#mark(hash, studyMark(study), { lab });
    rmSync(join(this.folder, hash, MARKS, processMark(process.pid)), { force: true });
  }

  /** Returns whether a study needs any of the snapshots. */
  isNeededBy(study: string): boolean {
    return this.hashes().some((hash) =>
      existsSync(join(this.folder, hash, MARKS, studyMark(study))),
    );
  }

  /** The study is removed. Deletes the snapshot if nothing else needs it. */
  release(hash: string, study: string): void {
    rmSync(join(this.folder, hash, MARKS, studyMark(study)), { force: true });
    if (!this.#isNeeded(hash)) this.remove(hash);
  }

  remove(hash: string): void {
    rmSync(join(this.folder, hash), { recursive: true, force: true, maxRetries: 3 });
  }

  /** Deletes snapshots that no study needs, and what interrupted processes have left. */
  sweep(now: number): void {
    for (const hash of this.hashes()) {
      for (const name of namesIn(join(this.folder, hash, MARKS))) this.#sweepMark(hash, name, now);
      if (!this.#isNeeded(hash)) this.remove(hash);
    }
    for (const name of namesIn(this.folder)) {
      const pid = /^new-(\d+)-\d+$/.exec(name)?.[1];
      if (pid !== undefined && !isRunning(Number(pid)))
        rmSync(join(this.folder, name), { recursive: true, force: true });
    }
  }

  #sweepMark(hash: string, name: string, now: number): void {
    const path = join(this.folder, hash, MARKS, name);
    const used = statSync(path, { throwIfNoEntry: false })?.mtimeMs;
    if (used === undefined || now - used < KEPT_WITHOUT_LAB_MS) return;
    const lab = labOf(path);
    if (lab !== null && lab !== '' && !existsSync(lab)) rmSync(path, { force: true });
  }

  #isNeeded(hash: string): boolean {
    return namesIn(join(this.folder, hash, MARKS)).some((name) => {
      const pid = /^process-(\d+)$/.exec(name)?.[1];
      return pid === undefined || isRunning(Number(pid));
    });
  }

  #mark(hash: string, name: string, about: { readonly lab: string }): void {
    const marks = join(this.folder, hash, MARKS);
    const path = join(marks, name);
    mkdirSync(marks, { recursive: true, mode: 0o700 });
    if (labOf(path) === about.lab) {
      const now = new Date();
      utimesSync(path, now, now);
    } else writeFileSync(path, `${JSON.stringify(about)}\n`, { mode: 0o600 });
  }
}

export function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function studyMark(study: string): string {
  return `study-${study.replaceAll(/[^A-Za-z0-9_-]/g, '_')}`;
}

function processMark(pid: number): string {
  return `process-${pid}`;
}

/** The lab file that a mark names; null: there is no mark, or it is damaged. */
function labOf(path: string): string | null {
  try {
    const about: unknown = JSON.parse(readFileSync(path, 'utf8'));
    const lab = typeof about === 'object' && about !== null && 'lab' in about ? about.lab : null;
    return typeof lab === 'string' ? lab : null;
  } catch {
    return null;
  }
}
