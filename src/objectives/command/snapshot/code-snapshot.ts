/**
 * The code snapshot of an objective: taken when a study starts from a file, compared with the
 * project folder as it is now, and checked out for a worker.
 */
import { existsSync, realpathSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, isAbsolute, join, posix, relative, sep } from 'node:path';
import type { CommandObjective } from '../../../protocol/command-objective.ts';
import { snapshotText } from '../../../protocol/code-snapshot.ts';
import type { SnapshotEntry } from '../../../protocol/code-snapshot.ts';
import type { NeededProgram } from '../../../protocol/node-messages.ts';
import type { Captured, CapturePlaces, CodeReference } from '../../objective-kind.ts';
import { findProgram, isStartedByWindows } from '../../../runtime/find-program.ts';
import { withPython } from '../python/python.ts';
import { parseArgument } from '../template.ts';
import { Checkout } from './checkout.ts';
import { sizeText } from './project-size.ts';
import { SnapshotStore, hashOf } from './snapshot-store.ts';
import { hashProject, takeSnapshot } from './take-snapshot.ts';
import type { TakenSnapshot } from './take-snapshot.ts';
import { namesRefusedByWindows } from './windows-names.ts';

/** Characters of a hash that people are shown. */
const SHOWN = 12;
/** Entries that a note names. */
const NAMED = 5;

/**
 * Takes the snapshot of the study's project folder.
 * @param objective its folder is absolute
 * @throws InvalidInput where the folder is too large or changes meanwhile
 */
export async function captureCode(
  objective: CommandObjective,
  { project, userFolder, lab }: CapturePlaces,
): Promise<Captured> {
  const store = SnapshotStore.own(userFolder);
  store.sweep(Date.now());
  const taken = await takeSnapshot(project, store, { own: ownPaths(lab, userFolder) });
  const folder = pathWithin(project, objective.folder);
  return {
    objective: {
      ...objective,
      snapshot: { hash: taken.hash, project, folder: folder === '' ? '.' : folder },
    },
    notes: [takenText(project, taken)],
  };
}

/** Path of a folder relative to the project that contains it, also where a link leads to either. */
function pathWithin(project: string, folder: string): string {
  const within = relative(project, folder);
  const leadsOut = within.startsWith('..') || isAbsolute(within);
  const found = leadsOut ? relative(realpathSync(project), realpathSync(folder)) : within;
  return found.split(sep).join('/');
}

/** Paths that Galapagos writes. An open lab file must not be read: that would release its locks. */
function ownPaths(lab: string, userFolder: string): readonly string[] {
  return existsSync(lab) ? [lab, realpathSync(lab), userFolder] : [lab, userFolder];
}

function takenText(project: string, { hash, files, bytes, leftOut }: TakenSnapshot): string {
  const linked = leftOut.flatMap(({ path, why }) =>
    why === 'own' || why === 'special' || path.endsWith('__pycache__') ? [] : [path],
  );
  const taken = `trials run a copy of ${project}, ${shortHash(hash)}: ${countText(files, 'file')}, ${sizeText(bytes)}`;
  return linked.length === 0
    ? taken
    : `${taken}; links to that folder, not copies: ${namesText(linked)}`;
}

/** The snapshot of an objective as other machines fetch it; null: it has none. */
export function codeReference({
  command: [command = ''],
  container,
  python,
  snapshot,
}: CommandObjective): CodeReference | null {
  if (snapshot === undefined || command === '') return null;
  const { hash, project, folder } = snapshot;
  const program =
    container === undefined
      ? { command, folder, ...(python === undefined ? {} : { python }) }
      : { command: container.engine, folder };
  return { content: hash, name: `code of ${basename(project)}`, programs: [program] };
}

/**
 * Says why a program cannot be started here in a snapshot, after "found"; null: it can.
 * @param entries of the snapshot, in which relative programs are
 */
export function programMissing(
  { command: argument, folder, python }: NeededProgram,
  entries: readonly SnapshotEntry[],
  env: Readonly<Record<string, string>>,
  platform: NodeJS.Platform = process.platform,
): string | null {
  const refused = platform === 'win32' ? namesRefusedByWindows(entries) : [];
  if (refused.length > 0) return `names that Windows cannot have: ${namesText(refused)}`;
  const command = constantOf(argument);
  if (command === null) return null;
  if (python !== undefined && isAbsolute(python) && !existsSync(python))
    return `no file or folder ${python}`;
  if (!isAbsolute(command) && /[\\/]/.test(command)) {
    const path = posix.join(folder, command.replaceAll('\\', platform === 'win32' ? '/' : '\\'));
    return entries.some((entry) => isProgram(entry, path, platform))
      ? null
      : `no executable file ${path} in the code`;
  }
  const nowhere = tmpdir();
  const started = withPython({ command: [command], folder: nowhere, python }, command, env);
  const found = findProgram(started.program, nowhere, started.env);
  return 'missing' in found ? found.missing : null;
}

/**
 * Returns whether an entry is the program of a path. Files of Windows are programs by their ending.
 */
function isProgram(entry: SnapshotEntry, path: string, platform: NodeJS.Platform): boolean {
  if (platform !== 'win32')
    return (
      entry.path === path && (entry.kind === 'link' || (entry.kind === 'file' && entry.executable))
    );
  const { kind, path: found } = entry;
  return (
    kind !== 'folder' &&
    isStartedByWindows(found) &&
    (found === path || found.replace(/\.\w+$/, '') === path)
  );
}

