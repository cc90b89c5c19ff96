/**
 * The list of a code snapshot's entries: folders, files and links of a project folder, without
 * their contents. The SHA-256 of its text names the snapshot.
 */
import { z } from 'zod';
import { GalapagosError } from '../core/errors.ts';
import { strict } from './problems.ts';

export const SNAPSHOT_FORMAT = 'galapagos-snapshot/1';

/** Most bytes of all files of a snapshot. */
export const MOST_SNAPSHOT_BYTES = 200e6;
/** Most entries of a snapshot. */
export const MOST_SNAPSHOT_ENTRIES = 100_000;

/** A SHA-256 in hex, which names a snapshot. */
export const snapshotHash = z.string().regex(/^[0-9a-f]{64}$/, { error: 'a SHA-256 in hex' });

/** A path relative to the project folder, with "/" between its parts; never leads out of it. */
export const snapshotPath = z
  .string()
  .min(1)
  .max(4096)
  .refine(isPlainPath, { error: 'a path within the project folder, with "/" between its parts' });

const entry = z.discriminatedUnion('kind', [
  strict({ path: snapshotPath, kind: z.literal('folder') }),
  strict({
    path: snapshotPath,
    kind: z.literal('file'),
    bytes: z.int().min(0),
    sha256: snapshotHash,
    executable: z.boolean(),
  }),
  strict({
    path: snapshotPath,
    kind: z.literal('link'),
    /** Relative to the folder of the link. */
    target: z.string().min(1).max(4096),
  }),
]);

const snapshotList = strict({
  format: z.literal(SNAPSHOT_FORMAT),
  entries: z.array(entry).max(MOST_SNAPSHOT_ENTRIES),
});

export type SnapshotEntry = z.output<typeof entry>;
export type SnapshotFile = Extract<SnapshotEntry, { kind: 'file' }>;

/** Text of the list, equal for equal entries. @param entries in the order of their paths */
export function snapshotText(entries: readonly SnapshotEntry[]): string {
  return `${JSON.stringify({ format: SNAPSHOT_FORMAT, entries })}\n`;
}

/**
 * Parses the list of a snapshot, of which no entry leads out of the snapshot.
 * @param label names the list in errors
 * @throws GalapagosError `malformed`
 */
export function parseSnapshot(text: string, label: string): readonly SnapshotEntry[] {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw malformed(label, 'JSON', error instanceof Error ? error.message : String(error));
  }
  const parsed = snapshotList.safeParse(json);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw malformed(
      `${label}: ${issue?.path.join('.') ?? ''}`,
      issue?.message ?? '',
      'another value',
    );
  }
  const { entries } = parsed.data;
  const folders = new Set(['']);
  let last = '';
  for (const each of entries) {
    const { path } = each;
    if (path <= last) throw malformed(`${label}: ${path}`, `a path after ${last}`, path);
    last = path;
    if (!folders.has(folderOf(path)))
      throw malformed(`${label}: ${path}`, 'its folder before it', 'none');
    if (each.kind === 'folder') folders.add(path);
    if (each.kind === 'link' && !staysInside(path, each.target))
      throw malformed(`${label}: ${path}`, 'a link into the snapshot', each.target);
  }
  return entries;
}

/**
 * Returns whether a link leads into the snapshot, by its text alone.
 * @param path of the link
 * @param target relative to the folder of the link
 */
export function staysInside(path: string, target: string): boolean {
  if (target.startsWith('/') || /^[A-Za-z]:/.test(target) || target.includes('\\')) return false;
  let depth = path.split('/').length - 1;
  for (const part of target.split('/')) {
    if (part === '..') depth -= 1;
    else if (part !== '.' && part !== '') depth += 1;
    if (depth < 0) return false;
  }
  return true;
}

/** Path of the folder that contains the entry; '' for one at the top. */
export function folderOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}

function isPlainPath(path: string): boolean {
  return (
    !path.includes('\0') &&
    path.split('/').every((part) => part !== '' && part !== '.' && part !== '..')
  );
}

function malformed(part: string, expected: string, found: string): GalapagosError {
  return new GalapagosError('malformed', `${part}: expected ${expected}, found ${found}`, {
    part,
    expected,
    found,
  });
}
