/** Submits, lists and cancels job arrays with the commands of Slurm. */
import { GalapagosError } from '../../core/errors.ts';
import { succeed } from '../../runtime/run-program.ts';
import type { RunProgram } from '../../runtime/run-program.ts';

/** A task of a job array. */
export interface SlurmTask {
  /** `4711_3`; `4711_[3-8]` for tasks that wait together. */
  readonly id: string;
  /** Slurm's word, for example RUNNING or PENDING. */
  readonly state: string;
  /** Host names while the task runs, else Slurm's reason in parentheses. */
  readonly where: string;
}

/**
 * Submits a script and returns the id of the job array.
 * @param options of sbatch; they override those of the script
 */
export async function submitArray(
  run: RunProgram,
  script: string,
  options: readonly string[],
): Promise<string> {
  const said = await succeed(run, ['sbatch', '--parsable', ...options], script);
  // `4711` or, with several clusters, `4711;name`.
  const id = /^(\d+)(;.*)?$/m.exec(said.trim())?.[1];
  if (id !== undefined) return id;
  const found = JSON.stringify(said.trim().slice(0, 200));
  throw new GalapagosError(
    'program-failed',
    `sbatch --parsable: expected the id of a job, found ${found}`,
    { command: 'sbatch', found },
  );
}

/** Returns the tasks that wait or run; none once all have ended. */
export async function tasksOf(run: RunProgram, job: string): Promise<readonly SlurmTask[]> {
  const command = ['squeue', '--noheader', `--jobs=${job}`, '--format=%i|%T|%R'];
  const result = await run(command);
  // Slurm forgets the ids of jobs some minutes after they have ended.
  if (result.code !== 0 && /invalid job id/i.test(result.stderr)) return [];
  const stdout = await succeed(() => Promise.resolve(result), command);
  return stdout
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .map((line) => {
      const [id = '', state = '', ...where] = line.split('|');
      return { id, state, where: where.join('|') };
    });
}

/** Cancels all tasks of a job array; those that have ended stay as they are. */
export async function cancelArray(run: RunProgram, job: string): Promise<void> {
  const command = ['scancel', job];
  const result = await run(command);
  if (result.code !== 0 && /invalid job id/i.test(result.stderr)) return;
  await succeed(() => Promise.resolve(result), command);
}
