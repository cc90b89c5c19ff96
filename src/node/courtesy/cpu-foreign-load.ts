/** Share of all cores that other programs use: the total without this program's process groups. */
import { readFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { Unknown } from '../machine/utilisation/figure.ts';
import type { Figure } from '../machine/utilisation/figure.ts';
import type { ForeignLoadParts, ForeignLoadSource } from './foreign-load-source.ts';
import { OwnProcesses } from './own-processes.ts';

const CPU = 'cpu';

/** Cumulative times of all cores together, and of each own process, in one unit. */
interface Reading {
  readonly busy: number;
  readonly total: number;
  readonly own: ReadonlyMap<number, number>;
}

export class CpuForeignLoad implements ForeignLoadSource {
  readonly #parts: ForeignLoadParts;
  readonly #own: OwnProcesses;
  #before: Reading | null = null;

  constructor(parts: ForeignLoadParts) {
    this.#parts = parts;
    this.#own = new OwnProcesses(parts.proc, parts.timer, parts.ownPids);
  }

  async read(): Promise<ReadonlyMap<string, Figure>> {
    return new Map([[CPU, await this.#figure()]]);
  }

  async #figure(): Promise<Figure> {
    let now: Reading | Unknown;
    try {
      now = await this.#reading();
    } catch (error) {
      now = new Unknown(error instanceof Error ? error.message : String(error));
    }
    const before = this.#before;
    this.#before = now instanceof Unknown ? null : now;
    if (now instanceof Unknown) return now;
    if (before === null) return new Unknown('measured from the next reading on');
    const elapsed = now.total - before.total;
    if (elapsed <= 0) return new Unknown('the clocks of the cores stood still');
    let own = 0;
    // A process that is new counts with all its time; of one that has ended the rest is lost.
    for (const [pid, ticks] of now.own) own += Math.max(0, ticks - (before.own.get(pid) ?? 0));
    return (100 * Math.max(0, now.busy - before.busy - own)) / elapsed;
  }

  #reading(): Promise<Reading | Unknown> {
    const { platform } = this.#parts;
    if (platform === 'linux') return this.#onLinux();
    if (platform === 'darwin') return this.#onMacOs();
    return Promise.resolve(
      new Unknown('the processor time of other programs is not measured on this system'),
    );
  }

  async #onLinux(): Promise<Reading> {
    const times = parseTotal(await readFile(join(this.#parts.proc, 'stat'), 'utf8'));
    const own = await this.#own.read();
    return { ...times, own: new Map([...own].map(([pid, { ticks }]) => [pid, ticks])) };
  }

  /** In milliseconds. */
  async #onMacOs(): Promise<Reading> {
    const all = cpus().map(({ times }) => times);
    const busy = all.reduce((sum, { user, nice, sys, irq }) => sum + user + nice + sys + irq, 0);
    const idle = all.reduce((sum, times) => sum + times.idle, 0);
    const text = await this.#parts.ask('ps', ['-axo', 'pid=,pgid=,cputime=']);
    const listed = parseProcessList(text);
    const groups = new Set(
      this.#parts.ownPids().map((pid) => listed.find((each) => each.pid === pid)?.group ?? pid),
    );
    const own = listed.filter(({ group }) => groups.has(group));
    return {
      busy,
      total: busy + idle,
      own: new Map(own.map(({ pid, milliseconds }) => [pid, milliseconds])),
    };
  }
}

/**
 * Parses the first line of `/proc/stat`: user, nice, system, idle, iowait, irq, softirq, steal.
 * Time that a hypervisor took is not use of this machine.
 */
export function parseTotal(text: string): { readonly busy: number; readonly total: number } {
  const line = /^cpu (.*)$/m.exec(text)?.[1] ?? '';
  const ticks = line.trim().split(/\s+/).map(Number);
  const [user = NaN, nice = 0, system = 0, idle = 0, iowait = 0, irq = 0, softirq = 0] = ticks;
  const steal = ticks[7] ?? 0;
  const busy = user + nice + system + irq + softirq;
  const total = busy + idle + iowait + steal;
  if (Number.isNaN(total))
    throw new Error(`/proc/stat: expected the times of all cores, found ${JSON.stringify(line)}`);
  return { busy, total };
}

/** Parses lines of process id, group and processor time, `1 1 12:03.45` or `1-02:03:04`. */
export function parseProcessList(
  text: string,
): readonly { readonly pid: number; readonly group: number; readonly milliseconds: number }[] {
  return text.split('\n').flatMap((line) => {
    const [, pid, group, days = '0', clock = ''] =
      /^\s*(\d+)\s+(\d+)\s+(?:(\d+)-)?([\d:.]+)\s*$/.exec(line) ?? [];
    if (pid === undefined) return [];
    const seconds = clock.split(':').reduce((sum, part) => 60 * sum + Number(part), 0);
    const milliseconds = 1000 * (Number(days) * 86_400 + seconds);
    return [{ pid: Number(pid), group: Number(group), milliseconds }];
  });
}
