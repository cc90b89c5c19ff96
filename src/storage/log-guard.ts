/**
 * Detects that a lab file or its write-ahead log was deleted or replaced while this process writes
 * it. SQLite would continue to write to the deleted log, and those writes would be lost when the
 * process ends.
 */
import { statSync } from 'node:fs';
import { sideFile } from './side-files.ts';

interface Identity {
  readonly device: bigint;
  readonly inode: bigint;
}

interface Watched {
  readonly path: string;
  readonly found: Identity;
}

export class LogGuard {
  readonly #watched: readonly Watched[];

  private constructor(watched: readonly Watched[]) {
    this.#watched = watched;
  }

  /** Remembers the current files; null while the log does not exist yet. */
  static of(file: string): LogGuard | null {
    const paths = [file, sideFile(file, 'wal')];
    const watched = paths.flatMap((path) => {
      const found = identityOf(path);
      return found === null ? [] : [{ path, found }];
    });
    return watched.length === paths.length ? new LogGuard(watched) : null;
  }

  /** Returns the path of a file that was replaced or deleted; null: none. */
  lost(): string | null {
    for (const { path, found } of this.#watched) {
      const now = identityOf(path);
      if (now?.inode !== found.inode || now.device !== found.device) return path;
    }
    return null;
  }
}

function identityOf(path: string): Identity | null {
  const stats = statSync(path, { bigint: true, throwIfNoEntry: false });
  return stats === undefined ? null : { device: stats.dev, inode: stats.ino };
}
