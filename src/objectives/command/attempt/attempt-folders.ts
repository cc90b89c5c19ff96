/**
 * Folders of attempts, short because of Windows' limit on paths: `runs/<process>/<number>` is
 * emptied after the attempt and deleted with the worker; `checkpoints/<study>/<trial>` outlives
 * attempts. Empty folders are renamed from attempt to attempt: creating and deleting one costs a
 * file system milliseconds. Files of programs, which may be large and many, are copied and deleted
 * without holding up the event loop: a worker that says nothing for two seconds counts as lost.
 */
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  renameSync,
  writeFileSync,
} from 'node:fs';
import { cp, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isRunning } from '../../../runtime/process-running.ts';
import { removeTree } from '../../../runtime/remove-tree.ts';
import { checkpointFolder } from '../../checkpoint-places.ts';
import { namesIn } from '../names-in.ts';

export interface AttemptFolders {
  /** The program's own folder. */
  readonly trialDir: string;
  readonly temporaryDir: string;
  readonly checkpointDir: string;
  readonly paramsFile: string;
  readonly reportsFile: string;
  readonly stopFile: string;
  /**
   * Deletes what does not outlive the attempt, and a checkpoint folder that is empty. Never rejects:
   * what cannot be deleted stays until the worker is gone.
   */
  remove(): Promise<void>;
}

const runs = (userFolder: string): string => join(userFolder, 'runs');

/** Folder of this process's attempts, which does not outlive the process. */
export function ownRuns(userFolder: string): string {
  return join(runs(userFolder), String(process.pid));
}

/** Creates the folders of one attempt after another. */
export class AttemptFolderPool {
  readonly #userFolder: string;
  /** Empty folders of an earlier attempt. */
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
  async create(
    attempt: { readonly study: string; readonly number: number; readonly attemptNumber: number },
    params: unknown,
    source: number | null = null,
  ): Promise<AttemptFolders> {
    const { study, number, attemptNumber } = attempt;
    const base = this.#spare ?? this.#newBase();
    this.#spare = null;
    const name = `${number}-${attemptNumber}`;
    const checkpointDir = checkpointFolder(this.#userFolder, study, number);
    if (source !== null && source !== number) {
      // An earlier attempt may have changed its copy.
      await removeTree(checkpointDir);
      const copied = checkpointFolder(this.#userFolder, study, source);
      // Links to the newest checkpoint lead to the one in the copy.
      if (existsSync(copied))
        await cp(copied, checkpointDir, { recursive: true, verbatimSymlinks: true });
    }
    const spareCheckpoints = join(base, 'checkpoints');
    placeEmpty(spareCheckpoints, checkpointDir);
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
      remove: async () => {
        const files = [paramsFile, reportsFile, stopFile];
        if ((await emptied(trialDir)) && (await emptied(temporaryDir)) && (await removed(files))) {
          if (isEmpty(checkpointDir)) await takeEmpty(checkpointDir, spareCheckpoints);
          this.#spare = base;
        } else {
          await removeTree(base).catch(() => undefined);
          // Fails if it has checkpoints.
          await rmdir(checkpointDir).catch(() => undefined);
        }
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

/** Creates a folder, or leaves the one that is there, with the help of an empty one. */
function placeEmpty(spare: string, folder: string): void {
  try {
    // A program that has left its process group may have written there since.
    if (isEmpty(spare)) {
      renameSync(spare, folder);
      return;
    }
  } catch {
    // The folder has entries, or its parent is missing.
  }
  mkdirSync(folder, { recursive: true, mode: 0o700 });
}

/** Moves an empty folder to where `placeEmpty` finds it. */
async function takeEmpty(folder: string, spare: string): Promise<void> {
  try {
    chmodSync(folder, 0o700);
    renameSync(folder, spare);
  } catch {
    await rmdir(folder).catch(() => undefined);
  }
}

/**
 * Deletes what a folder contains. @returns false: not all of it, or the program has deleted the
 * folder, or put a link to another in its place
 */
async function emptied(folder: string): Promise<boolean> {
  try {
    if (!lstatSync(folder).isDirectory()) return false;
    chmodSync(folder, 0o700);
    for (const name of readdirSync(folder)) await removeTree(join(folder, name));
    return true;
  } catch {
    return false;
  }
}

/** Deletes files, in whose place the program may have put folders. @returns as `emptied` */
async function removed(files: readonly string[]): Promise<boolean> {
  try {
    // Most programs leave the first one only, and looking costs less than deleting in vain.
    for (const file of files) if (existsSync(file)) await removeTree(file);
    return true;
  } catch {
    return false;
  }
}

/** False where the folder is missing, or a link, as well. */
export function isEmpty(folder: string): boolean {
  try {
    return lstatSync(folder).isDirectory() && readdirSync(folder).length === 0;
  } catch {
    // The program has deleted it.
    return false;
  }
}

/**
 * Deletes the folders of workers that are gone, and whose guardian did not. To be called before
 * this process creates its own: an earlier process may have had its id. Folders that a program
 * still uses stay, as Windows requires.
 */
export async function removeAbandonedFolders(userFolder: string): Promise<void> {
  for (const name of namesIn(runs(userFolder))) {
    const pid = /^\d+$/.test(name) ? Number(name) : null;
    if (pid === null || (pid !== process.pid && isRunning(pid))) continue;
    try {
      await removeTree(join(runs(userFolder), name));
    } catch {
      // The next worker tries again.
    }
  }
}
