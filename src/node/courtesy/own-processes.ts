/** Process ids of this program on Linux: all members of the groups of the processes it started. */
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Timer } from '../../runtime/timer.ts';

/** Milliseconds between two looks at all processes of the system. */
const LOOK_MS = 10_000;

export interface ProcessStat {
  readonly group: number;
  /** Processor time, that of ended children included, in clock ticks. */
  readonly ticks: number;
}

/** @throws SyntaxError when the line is not one of `/proc/PID/stat` */
export function parseProcessStat(text: string): ProcessStat {
  // The name is in parentheses and may itself contain parentheses and spaces.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const group = Number(fields[2]);
  const ticks = [11, 12, 13, 14].reduce((sum, field) => sum + Number(fields[field]), 0);
  if (Number.isNaN(group + ticks))
    throw new SyntaxError(
      `expected the figures of a process, found ${JSON.stringify(text.slice(0, 200))}`,
    );
  return { group, ticks };
}

export class OwnProcesses {
  readonly #proc: string;
  readonly #timer: Timer;
  readonly #ownPids: () => readonly number[];
  #members = new Set<number>();
  #lookedAt = -Infinity;

  constructor(proc: string, timer: Timer, ownPids: () => readonly number[]) {
    this.#proc = proc;
    this.#timer = timer;
    this.#ownPids = ownPids;
  }

  /** Returns the processes that can be read now, with their figures, by id. */
  async read(): Promise<ReadonlyMap<number, ProcessStat>> {
    const own = this.#ownPids();
    if (this.#timer.now() - this.#lookedAt >= LOOK_MS) await this.#look(own);
    const found = new Map<number, ProcessStat>();
    for (const pid of new Set([...own, ...this.#members])) {
      const stat = await this.#stat(pid);
      if (stat !== null) found.set(pid, stat);
    }
    return found;
  }

  async #look(own: readonly number[]): Promise<void> {
    this.#lookedAt = this.#timer.now();
    const groups = new Set<number>();
    for (const pid of own) groups.add((await this.#stat(pid))?.group ?? pid);
    const names = await readdir(this.#proc).catch(() => []);
    const members = new Set<number>();
    for (const name of names) {
      if (!/^\d+$/.test(name)) continue;
      const stat = await this.#stat(Number(name));
      if (stat !== null && groups.has(stat.group)) members.add(Number(name));
    }
    this.#members = members;
  }

  async #stat(pid: number): Promise<ProcessStat | null> {
    const text = await readFile(join(this.#proc, String(pid), 'stat'), 'utf8').catch(() => null);
    return text === null ? null : parseProcessStat(text);
  }
}
