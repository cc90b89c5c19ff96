/**
 * Folders of attempts, short because of Windows' limit on paths: `runs/<process>/<trial>-<attempt>`
 * is deleted with the attempt, or by a later worker if its own was killed; `checkpoints/<study>/
 * <trial>` outlives attempts.
 */
import { mkdirSync, readdirSync, rmSync, rmdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { isRunning } from '../../runtime/process-running.ts';

export interface AttemptFolders {
  /** The program's own folder. */
  readonly trialDir: string;
  readonly temporaryDir: string;
  readonly checkpointDir: string;
  readonly paramsFile: string;
  readonly reportsFile: string;
  readonly stopFile: string;
  /** Deletes what does not outlive the attempt, and a checkpoint folder that is empty. */
  remove(): void;
}

export function checkpointsFolder(userFolder: string, study: string): string {
  return join(userFolder, 'checkpoints', study);
}

const runs = (userFolder: string): string => join(userFolder, 'runs');

/** @param params written to a file for the program */
export function createAttemptFolders(
  userFolder: string,
  attempt: { readonly study: string; readonly number: number; readonly attemptNumber: number },
  params: unknown,
): AttemptFolders {
  const { study, number, attemptNumber } = attempt;
  const base = join(runs(userFolder), String(process.pid), `${number}-${attemptNumber}`);
  const [trialDir, temporaryDir] = [join(base, 'files'), join(base, 'tmp')];
  const checkpointDir = join(checkpointsFolder(userFolder, study), String(number));
  const paramsFile = join(base, 'params.json');
  rmSync(base, { recursive: true, force: true });
  for (const folder of [trialDir, temporaryDir, checkpointDir])
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  writeFileSync(paramsFile, `${JSON.stringify(params)}\n`);
  return {
    trialDir,
    temporaryDir,
    checkpointDir,
    paramsFile,
    reportsFile: join(base, 'reports.jsonl'),
    stopFile: join(base, 'stop'),
    remove: () => {
      rmSync(base, { recursive: true, force: true, maxRetries: 3 });
      for (const folder of [checkpointDir, dirname(checkpointDir), dirname(base)])
        removeIfEmpty(folder);
    },
  };
}

function removeIfEmpty(folder: string): void {
  try {
    rmdirSync(folder);
  } catch {
    // It has checkpoints, or another attempt's files.
  }
}

/** Deletes the folders of attempts whose worker was killed. */
export function removeAbandonedFolders(userFolder: string): void {
  let names: string[];
  try {
    names = readdirSync(runs(userFolder));
  } catch {
    return;
  }
  for (const name of names)
    if (/^\d+$/.test(name) && !isRunning(Number(name)))
      rmSync(join(runs(userFolder), name), { recursive: true, force: true });
}
