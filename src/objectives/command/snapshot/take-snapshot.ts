/**
 * Takes a snapshot of a project folder: copies its files into a store, once each, and hashes them.
 * The result is the folder at one moment: every entry is the same before and after the copy.
 */
import { createHash } from 'node:crypto';
import { lstatSync, constants, mkdirSync, rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { InvalidInput } from '../../../core/errors.ts';
import { snapshotText } from '../../../protocol/code-snapshot.ts';
import type { SnapshotEntry } from '../../../protocol/code-snapshot.ts';
import { projectSizeProblems } from './project-size.ts';
import { walkProject } from './project-walk.ts';
import type { LeftOutEntry, ProjectEntry, WalkOptions, WalkedProject } from './project-walk.ts';
import { CONTENTS_FILE, LIST_FILE, SPARE_FILE, type SnapshotStore } from './snapshot-store.ts';

export interface TakenSnapshot {
  readonly hash: string;
  readonly files: number;
  readonly bytes: number;
  readonly leftOut: readonly LeftOutEntry[];
}

/** Times that a folder which changes meanwhile is read. */
const TIMES = 3;
/** Entries that an error names. */
const NAMED = 5;
/** Bytes read at a time. */
const PIECE = 2 ** 18;

/**
 * @param project absolute path of the folder
 * @throws InvalidInput where it is too large, or changes each time that it is read
 */
export async function takeSnapshot(
  project: string,
  store: SnapshotStore,
  options: WalkOptions = {},
): Promise<TakenSnapshot> {
  let changed: readonly string[] = [];
  for (let time = 0; time < TIMES; time++) {
    const walked = walkProject(project, options);
    const problems = projectSizeProblems(walked);
    if (problems.length > 0) throw new InvalidInput(project, problems);
    const staging = store.staging();
    try {
      const entries = await copied(project, walked.entries, staging);
      changed = differences(walked, walkProject(project, options));
      if (changed.length === 0) {
        const files = entries.filter(({ kind }) => kind === 'file').length;
        const bytes = walked.entries.reduce((sum, each) => sum + each.bytes, 0);
        return { hash: store.add(staging), files, bytes, leftOut: walked.leftOut };
      }
    } finally {
      rmSync(staging, { recursive: true, force: true });
    }
  }
  throw new InvalidInput(project, [
    {
      code: 'project-changes',
      path: 'objective.folder',
      expected: 'a project folder that stays the same while it is copied',
      found: `changes in ${changed.slice(0, NAMED).join(', ')}`,
      hint: 'write a line for each in .galapagosignore, or start again when nothing writes there',
    },
  ]);
}

/** Hash of the folder as it is now, without a copy of it. @throws as `takeSnapshot` */
export async function hashProject(
  project: string,
  options: WalkOptions = {},
): Promise<readonly SnapshotEntry[]> {
  const walked = walkProject(project, options);
  const problems = projectSizeProblems(walked);
  if (problems.length > 0) throw new InvalidInput(project, problems);
  return copied(project, walked.entries, null);
}

/** Paths of entries that differ, are new, or are gone. */
function differences(before: WalkedProject, after: WalkedProject): string[] {
  const versions = new Map(before.entries.map(({ path, version }) => [path, version]));
  const found: string[] = [];
  for (const { path, kind, version } of after.entries) {
    // The contents of a folder are entries of their own.
    const known = versions.get(path);
    if (known === undefined || (kind !== 'folder' && known !== version)) found.push(path);
    versions.delete(path);
  }
  return [...found, ...versions.keys()];
}

/**
 * Reads the files of the entries, and writes their contents and the list into the staging folder.
 * @param staging null: nothing is written
 */
async function copied(
  project: string,
  entries: readonly ProjectEntry[],
  staging: string | null,
): Promise<readonly SnapshotEntry[]> {
  if (staging !== null) mkdirSync(staging, { recursive: true, mode: 0o700 });
  const contents = staging === null ? null : await open(join(staging, CONTENTS_FILE), 'w', 0o600);
  const listed: SnapshotEntry[] = [];
  try {
    for (const { path, kind, executable, target } of entries) {
      if (kind === 'folder') listed.push({ path, kind });
      else if (kind === 'link') listed.push({ path, kind, target });
      else {
        const read = await copyFile(join(project, path), contents);
        // Deleted or replaced by something else: the second walk sees it.
        if (read !== null) listed.push({ path, kind, ...read, executable });
      }
    }
    await contents?.sync();
  } finally {
    await contents?.close();
  }
  if (staging === null) return listed;
  for (const [name, text] of [
    [LIST_FILE, snapshotText(listed)],
    [SPARE_FILE, ''],
  ] as const) {
    const file = await open(join(staging, name), 'w', 0o600);
    await file.writeFile(text);
    await file.sync();
    await file.close();
  }
  return listed;
}

/** @returns null: it is no longer the file that was listed */
async function copyFile(
  path: string,
  to: FileHandle | null,
): Promise<{ readonly bytes: number; readonly sha256: string } | null> {
  let file: FileHandle;
  try {
    // Neither follows a link nor waits for the other end of a pipe that has taken the file's place.
    const flags = process.platform === 'win32' ? 0 : constants.O_NOFOLLOW | constants.O_NONBLOCK;
    file = await open(path, constants.O_RDONLY | flags);
  } catch (error) {
    const before = lstatSync(path, { bigint: true, throwIfNoEntry: false });
    if (before?.isFile() !== true) return null;
    throw new InvalidInput(path, [
      {
        code: 'unreadable',
        path: '',
        expected: 'a file that can be read',
        found: error instanceof Error ? error.message : String(error),
        hint: 'change its rights, or write a line for it in .galapagosignore',
      },
    ]);
  }
  try {
    const hash = createHash('sha256');
    const piece = Buffer.alloc(PIECE);
    const before = await file.stat({ bigint: true });
    if (!before.isFile()) return null;
    let bytes = 0;
    for (;;) {
      const { bytesRead } = await file.read(piece, 0, PIECE);
      if (bytesRead === 0) break;
      const part = piece.subarray(0, bytesRead);
      hash.update(part);
      await to?.writeFile(part);
      bytes += bytesRead;
      // A file that grows as fast as it is read.
      if (bytes > Number(before.size)) break;
    }
    return { bytes, sha256: hash.digest('hex') };
  } finally {
    await file.close();
  }
}
