/** Reads the open lab file beside its writer: durable data only. */
import { GalapagosError } from '../../core/errors.ts';
import { knownStudy } from '../../documents/lab-output.ts';
import type { LabReader, StudySummary } from '../../storage/lab-reader.ts';
import { readLab } from '../../storage/read-lab.ts';

export interface OpenFile {
  /** Null: no lab is open. */
  labFile(): string | null;
}

/** @throws GalapagosError `no-lab`; StorageError that names the kind of file it is instead */
export function openFile(open: OpenFile): string {
  const file = open.labFile();
  if (file === null) throw new GalapagosError('no-lab', 'no lab is open');
  return file;
}

/** @throws as `openFile` */
export function readOpenLab<T>(open: OpenFile, read: (reader: LabReader) => T): T {
  const reader = readLab(openFile(open));
  try {
    return read(reader);
  } finally {
    reader.close();
  }
}

/**
 * @param key the study's uid, or its name where another program made it. @throws GalapagosError
 *   `unknown-study`
 */
export function readStudy<T>(
  open: OpenFile,
  key: string,
  read: (reader: LabReader, study: StudySummary) => T,
): T {
  return readOpenLab(open, (reader) => read(reader, knownStudy(reader, key, reader.file)));
}

/** Identifier of a study for the reader. */
export function keyOf({ uid, name }: Pick<StudySummary, 'uid' | 'name'>): string {
  return uid ?? name;
}
