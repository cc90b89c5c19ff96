/** Exports the open lab file: a copy of one instant, whatever is written meanwhile. */
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { GalapagosError } from '../../core/errors.ts';
import type { ExportedFile } from '../../protocol/window/reading.ts';
import { copyLab } from '../../storage/copy-lab.ts';

/** Greatest size in bytes that is sent to a window in one piece. */
export const MOST_BYTES = 48 * 2 ** 20;

/** @throws GalapagosError `lab-too-large`, which contains the path of the file; StorageError */
export function exportLab(file: string, most = MOST_BYTES): ExportedFile {
  refuse(file, statSync(file).size, most);
  const folder = mkdtempSync(join(tmpdir(), 'galapagos-export-'));
  try {
    const copy = join(folder, 'lab.db');
    copyLab(file, copy);
    const bytes = readFileSync(copy);
    refuse(file, bytes.length, most);
    return {
      name: basename(file),
      type: 'application/vnd.sqlite3',
      content: { base64: bytes.toString('base64') },
    };
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  }
}

function refuse(file: string, bytes: number, most: number): void {
  if (bytes <= most) return;
  const megabytes = (n: number): string => `${Math.round(n / 1e6)} MB`;
  throw new GalapagosError(
    'lab-too-large',
    `the lab is ${megabytes(bytes)}: use the file itself, ${file}`,
    {
      file,
      expected: `at most ${megabytes(most)}`,
      found: megabytes(bytes),
    },
  );
}
