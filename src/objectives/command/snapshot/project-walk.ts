/**
 * Lists a project folder as a snapshot takes it: what is in it, and what is left out and why. Reads
 * names and sizes, ignore files, and the heads of databases.
 */
import { existsSync, lstatSync, opendirSync, readFileSync, readlinkSync } from 'node:fs';
import type { BigIntStats, Dir } from 'node:fs';
import { dirname, isAbsolute, join, relative, sep } from 'node:path';
import { InvalidInput } from '../../../core/errors.ts';
import { MOST_SNAPSHOT_ENTRIES, staysInside } from '../../../protocol/code-snapshot.ts';
import { IgnoreRules } from './ignore-rules.ts';
import { labFinder } from './lab-files-in.ts';

/** An entry that a snapshot takes. */
export interface ProjectEntry {
  /** Relative to the project folder, with "/" between its parts. */
  readonly path: string;
  readonly kind: 'folder' | 'file' | 'link';
  /** Of a file. */
  readonly bytes: number;
  readonly executable: boolean;
  /** Of a link, relative to its folder. */
  readonly target: string;
  /** Changes when the entry does. */
  readonly version: string;
}

/** An entry that a snapshot does not take; what it contains is not listed. */
export interface LeftOutEntry {
  readonly path: string;
  readonly why:
    /** A rule of an ignore file, or a cache that programs write. */
    | 'ignored'
    /** A folder of installed packages. */
    | 'environment'
    /** A link that leads out of the project folder. */
    | 'outside'
    /** A socket, a pipe or a device. */
    | 'special'
    /** Version control, or a file that Galapagos writes. */
    | 'own';
}

export interface WalkedProject {
  /** In the order of their paths. */
  readonly entries: readonly ProjectEntry[];
  readonly leftOut: readonly LeftOutEntry[];
  /** False: the folder has more names than were read. */
  readonly complete: boolean;
}

export interface WalkOptions {
  /**
   * Absolute paths of files and folders that Galapagos writes; files beside them belong to them.
   */
  readonly own?: readonly string[];
  /** Folder whose ignore files count; default: the project folder. */
  readonly rulesFrom?: string;
  /** Most names that are read. */
  readonly most?: number;
}

/**
 * Most names that a walk reads, those left out included: twice the entries of the largest snapshot.
 * A home folder with a million files is refused after that.
 */
const MOST_NAMES = 2 * MOST_SNAPSHOT_ENTRIES;

/** Ignore files of a folder; the later one takes precedence. */
const IGNORE_FILES = ['.gitignore', '.galapagosignore'] as const;
/** Rules before those of the project, which can take these folders in again. */
const DEFAULT_RULES = '__pycache__/\nnode_modules/\n';
/** Lab file of a command that names none; its log is `lab.db-wal`. */
const DEFAULT_LAB = 'lab.db';
/** Version control of a folder, which is never taken. */
const VERSION_CONTROL = new Set(['.git', '.hg', '.svn', '.jj']);
/** Entries that make a folder one of installed packages. */
const ENVIRONMENT_MARKS = ['pyvenv.cfg', 'conda-meta'];

/**
 * Reads the folders level by level, so that a walk which stops early has seen each part of the
 * project.
 * @throws InvalidInput naming the entry; Error of the system
 */
export function walkProject(
  project: string,
  { own = [], rulesFrom = project, most = MOST_NAMES }: WalkOptions = {},
): WalkedProject {
  const entries: ProjectEntry[] = [];
  const leftOut: LeftOutEntry[] = [];
  const written = [join(project, DEFAULT_LAB), ...own];
  const belongsToLab = labFinder();
  const isOwn = (path: string, name: string): boolean =>
    VERSION_CONTROL.has(name) ||
    written.some((each) => path === each || path.startsWith(`${each}-`)) ||
    belongsToLab(path);
  const folders = [{ folder: '', rules: topRules(project, rulesFrom) }];
  let names = 0;
  for (const { folder, rules } of folders)
    for (const name of namesIn(join(project, folder))) {
      if (names === most) return { entries, leftOut, complete: false };
      names += 1;
      const path = folder === '' ? name : `${folder}/${name}`;
      const absolute = join(project, path);
      const stats = lstatSync(absolute, { bigint: true, throwIfNoEntry: false });
      // Deleted since the folder was read.
      if (stats === undefined) continue;
      const isFolder = stats.isDirectory();
      const why = isOwn(absolute, name) ? 'own' : whyLeftOut(absolute, stats);
      if (why === 'own' || rules.ignores(name, isFolder)) {
        leftOut.push({ path, why: why === 'own' ? why : whyIgnored(absolute, name, isFolder) });
        continue;
      }
      const target = stats.isSymbolicLink() ? targetOf(project, path) : '';
      if (why !== null || target === null) {
        leftOut.push({ path, why: why ?? 'outside' });
        continue;
      }
      const kind = isFolder ? 'folder' : stats.isFile() ? 'file' : 'link';
      entries.push({
        path,
        kind,
        bytes: kind === 'file' ? Number(stats.size) : 0,
        executable: kind === 'file' && (stats.mode & 0o100n) !== 0n,
        target,
        version: versionOf(stats),
      });
      if (isFolder)
        folders.push({ folder: path, rules: rules.enter(name, ignoreText(join(rulesFrom, path))) });
    }
  entries.sort(byPath);
  return { entries, leftOut: leftOut.sort(byPath), complete: true };
}

