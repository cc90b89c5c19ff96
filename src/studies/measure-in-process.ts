/**
 * Measures the speed of a study in a child process, a plain Node like the workers. Runs one
 * measurement at a time, since two would disturb each other.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { GalapagosError } from '../core/errors.ts';
import type { WorkerProgram } from '../lab/worker-program.ts';
import type { ProcessPin } from '../node/devices/pin-ways.ts';
import { killChild } from '../runtime/process-group.ts';
import { builtForSources } from '../runtime/start-thread.ts';
import type { MeasureAnswer, MeasureRequest } from '../training/estimate/estimate-process.ts';
import type { MeasuredStudy } from '../training/estimate/measure-study.ts';

/** Structural type of Node's and the DOM's `AbortSignal`. */
export interface Stop {
  readonly aborted: boolean;
  addEventListener(type: 'abort', listener: () => void): void;
}

/** Time-out in milliseconds, far above the duration of a measurement. */
const MOST_MS = 120_000;

let last: Promise<unknown> = Promise.resolve();

/**
 * @param pin restricts the process to the device that is measured
 * @param worker how workers are started, where not beside this module; the process is started alike
 * @throws GalapagosError `cancelled`; `not-trainable` with the reason
 */
export function measureInProcess(
  request: MeasureRequest,
  stop: Stop,
  pin: ProcessPin,
  worker?: WorkerProgram,
): Promise<MeasuredStudy> {
  const measured = last.then(() => {
    if (stop.aborted) throw cancelled();
    return measuring(request, stop, pin, programOf(worker));
  });
  last = measured.catch(() => undefined);
  return measured;
}

function measuring(
  request: MeasureRequest,
  stop: Stop,
  { environment, command }: ProcessPin,
  { entry, execPath = process.execPath, execArgv = [] }: WorkerProgram,
): Promise<MeasuredStudy> {
  return new Promise((resolve, reject) => {
    const [program = execPath, ...args] = [...command, ...[execPath, ...execArgv, entry]];
    const child = spawn(program, args, {
      env: { ...process.env, ...environment },
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      timeout: MOST_MS,
      windowsHide: true,
    });
    let said = '';
    child.stderr
      ?.setEncoding('utf8')
      .on('data', (text: string) => (said = `${said}${text}`.slice(-2000)));
    stop.addEventListener('abort', () => killChild(child, 'SIGKILL'));
    child.on('message', (answer: MeasureAnswer) => {
      if (answer.type === 'measured') resolve(answer.study);
      else
        reject(
          answer.code === null
            ? new Error(answer.message)
            : new GalapagosError(answer.code, answer.message),
        );
    });
    child.on('error', reject);
    // Has no effect after an answer.
    child.on('close', (code, signal) => {
      reject(
        stop.aborted
          ? cancelled()
          : new Error(
              `measuring ended without an answer (${signal ?? String(code)}): ${said.trim()}`,
            ),
      );
    });
    child.send(request);
  });
}

function cancelled(): GalapagosError {
  return new GalapagosError('cancelled', 'the measurement is no longer needed');
}

/**
 * The built program beside the worker; when this module itself runs from source, the source run
 * through tsx, unless built entries are named (`builtForSources`).
 */
function programOf(worker: WorkerProgram | undefined): WorkerProgram {
  if (worker !== undefined && !worker.entry.endsWith('.ts'))
    return { ...worker, entry: join(dirname(worker.entry), 'estimate-process.js') };
  const beside = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
  if (import.meta.url.endsWith('.ts')) {
    const entry = builtForSources('estimate-process');
    if (entry !== null) return { ...worker, entry: fileURLToPath(entry), execArgv: [] };
    return {
      ...worker,
      entry: beside('../training/estimate/estimate-process.ts'),
      execArgv: ['--import', 'tsx'],
    };
  }
  const built = ['./estimate-process.js', '../estimate-process.js'].map(beside);
  return { entry: built.find((path) => existsSync(path)) ?? beside('./estimate-process.js') };
}
