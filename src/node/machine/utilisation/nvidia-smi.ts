/**
 * Reads NVIDIA cards from one long-lived `nvidia-smi`, which writes one line for each card and
 * period. Restarts the process with growing delays when it exits or becomes silent. Never blocks:
 * readers get the last lines.
 */
import { spawn } from 'node:child_process';
import { killChild } from '../../../runtime/process-group.ts';
import type { Timer } from '../../../runtime/timer.ts';
import { unknownFigures } from './card.ts';
import type { Card } from './card.ts';
import { QUERY, parseNvidiaLine } from './nvidia-line.ts';

/** The part of a child process that is used here. */
export interface SmiProcess {
  /** Absent: the process could not be started. */
  readonly pid?: number | undefined;
  readonly stdout: SmiStream;
  readonly stderr: SmiStream;
  once(event: 'error', listener: (error: NodeJS.ErrnoException) => void): unknown;
  once(
    event: 'close',
    listener: (code: number | null, signal: NodeJS.Signals | null) => void,
  ): unknown;
  kill(signal: NodeJS.Signals): unknown;
  unref(): unknown;
}

export interface SmiStream {
  setEncoding(encoding: 'utf8'): unknown;
  on(event: 'data', listener: (text: string) => void): unknown;
  destroy(): unknown;
}

/** @throws where the system cannot start any process */
export type StartSmi = (file: string, args: readonly string[]) => SmiProcess;

export interface NvidiaSmiOptions {
  readonly everyMs: number;
  readonly timer: Timer;
  readonly platform?: NodeJS.Platform;
  readonly start?: StartSmi | undefined;
}

const FIRST_WAIT_MS = 1000;
const LONGEST_WAIT_MS = 60_000;
/** Milliseconds of output after which the restart delay is reset. */
const SOUND_MS = 30_000;
/** Age in milliseconds above which a line is stale. */
const STALE_MS = 5000;
/** Milliseconds of silence after which the process is killed: drivers are known to hang. */
const SILENT_MS = 30_000;
const LONGEST_LINE = 4096;
const LONGEST_WORDS = 300;

const PLACES: Readonly<Partial<Record<NodeJS.Platform, readonly string[]>>> = {
  linux: ['nvidia-smi', '/usr/bin/nvidia-smi', '/usr/lib/wsl/lib/nvidia-smi'],
  win32: [
    'nvidia-smi.exe',
    'C:\\Windows\\System32\\nvidia-smi.exe',
    'C:\\Program Files\\NVIDIA Corporation\\NVSMI\\nvidia-smi.exe',
  ],
};

function startChild(file: string, args: readonly string[]): SmiProcess {
  return spawn(file, args, { stdio: ['ignore', 'pipe', 'pipe'], windowsHide: true });
}

function seconds(ms: number): string {
  return `${Math.round(ms / 1000)} s`;
}

export class NvidiaSmi {
  readonly #options: Required<NvidiaSmiOptions> & { readonly start: StartSmi };
  readonly #seen = new Map<string, { readonly card: Card; readonly at: number }>();
  #places: readonly string[];
  #child: SmiProcess | null = null;
  #since = 0;
  #lastLineAt: number | null = null;
  #wait = FIRST_WAIT_MS;
  #forgetRestart: (() => void) | null = null;
  /** Reason why the process does not run. */
  #trouble: string | null = null;
  /** The last line that could not be parsed. */
  #strange: string | null = null;
  #stopped = false;

  constructor({
    everyMs,
    timer,
    platform = process.platform,
    start = startChild,
  }: NvidiaSmiOptions) {
    this.#options = { everyMs, timer, platform, start };
    this.#places = PLACES[platform] ?? [];
    this.#start();
  }

