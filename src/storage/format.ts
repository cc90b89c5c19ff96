/**
 * Versions of the lab file's format, and what they guard: a release that drops or ignores a part of
 * a study must not write the file.
 *
 * - A part that older releases must not write over raises the number in the files that contain it,
 *   when it is written. Releases refuse a higher number than theirs.
 * - A field of a study that this release does not know refuses the opening for writing, in case a
 *   later release forgets to raise the number.
 *
 * Tables and columns that may be lost or stale do not raise it.
 */
import type { StudySpec } from '../core/study/study-spec.ts';
import type { Connection } from './connection.ts';
import { StorageError } from './errors.ts';

/** Format of a file that every release can write. */
export const FIRST_FORMAT = 1;

/**
 * The highest format that this release reads and writes.
 *
 * 2: studies with edits of their search, or with trials of other studies as history. Releases of
 *    format 1 would drop both and propose other trials.
 */
export const LAB_FORMAT = 2;

function formatOf({ edits, startedFrom }: StudySpec): number {
  return edits === undefined && startedFrom === undefined ? FIRST_FORMAT : LAB_FORMAT;
}

/** Raises the format of a file that contains this study, if it must. */
export function raiseFormat(connection: Connection, spec: StudySpec): void {
  connection.run('UPDATE galapagos_lab SET format = max(format, ?)', formatOf(spec));
}

/**
 * Refuses to write a file with a part of a study that parsing dropped, because the next write of
 * that part would lose it.
 * @param found as stored
 * @param known as parsed
 * @throws StorageError schema-newer
 */
export function refuseUnknown(
  { file }: Connection,
  study: string,
  found: unknown,
  known: unknown,
): void {
  const [first, ...more] = droppedFields(found, known, '');
  if (first === undefined) return;
  const fields = more.length === 0 ? first : `${first} and ${more.length} more`;
  throw new StorageError(
    'schema-newer',
    file,
    `${file}: the study ${JSON.stringify(study)} has fields of a newer Galapagos, which this version would lose (${fields}): update Galapagos; show, trials and best read the file as it is`,
    { expected: 'fields that this version knows', found: fields },
  );
}

function droppedFields(found: unknown, known: unknown, path: string): string[] {
  if (Array.isArray(found))
    return found.flatMap((each, i) =>
      Array.isArray(known) ? droppedFields(each, known[i], `${path}[${i}]`) : [],
    );
  if (!isRecord(found) || !isRecord(known)) return [];
  return Object.entries(found).flatMap(([name, each]) => {
    const field = path === '' ? name : `${path}.${name}`;
    return Object.hasOwn(known, name) ? droppedFields(each, known[name], field) : [field];
  });
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
