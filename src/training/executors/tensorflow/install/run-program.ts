/**
 * Runs another program to its end, keeps the last it said, and ends it with all it started when
 * asked to.
 */
import { spawn } from 'node:child_process';

export interface Finished {
  /** Null: it could not be started, or was ended. */
  readonly code: number | null;
  /** Whether there is no such program. */
  readonly absent: boolean;
  readonly stdout: string;
  /** The last lines of both outputs. */
  readonly lastWords: string;
}

const KEPT = 100_000;
const LINES = 6;

export interface ProgramOptions {
  readonly cwd?: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
}

export function runProgram(
  program: string,
  args: readonly string[],
  { cwd, env, signal }: ProgramOptions,
): Promise<Finished> {
  return new Promise((done, fail) => {
    const child = spawn(program, args, {
      ...(cwd !== undefined && { cwd }),
      env: { ...env },
      // A group of its own, so that what it started ends with it.
      detached: process.platform !== 'win32',
      stdio: ['ignore', 'pipe', 'pipe'],
      windowsHide: true,
    });
    let stdout = '';
    let all = '';
    const end = (): void => {
      try {
        if (child.pid !== undefined)
          process.kill(process.platform === 'win32' ? child.pid : -child.pid, 'SIGKILL');
      } catch {
        // It is gone already.
      }
    };
    const finish = (code: number | null, absent: boolean): void => {
      signal.removeEventListener('abort', end);
      if (signal.aborted) fail(signal.reason as Error);
      else
        done({
          code,
          absent,
          stdout,
          lastWords: all
            .trim()
            .split(/\s*\n\s*/)
            .slice(-LINES)
            .join(' | '),
        });
    };
    const hear = (text: string): void => {
      all = (all + text).slice(-KEPT);
    };
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout = (stdout + text).slice(-KEPT);
      hear(text);
    });
    child.stderr.setEncoding('utf8').on('data', hear);
    child.on('error', (error: NodeJS.ErrnoException) => {
      all += error.message;
      finish(null, error.code === 'ENOENT');
    });
    child.on('close', (code) => finish(code, false));
    signal.addEventListener('abort', end, { once: true });
    if (signal.aborted) end();
  });
}
