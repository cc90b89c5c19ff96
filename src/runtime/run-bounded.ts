/**
 * Runs a program that may hang or print without end: it gets no input, its output is kept up to a
 * limit, and its whole process group is killed when time or output runs out.
 */
import { spawn } from 'node:child_process';
import { startable } from './batch-file.ts';
import type { Startable } from './batch-file.ts';
import { findProgram } from './find-program.ts';
import { killGroup } from './process-group.ts';

export interface BoundedRun {
  readonly cwd?: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly timeoutMs: number;
  /** Bytes kept of each stream; more ends the program. */
  readonly mostBytes: number;
  /** Ends the program when it is aborted. */
  readonly signal?: AbortSignal | undefined;
}

export interface BoundedResult {
  /** Exit status; null if a signal ended the program or it was not started. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Reason why it was not started or was ended; null: it ended by itself. */
  readonly ended:
    'not-found' | 'not-started' | 'timed-out' | 'too-much-output' | 'cancelled' | null;
}

/** Runs `command[0]` without a shell. Never rejects. */
export function runBounded(
  command: readonly string[],
  { cwd, env, timeoutMs, mostBytes, signal }: BoundedRun,
): Promise<BoundedResult> {
  let startedAs: Startable;
  try {
    startedAs = started(command, cwd ?? process.cwd(), env);
  } catch (error) {
    const stderr = error instanceof Error ? error.message : String(error);
    return Promise.resolve({ code: null, stdout: '', stderr, ended: 'not-started' });
  }
  const { program, args, ...quoting } = startedAs;
  return new Promise((resolve) => {
    const output = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
    let ended: BoundedResult['ended'] = null;
    const child = spawn(program, args, {
      cwd,
      env: { ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      // A group of its own on POSIX, so that its children end with it.
      detached: process.platform !== 'win32',
      windowsHide: true,
      ...quoting,
    });
    const end = (reason: BoundedResult['ended']): void => {
      ended ??= reason;
      killGroup(child.pid, 'SIGKILL');
      // A descendant that left the group may hold the pipes open.
      child.stdout.destroy();
      child.stderr.destroy();
    };
    const timer = setTimeout(() => {
      end('timed-out');
    }, timeoutMs);
    const cancel = (): void => end('cancelled');
    if (signal?.aborted === true) cancel();
    else signal?.addEventListener('abort', cancel, { once: true });
    for (const name of ['stdout', 'stderr'] as const) {
      let left = mostBytes;
      child[name].on('data', (chunk: Buffer) => {
        output[name].push(chunk.subarray(0, left));
        left -= chunk.length;
        if (left < 0) end('too-much-output');
      });
    }
    const finish = (code: number | null): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', cancel);
      resolve({
        code,
        stdout: Buffer.concat(output.stdout).toString(),
        stderr: Buffer.concat(output.stderr).toString(),
        ended,
      });
    };
    child.once('error', (error) => {
      ended = 'code' in error && error.code === 'ENOENT' ? 'not-found' : 'not-started';
      finish(null);
    });
    child.once('close', finish);
  });
}

/** On Windows the system itself finds programs on PATH, but no batch files. */
function started(
  [named = '', ...args]: readonly string[],
  folder: string,
  env: BoundedRun['env'],
): Startable {
  if (process.platform !== 'win32') return { program: named, args };
  const found = findProgram(named, folder, env);
  return startable('path' in found ? found.path : named, args);
}