/**
 * Text that changes when the contents or the mode of a file do, or another file takes its place.
 */
export function versionOf({ ino, size, mode, mtimeNs, ctimeNs }: BigIntStats): string {
  return [ino, size, mode, mtimeNs, ctimeNs].join();
}

function byPath(a: { readonly path: string }, b: { readonly path: string }): number {
  return a.path < b.path ? -1 : a.path > b.path ? 1 : 0;
}

/** Rules of the project's top, after those of the folders above it in its git repository. */
function topRules(project: string, rulesFrom: string): IgnoreRules {
  const own = ignoreText(rulesFrom);
  const above = foldersAbove(project);
  const [top] = above;
  if (top === undefined) return IgnoreRules.top(`${DEFAULT_RULES}${own}`);
  let rules = IgnoreRules.top(`${DEFAULT_RULES}${ignoreText(top)}`);
  const names = relative(top, project).split(sep);
  for (const [i, name] of names.entries()) {
    const folder = above[i + 1];
    rules = rules.enter(name, folder === undefined ? own : ignoreText(folder));
  }
  return rules;
}

/**
 * Folders above the project from the top of its git repository on; empty: it is in none, or its
 * top.
 */
function foldersAbove(project: string): readonly string[] {
  const found: string[] = [];
  for (let folder = project; ; folder = dirname(folder)) {
    if (folder !== project) found.unshift(folder);
    if (existsSync(join(folder, '.git'))) return found;
    if (dirname(folder) === folder) return [];
  }
}

function ignoreText(folder: string): string {
  return IGNORE_FILES.map((name) => {
    try {
      return `${readFileSync(join(folder, name), 'utf8')}\n`;
    } catch {
      // There is none, or it is a folder.
      return '';
    }
  }).join('');
}

/** Names of a folder, read in parts. @throws InvalidInput for a name that is not UTF-8 */
function* namesIn(folder: string): Generator<string> {
  let opened: Dir;
  try {
    // The types of Node lack names as bytes here.
    opened = opendirSync(folder, { encoding: 'buffer' as BufferEncoding, bufferSize: 1024 });
  } catch (error) {
    // Deleted since its name was read; a second walk sees that.
    if (!existsSync(folder)) return;
    throw error;
  }
  try {
    for (let entry = opened.readSync(); entry !== null; entry = opened.readSync()) {
      const bytes = Buffer.from(entry.name);
      const name = bytes.toString('utf8');
      if (!Buffer.from(name).equals(bytes)) throw badName(folder, bytes);
      yield name;
    }
  } finally {
    opened.closeSync();
  }
}

function badName(folder: string, name: Buffer): InvalidInput {
  const found = JSON.stringify(name.toString('latin1'));
  const hint = 'rename it, or move it out of the project folder';
  return new InvalidInput(folder, [
    { code: 'bad-name', path: '', expected: 'names in UTF-8', found, hint },
  ]);
}

function whyLeftOut(path: string, stats: BigIntStats): LeftOutEntry['why'] | null {
  if (stats.isDirectory()) return isEnvironmentFolder(path) ? 'environment' : null;
  return stats.isFile() || stats.isSymbolicLink() ? null : 'special';
}

function whyIgnored(path: string, name: string, isFolder: boolean): LeftOutEntry['why'] {
  return isFolder && (name === 'node_modules' || isEnvironmentFolder(path))
    ? 'environment'
    : 'ignored';
}

function isEnvironmentFolder(path: string): boolean {
  return ENVIRONMENT_MARKS.some((mark) => existsSync(join(path, mark)));
}

/** Target of a link relative to its folder; null: it leads out of the project. */
function targetOf(project: string, path: string): string | null {
  const absolute = join(project, path);
  const text = readlinkSync(absolute);
  const target = (isAbsolute(text) ? relative(dirname(absolute), text) : text).split(sep).join('/');
  return target !== '' && staysInside(path, target) ? target : null;
}
