/**
 * Load of each core since the last reading, in per cent. Read from `/proc/stat` on Linux, because
 * `os.cpus()` also reads every core's clock rate, which can block the event loop for milliseconds a
 * core.
 */
import { cpus } from 'node:os';
import { Unknown } from './figure.ts';
import { KeptFile } from './kept-file.ts';

/** Cumulative times in any unit. */
export interface CoreTimes {
  readonly busy: number;
  readonly total: number;
}

const MOST_BYTES = 64 * 1024;

export class CoreLoad {
  readonly #times: () => Promise<readonly CoreTimes[]>;
  readonly #file: KeptFile | null;
  #before: readonly CoreTimes[] | null = null;

  constructor(platform: NodeJS.Platform = process.platform, path = '/proc/stat') {
    const file = platform === 'linux' ? new KeptFile(path, MOST_BYTES) : null;
    this.#file = file;
    this.#times =
      file === null
        ? () => Promise.resolve(timesOf(cpus()))
        : async () => parseStat(await file.read());
  }

  async read(): Promise<readonly number[] | Unknown> {
    let now: readonly CoreTimes[];
    try {
      now = await this.#times();
    } catch (error) {
      this.#before = null;
      return new Unknown(String(error));
    }
    const before = this.#before;
    this.#before = now;
    return before === null
      ? new Unknown('measured from the next reading on')
      : loadsOf(before, now);
  }

  async close(): Promise<void> {
    await this.#file?.close();
  }
}

/**
 * Parses the `cpuN` lines of `/proc/stat`: user, nice, system, idle, iowait, irq, softirq, steal.
 * Guest time is already part of user.
 */
export function parseStat(text: string): readonly CoreTimes[] {
  const cores: CoreTimes[] = [];
  for (const [, line] of text.matchAll(/^cpu\d+ (.*)$/gm)) {
    const ticks = (line ?? '').trim().split(/\s+/).slice(0, 8).map(Number);
    const total = ticks.reduce((sum, n) => sum + n, 0);
    if (ticks.length < 4 || Number.isNaN(total))
      throw new Error(`/proc/stat: expected the times of a core, found ${JSON.stringify(line)}`);
    cores.push({ busy: total - (ticks[3] ?? 0) - (ticks[4] ?? 0), total });
  }
  return cores;
}

function timesOf(cores: ReturnType<typeof cpus>): readonly CoreTimes[] {
  return cores.map(({ times: { user, nice, sys, idle, irq } }) => ({
    busy: user + nice + sys + irq,
    total: user + nice + sys + idle + irq,
  }));
}

export function loadsOf(
  before: readonly CoreTimes[],
  now: readonly CoreTimes[],
): readonly number[] | Unknown {
  if (now.length === 0) return new Unknown('the system names no cores');
  if (before.length !== now.length) return new Unknown('cores came or went since the last reading');
  const loads: number[] = [];
  for (const [i, { busy, total }] of now.entries()) {
    const elapsed = total - (before[i]?.total ?? total);
    if (elapsed <= 0)
      return new Unknown('the clocks of the cores stood still since the last reading');
    // The kernel books I/O wait late and may take it back, so a share can slightly leave its range.
    loads.push(100 * Math.min(1, Math.max(0, (busy - (before[i]?.busy ?? busy)) / elapsed)));
  }
  return loads;
}