/** The text of an argument; null: a trial's values are part of it. */
function constantOf(argument: string): string | null {
  const texts = (parseArgument(argument) ?? []).map((part) => ('text' in part ? part.text : null));
  return texts.includes(null) ? null : texts.join('');
}

/**
 * Returns sentences on how the project folder differs from the snapshot now; none where it is
 * equal, or where the study has no snapshot.
 * @param own paths that Galapagos writes
 */
export async function codeDifferences(
  { snapshot }: CommandObjective,
  { userFolder, lab }: Omit<CapturePlaces, 'project'>,
): Promise<string[]> {
  if (snapshot === undefined) return [];
  const { hash, project } = snapshot;
  const entries = SnapshotStore.own(userFolder).entries(hash);
  if (entries === null)
    return [
      `the copy ${shortHash(hash)} of ${project}, in which trials run, is not on this machine; start the study anew from its file`,
    ];
  const kept = `trials run the copy ${shortHash(hash)} of when the study started`;
  if (!existsSync(project)) return [`${project} is gone; ${kept}`];
  let now: readonly SnapshotEntry[];
  try {
    now = await hashProject(project, { own: ownPaths(lab, userFolder) });
  } catch (error) {
    return [`${project} cannot be compared: ${String(error)}; ${kept}`];
  }
  if (hashOf(snapshotText(now)) === hash) return [];
  return [
    `${project} has changed since the study started (${namesText(differing(entries, now))}); ${kept}. A new study takes the folder as it is now`,
  ];
}

function differing(before: readonly SnapshotEntry[], now: readonly SnapshotEntry[]): string[] {
  const known = new Map(before.map((entry) => [entry.path, JSON.stringify(entry)]));
  const found: string[] = [];
  for (const entry of now) {
    if (known.get(entry.path) !== JSON.stringify(entry)) found.push(entry.path);
    known.delete(entry.path);
  }
  return [...found, ...known.keys()].sort();
}

export function shortHash(hash: string): string {
  return hash.slice(0, SHOWN);
}

export function namesText(names: readonly string[]): string {
  const more = names.length - NAMED;
  const shown = names.slice(0, NAMED).join(', ');
  return more > 0 ? `${shown} and ${more} more` : shown;
}

function countText(count: number, one: string): string {
  return `${count} ${one}${count === 1 ? '' : 's'}`;
}

/** Folders in which the programs of an objective run. */
export interface RunningPlace {
  /** Absolute path of the working folder. */
  readonly folder: string;
  /** Absolute path of the project folder on the machine of the lab. */
  readonly project: string;
  /**
   * Absolute path of the copy of the project folder; absent: the program runs in the folder itself.
   */
  readonly copy?: string;
  /** Paths of the project folder that the copy lacks, because this machine cannot link them. */
  readonly unlinked?: readonly string[];
  /**
   * Paths in a copy of the project that the next attempt will not find; absent: not known.
   * @param written absolute path of a file that Galapagos itself wrote; null: none
   */
  readonly lost?: (written: string | null) => readonly string[];
}

/** Working copies of one worker; only the latest is kept. */
export class Checkouts {
  readonly #userFolder: string;
  readonly #ownFolder: string;
  #hash = '';
  #checkout: Checkout | null = null;
  /** Hash of the copy of which an attempt was told what is lost. */
  #told = '';

  /** @param ownFolder absolute path of a folder that does not outlive this process */
  constructor(userFolder: string, ownFolder: string) {
    this.#userFolder = userFolder;
    this.#ownFolder = ownFolder;
  }

  /**
   * Returns the place of an attempt, with the files of the snapshot in it.
   * @throws Error if the snapshot is not on this machine, or damaged
   */
  async placeFor({ folder, snapshot }: CommandObjective): Promise<RunningPlace> {
    if (snapshot === undefined) return { folder, project: folder };
    const { hash, project } = snapshot;
    if (this.#hash !== hash || this.#checkout === null) await this.#open(hash, project);
    else await this.#checkout.restore();
    const checkout = this.#checkout;
    const place = {
      folder: join(checkout?.folder ?? '', snapshot.folder),
      project,
      ...(checkout === null ? {} : { copy: checkout.folder }),
      unlinked: checkout?.unlinked ?? [],
    };
    // Comparing takes time, and the trials of a study write the same files.
    if (checkout === null || this.#told === hash) return place;
    const lost = (written: string | null): readonly string[] => {
      const paths = checkout
        .changed()
        .filter((path) => written === null || join(checkout.folder, path) !== written);
      if (paths.length > 0) this.#told = hash;
      return paths;
    };
    return { ...place, lost };
  }

  async #open(hash: string, project: string): Promise<void> {
    await this.#checkout?.remove();
    this.#checkout = null;
    for (const store of [
      SnapshotStore.own(this.#userFolder),
      SnapshotStore.fetched(this.#userFolder),
    ]) {
      const place = store.placeOf(hash);
      const entries = store.entries(hash);
      if (place === null || entries === null) continue;
      this.#checkout = await Checkout.create(
        join(this.#ownFolder, 'code'),
        { hash, place, entries },
        project,
      );
      this.#hash = hash;
      return;
    }
    throw new Error(
      `the copy ${shortHash(hash)} of the project folder, in which trials run, is not on this machine; start the study anew from its file`,
    );
  }
}
