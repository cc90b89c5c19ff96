/**
 * Runs another program, keeps its last output, and ends it with all its child processes on
 * cancellation.
 */
import { spawn } from 'node:child_process';

export interface Finished {
  /** Exit code; null if the program could not be started or was killed. */
  readonly code: number | null;
  /** True if the program does not exist. */
  readonly absent: boolean;
  readonly stdout: string;
  /** Last lines of standard output and standard error. */
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
      // Its own process group, so that child processes can be ended with it.
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
        // The process has already ended.
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
