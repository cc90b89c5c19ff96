/**
 * Folders of attempts, short because of Windows' limit on paths: `runs/<process>/<number>` is deleted
 * with the attempt if it is not empty, else with the worker; `checkpoints/<study>/
 * <trial>` outlives attempts.
 */
import { cpSync, existsSync, mkdirSync, readdirSync, rmSync, rmdir, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isRunning } from '../../runtime/process-running.ts';
import { checkpointFolder } from '../checkpoint-places.ts';
import { namesIn } from './names-in.ts';

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

const runs = (userFolder: string): string => join(userFolder, 'runs');

/** Folder of this process's attempts, which does not outlive the process. */
export function ownRuns(userFolder: string): string {
  return join(runs(userFolder), String(process.pid));
}

/** Creates the folders of one attempt after another. */
export class AttemptFolderPool {
  readonly #userFolder: string;
  /** Empty folders of an earlier attempt: deleting and creating them costs a journal's commit. */
  #spare: string | null = null;
  #made = 0;

  constructor(userFolder: string) {
    this.#userFolder = userFolder;
  }

  /**
   * @param params written to a file for the program
   * @param source trial whose checkpoint folder the trial's becomes a copy of; null or the trial
   * itself: it keeps its own
   */
  create(
    attempt: { readonly study: string; readonly number: number; readonly attemptNumber: number },
    params: unknown,
    source: number | null = null,
  ): AttemptFolders {
    const { study, number, attemptNumber } = attempt;
    const base = this.#spare ?? this.#newBase();
    this.#spare = null;
    const name = `${number}-${attemptNumber}`;
    const checkpointDir = checkpointFolder(this.#userFolder, study, number);
    if (source !== null && source !== number) {
      // An earlier attempt may have changed its copy.
      rmSync(checkpointDir, { recursive: true, force: true, maxRetries: 3 });
      const copied = checkpointFolder(this.#userFolder, study, source);
      if (existsSync(copied)) cpSync(copied, checkpointDir, { recursive: true });
    }
    mkdirSync(checkpointDir, { recursive: true, mode: 0o700 });
    const [trialDir, temporaryDir] = innerFolders(base);
    const paramsFile = join(base, `params-${name}.json`);
    const reportsFile = join(base, `reports-${name}.jsonl`);
    const stopFile = join(base, `stop-${name}`);
    writeFileSync(paramsFile, `${JSON.stringify(params)}\n`);
    return {
      trialDir,
      temporaryDir,
      checkpointDir,
      paramsFile,
      reportsFile,
      stopFile,
      remove: () => {
        if (isEmpty(trialDir) && isEmpty(temporaryDir)) {
          for (const file of [paramsFile, reportsFile, stopFile]) rmSync(file, { force: true });
          this.#spare = base;
        } else rmSync(base, { recursive: true, force: true, maxRetries: 3 });
        // Fails if it has checkpoints.
        rmdir(checkpointDir, () => undefined);
      },
    };
  }

  #newBase(): string {
    this.#made += 1;
    const base = join(ownRuns(this.#userFolder), String(this.#made));
    for (const folder of innerFolders(base)) mkdirSync(folder, { recursive: true, mode: 0o700 });
    return base;
  }
}

function innerFolders(base: string): readonly [trialDir: string, temporaryDir: string] {
  return [join(base, 'files'), join(base, 'tmp')];
}

/** False where the folder is missing as well. */
export function isEmpty(folder: string): boolean {
  try {
    return readdirSync(folder).length === 0;
  } catch {
    // The program has deleted it.
    return false;
  }
}

/** Deletes the folders of workers that are gone, and whose guardian did not. */
export function removeAbandonedFolders(userFolder: string): void {
  for (const name of namesIn(runs(userFolder)))
    if (/^\d+$/.test(name) && !isRunning(Number(name)))
      rmSync(join(runs(userFolder), name), { recursive: true, force: true });
}
