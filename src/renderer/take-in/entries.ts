/**
 * Lists the files below dropped folders by relative path. The browser enumerates them one by one,
 * so a large folder takes a while.
 */
import { EndpointFailure } from '../failure.ts';

export interface NamedFile {
  /** Relative path, with `/`. */
  readonly path: string;
  readonly file: File;
}

/** Progress and cancellation of a listing. */
export interface Listing {
  /** Called from time to time with the number of files found so far. */
  readonly found: (files: number) => void;
  readonly signal: AbortSignal;
}

/** @throws EndpointFailure `cancelled` */
export async function filesBelow(
  entries: readonly FileSystemEntry[],
  { found, signal }: Listing,
): Promise<readonly NamedFile[]> {
  let count = 0;
  const below = async (entry: FileSystemEntry, before: string): Promise<readonly NamedFile[]> => {
    const path = `${before}${entry.name}`;
    if (isFile(entry)) {
      const file = await new Promise<File>((resolve, reject) => entry.file(resolve, reject));
      count += 1;
      return [{ path, file }];
    }
    if (!isFolder(entry)) return [];
    const reader = entry.createReader();
    const files: NamedFile[] = [];
    // A reader returns at most a hundred entries a call, and none at the end.
    for (;;) {
      if (signal.aborted) throw new EndpointFailure({ code: 'cancelled', data: {} });
      const some = await new Promise<FileSystemEntry[]>((resolve, reject) =>
        reader.readEntries(resolve, reject),
      );
      if (some.length === 0) return files;
      files.push(...(await Promise.all(some.map((inside) => below(inside, `${path}/`)))).flat());
      found(count);
    }
  };
  return (await Promise.all(entries.map((entry) => below(entry, '')))).flat();
}

function isFile(entry: FileSystemEntry): entry is FileSystemFileEntry {
  return entry.isFile;
}

function isFolder(entry: FileSystemEntry): entry is FileSystemDirectoryEntry {
  return entry.isDirectory;
}
