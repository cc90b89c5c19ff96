/** A temporary folder of a test, removed afterwards. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface TemporaryFolder {
  readonly path: string;
  file(name: string): string;
  /** Writes a file. @returns its path */
  written(name: string, text: string): string;
  remove(): void;
}

export function temporaryFolder(): TemporaryFolder {
  const path = mkdtempSync(join(tmpdir(), 'galapagos-'));
  const file = (name: string): string => join(path, name);
  return {
    path,
    file,
    written(name, text) {
      writeFileSync(file(name), text);
      return file(name);
    },
    remove: () => rmSync(path, { recursive: true, force: true, maxRetries: 5 }),
  };
}
