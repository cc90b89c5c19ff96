/** Commands of the system that courtesy asks: once, or for one line after another. */
import { execFile, spawn } from 'node:child_process';
import { killChild } from '../../runtime/process-group.ts';
import type { Timer } from '../../runtime/timer.ts';
import type { SmiProcess, StartSmi } from '../machine/utilisation/nvidia-smi.ts';

/** Runs a program and returns its standard output. Rejects when it fails or is late. */
export type Ask = (program: string, args: readonly string[]) => Promise<string>;

/** Milliseconds after which a command that does not answer is ended. */
const ANSWER_MS = 2_000;
const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 60_000;
const LONGEST_LINE = 65_536;
const LONGEST_WORDS = 300;

export const askSystem: Ask = (program, args) =>
  new Promise((resolve, reject) => {
    const options = {
      encoding: 'utf8',
      timeout: ANSWER_MS,
      killSignal: 'SIGKILL',
      windowsHide: true,
      maxBuffer: 4 * 2 ** 20,
    } as const;
    execFile(program, args, options, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else if (error.code === 'ENOENT') reject(new Error(`${program} is not installed`));
      else if (error.killed === true)
        reject(new Error(`${program} did not answer within ${ANSWER_MS} ms`));
      else reject(new Error(`${program}: ${lastLine(stderr) ?? error.message}`));
    });
  });

export const startSystem: StartSmi = (program, args) =>
  spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], windowsHide: true });

export interface FollowedOptions {
  readonly program: string;
  readonly args: readonly string[];
  readonly timer: Timer;
  readonly start: StartSmi;
  readonly take: (line: string) => void;
}

/** The lines of a long-lived command, which is started again with growing delays when it ends. */
export class Followed {
  readonly #options: FollowedOptions;
  #child: SmiProcess | null = null;
  #wait = FIRST_WAIT_MS;
  #forget: () => void = () => undefined;
  #stopped = false;
  /** Reason why it does not run; null: it runs. */
  #trouble: string | null = null;

  constructor(options: FollowedOptions) {
    this.#options = options;
    this.#start();
  }

  get trouble(): string | null {
    return this.#trouble;
  }

  stop(): void {
    this.#stopped = true;
    this.#forget();
    if (this.#child === null) return;
    killChild(this.#child, 'SIGKILL');
    // A process that hangs in its driver cannot be killed, so it must not keep this one alive.
    this.#child.unref();
    this.#child.stdout.destroy();
    this.#child.stderr.destroy();
  }

  #start(): void {
    const { program, args, start, take } = this.#options;
    let child: SmiProcess;
    try {
      child = start(program, args);
    } catch (error) {
      this.#again(String(error));
      return;
    }
    this.#child = child;
    this.#trouble = null;
    let rest = '';
    let words: string | null = null;
    child.stdout.setEncoding('utf8');
    child.stdout.on('data', (text) => {
      const lines = (rest + text).split(/\r?\n/);
      rest = (lines.pop() ?? '').slice(-LONGEST_LINE);
      if (lines.length > 0) this.#wait = FIRST_WAIT_MS;
      for (const line of lines) take(line);
    });
    child.stderr.setEncoding('utf8');
    child.stderr.on('data', (text) => (words = lastLine(text) ?? words));
    child.once('error', (error) => {
      words = error.code === 'ENOENT' ? `${program} is not installed` : error.message;
    });
    child.once('close', (code, signal) => {
      this.#child = null;
      if (!this.#stopped) this.#again(words ?? `${program} ended (${signal ?? String(code)})`);
    });
  }

  #again(trouble: string): void {
    this.#trouble = trouble;
    this.#forget = this.#options.timer.after(this.#wait, () => this.#start());
    this.#wait = Math.min(2 * this.#wait, LONGEST_WAIT_MS);
  }
}

function lastLine(text: string): string | null {
  const lines = text.split('\n').map((line) => line.trim());
  return lines.findLast((line) => line !== '')?.slice(0, LONGEST_WORDS) ?? null;
}