  /** Returns the cards and the reason why figures are missing; null: none are. */
  read(): { readonly cards: readonly Card[]; readonly trouble: string | null } {
    const now = this.#options.timer.now();
    const silentMs = now - (this.#lastLineAt ?? this.#since);
    if (silentMs > SILENT_MS && this.#child !== null) killChild(this.#child, 'SIGKILL');
    const stale = Math.max(STALE_MS, 3 * this.#options.everyMs);
    const trouble =
      this.#trouble ??
      (silentMs > stale ? `nvidia-smi has not answered for ${seconds(silentMs)}` : null);
    const cards = [...this.#seen.values()].map(({ card, at }): Card => {
      if (this.#child !== null && at >= this.#since && now - at <= stale) return card;
      return {
        ...card,
        figures: unknownFigures(
          trouble ??
            this.#strange ??
            `nvidia-smi has not told of this card for ${seconds(now - at)}`,
        ),
      };
    });
    return { cards, trouble: trouble ?? (cards.length === 0 ? this.#strange : null) };
  }

  /** Starts a new process, which sees cards that were added after the last one started. */
  restart(): void {
    this.#places = PLACES[this.#options.platform] ?? [];
    this.#wait = FIRST_WAIT_MS;
    if (this.#child !== null) killChild(this.#child, 'SIGKILL');
    else {
      this.#forgetRestart?.();
      this.#start();
    }
  }

  stop(): void {
    this.#stopped = true;
    this.#forgetRestart?.();
    const child = this.#child;
    if (child === null) return;
    killChild(child, 'SIGKILL');
    // A process that hangs in its driver cannot be killed, so it must not keep this one alive.
    child.unref();
    child.stdout.destroy();
    child.stderr.destroy();
  }

  #start(): void {
    const [file] = this.#places;
    if (file === undefined) {
      this.#trouble =
        PLACES[this.#options.platform] === undefined
          ? 'there is no nvidia-smi for this system'
          : 'nvidia-smi was not found';
      return;
    }
    const { timer, start, everyMs } = this.#options;
    this.#since = timer.now();
    this.#lastLineAt = null;
    try {
      this.#follow(
        start(file, [
          `--query-gpu=${QUERY.join(',')}`,
          '--format=csv,noheader,nounits',
          '-lms',
          String(everyMs),
        ]),
      );
    } catch (error) {
      this.#again(`nvidia-smi cannot be started: ${String(error)}`);
    }
  }

  #follow(child: SmiProcess): void {
    this.#child = child;
    let lastWords = '';
    let rest = '';
    const onOutput = (text: string): void => {
      const lines = (rest + text).split(/\r?\n/);
      rest = (lines.pop() ?? '').slice(-LONGEST_LINE);
      for (const line of lines)
        if (line.trim() !== '' && !this.#take(line))
          lastWords = line.trim().slice(0, LONGEST_WORDS);
    };
    child.stdout.setEncoding('utf8');
    child.stdout.on('data', onOutput);
    child.stderr.setEncoding('utf8');
    child.stderr.on('data', (text) => {
      if (text.trim() !== '') lastWords = text.trim().slice(0, LONGEST_WORDS);
    });
    let absent = false;
    let failure: string | null = null;
    child.once('error', (error) => {
      absent = error.code === 'ENOENT';
      failure = error.message;
    });
    child.once('close', (code, signal) => {
      if (rest.trim() !== '' && !this.#take(rest)) lastWords = rest.trim();
      this.#child = null;
      if (this.#stopped) return;
      if (absent) {
        this.#places = this.#places.slice(1);
        this.#start();
        return;
      }
      const words =
        failure ??
        (lastWords === '' ? `without a word (${signal ?? `code ${String(code)}`})` : lastWords);
      this.#again(`nvidia-smi ended: ${words}`);
    });
  }

  /** @returns whether the line was a card's */
  #take(line: string): boolean {
    const parsed = parseNvidiaLine(line);
    if ('malformed' in parsed) {
      this.#strange = `nvidia-smi wrote ${JSON.stringify(line.trim().slice(0, LONGEST_WORDS))} (${parsed.malformed})`;
      return false;
    }
    const at = this.#options.timer.now();
    this.#lastLineAt = at;
    this.#trouble = null;
    this.#seen.set(parsed.uuid ?? '', { card: parsed, at });
    return true;
  }

  #again(reason: string): void {
    const { timer } = this.#options;
    if (this.#lastLineAt !== null && this.#lastLineAt - this.#since >= SOUND_MS)
      this.#wait = FIRST_WAIT_MS;
    const wait = this.#wait;
    this.#wait = Math.min(LONGEST_WAIT_MS, 2 * wait);
    this.#trouble = `${reason}; it is tried again in ${wait / 1000} s`;
    this.#forgetRestart = timer.after(wait, () => {
      this.#forgetRestart = null;
      this.#start();
    });
  }
}
