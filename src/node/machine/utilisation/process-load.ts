/** CPU time since the last reading and resident memory of single processes. Known on Linux only. */
import { readFile } from 'node:fs/promises';
import { isCode } from '../../../runtime/error-code.ts';
import { Unknown } from './figure.ts';
import type { Figure } from './figure.ts';
import { KeptFile, reasonOf } from './kept-file.ts';

export interface ProcessLoad {
  readonly pid: number;
  /** Per cent of one core: two cores fully used are 200. */
  readonly load: Figure;
  readonly residentBytes: Figure;
}

interface Units {
  readonly pageBytes: number;
  readonly ticksPerSecond: number;
}

interface Followed {
  readonly file: KeptFile;
  before: { readonly at: number; readonly ticks: number } | null;
}

/** Field indices in `/proc/PID/stat`, counted after the name. */
const FIELDS = { userTicks: 11, systemTicks: 12, residentPages: 21 } as const;

export class ProcessLoads {
  readonly #platform: NodeJS.Platform;
  readonly #proc: string;
  readonly #now: () => number;
  readonly #followed = new Map<number, Followed>();
  #units: Promise<Units> | null = null;

  constructor(now: () => number, platform: NodeJS.Platform = process.platform, proc = '/proc') {
    this.#now = now;
    this.#platform = platform;
    this.#proc = proc;
  }

  /** Reads these processes in their order and forgets all others. */
  async read(pids: readonly number[]): Promise<readonly ProcessLoad[]> {
    if (this.#platform !== 'linux') {
      const unknown = new Unknown('single processes are measured on Linux only');
      return pids.map((pid) => ({ pid, load: unknown, residentBytes: unknown }));
    }
    const wanted = new Set(pids);
    for (const pid of [...this.#followed.keys()]) if (!wanted.has(pid)) await this.#forget(pid);
    const units = await (this.#units ??= unitsOf(`${this.#proc}/self/auxv`));
    return Promise.all(pids.map((pid) => this.#load(pid, units)));
  }

  async close(): Promise<void> {
    for (const pid of [...this.#followed.keys()]) await this.#forget(pid);
  }

  async #load(pid: number, { pageBytes, ticksPerSecond }: Units): Promise<ProcessLoad> {
    const followed = this.#followed.get(pid) ?? {
      file: new KeptFile(`${this.#proc}/${pid}/stat`),
      before: null,
    };
    this.#followed.set(pid, followed);
    try {
      const { ticks, pages } = parseProcess(await followed.file.read());
      const at = this.#now();
      const { before } = followed;
      followed.before = { at, ticks };
      const load =
        before === null || at <= before.at
          ? new Unknown('measured from the next reading on')
          : (100 * Math.max(0, ticks - before.ticks)) / ticksPerSecond / ((at - before.at) / 1000);
      return { pid, load, residentBytes: pages * pageBytes };
    } catch (error) {
      await this.#forget(pid);
      // ESRCH: the process ended while its file was open.
      const gone = isCode(error, 'ENOENT') || isCode(error, 'ESRCH');
      const unknown = new Unknown(
        gone
          ? 'the process has ended'
          : error instanceof SyntaxError
            ? error.message
            : reasonOf(error, followed.file.path),
      );
      return { pid, load: unknown, residentBytes: unknown };
    }
  }

  async #forget(pid: number): Promise<void> {
    const followed = this.#followed.get(pid);
    this.#followed.delete(pid);
    await followed?.file.close();
  }
}

/** @throws SyntaxError when the line is not one of `/proc/PID/stat` */
export function parseProcess(text: string): { readonly ticks: number; readonly pages: number } {
  // The name is in parentheses and may itself contain parentheses and spaces.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const ticks = Number(fields[FIELDS.userTicks]) + Number(fields[FIELDS.systemTicks]);
  const pages = Number(fields[FIELDS.residentPages]);
  if (Number.isNaN(ticks + pages))
    throw new SyntaxError(
      `expected the figures of a process, found ${JSON.stringify(text.slice(0, 200))}`,
    );
  return { ticks, pages };
}

/** Reads the auxiliary vector, which the kernel passes to each process: pairs of 64-bit words. */
async function unitsOf(path: string): Promise<Units> {
  const PAGE_BYTES = 6;
  const TICKS_PER_SECOND = 17;
  const words = new Map<number, number>();
  const bytes = await readFile(path).catch(() => Buffer.alloc(0));
  for (let at = 0; at + 16 <= bytes.length; at += 16)
    words.set(Number(bytes.readBigUInt64LE(at)), Number(bytes.readBigUInt64LE(at + 8)));
  return {
    pageBytes: words.get(PAGE_BYTES) ?? 4096,
    ticksPerSecond: words.get(TICKS_PER_SECOND) ?? 100,
  };
}
