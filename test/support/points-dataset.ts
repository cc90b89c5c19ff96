/** A dataset of sixty points in two classes, imported as `points`. */
import { writeFileSync } from 'node:fs';
import { DEFAULTS } from '../../src/datasets/import/options.ts';
import { startImport } from '../../src/datasets/import/start-import.ts';
import { datasetsFolder } from '../../src/datasets/places.ts';
import type { TemporaryFolder } from './temporary-folder.ts';

/** @param folder the user's folder */
export async function importPoints(folder: Pick<TemporaryFolder, 'path' | 'file'>): Promise<void> {
  const rows = Array.from({ length: 60 }, (_, i) => `${i % 7},${i % 5},${i % 2 ? 'a' : 'b'}`);
  writeFileSync(folder.file('points.csv'), ['x,y,label', ...rows, ''].join('\n'));
  await startImport({
    name: 'points',
    paths: [folder.file('points.csv')],
    as: null,
    imported: '2026-01-01T00:00:00.000Z',
    folder: datasetsFolder(folder.path),
    replace: false,
    dryRun: false,
    signal: new AbortController().signal,
    onProgress: () => undefined,
    options: { ...DEFAULTS, label: 'label' },
  });
}
