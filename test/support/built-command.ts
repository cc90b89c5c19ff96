/** Runs the built `galapagos` command as a process. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { buildIfStale } from '../../build/build-if-stale.mjs';

const root = fileURLToPath(new URL('../../', import.meta.url));

/**
 * Line of the ZeroMQ package where its sockets take over 500 ms to close, which they do on a busy
 * machine; it cannot be turned off.
 */
const CLOSES_SLOWLY = /^\(node:\d+\) WARNING: Waiting for queued ZeroMQ messages .*\n/m;

export interface Ended {
  /** Null: ended by a signal. */
  readonly code: number | null;
  readonly stdout: string;
  /** Without warnings of the ZeroMQ package. */
  readonly stderr: string;
}

export interface Command {
  readonly process: ChildProcess;
  readonly ended: Promise<Ended>;
}

/** Builds what the command line runs, if its sources have changed. */
export async function built(): Promise<void> {
  await buildIfStale(root, { only: ['programs'] });
}

/** Builds what `built` does, and the window. */
export async function builtWithWindow(): Promise<void> {
  await buildIfStale(root);
}

/**
 * @param line called with each whole line of stdout as it arrives
 * @param inside command line that runs the one after it; absent: none
 */
export function start(
  args: readonly string[],
  cwd: string,
  line: (text: string) => void = () => undefined,
  env: Readonly<Record<string, string>> = {},
  inside: readonly string[] = [],
): Command {
  const whole = [...inside, process.execPath, join(root, 'out', 'main', 'cli.js'), ...args];
  const [file = '', ...rest] = whole;
  const child = spawn(file, rest, {
    cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
  });
  let stderr = '';
  const lines: string[] = [];
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const reading = createInterface({ input: child.stdout });
  reading.on('line', (text) => {
    lines.push(text);
    line(text);
  });
  const closed = new Promise<void>((resolve) => reading.once('close', resolve));
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once('error', reject);
    child.once(
      'close',
      (code) =>
        void closed.then(() => {
          resolve({ code, stdout: lines.join('\n'), stderr: stderr.replace(CLOSES_SLOWLY, '') });
        }),
    );
  });
  return { process: child, ended };
}

export function command(args: readonly string[], cwd: string): Promise<Ended> {
  return start(args, cwd).ended;
}
