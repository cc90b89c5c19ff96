/**
 * Tests that a preview shows what the dataset contains: pictures and rows of their class, counts,
 * hashes, warnings.
 */
import { closeSync, ftruncateSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MNIST } from '../../src/datasets/catalogue.ts';
import { DatasetError } from '../../src/datasets/dataset-error.ts';
import { loadDataset } from '../../src/datasets/dataset.ts';
import type { Imported } from '../../src/datasets/import/import-dataset.ts';
import { storeImported } from '../../src/datasets/import/store-imported.ts';
import {
  previewDataset,
  previewImported,
  type DatasetPreview,
} from '../../src/datasets/preview.ts';
import { warningsOf } from '../../src/datasets/preview/warnings.ts';
import { npy, png, tar, written, type Files } from '../support/dataset-files.ts';
import { ImportFolder, type Import } from './support.ts';

const RESOURCES = new URL('../../resources', import.meta.url).pathname;

let folder: ImportFolder;
beforeEach(() => {
  folder = new ImportFolder();
});
afterEach(() => folder.remove());

const split = ({ samples, sha256, perClass }: Import['training']): Imported['training'] => ({
  samples,
  sha256,
  perClass,
});
/** The preview as the import's thread sends it. */
const plain = (imported: Import): Imported => ({
  ...imported,
  training: split(imported.training),
  test: split(imported.test),
});
const previewed = (imported: Import): Promise<DatasetPreview> =>
  previewImported(plain(imported), 'x', join(imported.staging, 'training'));
/** The given number of pictures of each class; all pixels of class `c` are `10 · (c + 1)`. */
const pictures = (counts: readonly number[], side = 4): Files =>
  Object.fromEntries(
    counts.flatMap((count, c) =>
      Array.from({ length: count }, (_, i) => [
        `${String.fromCharCode(97 + c)}/${String(i)}.png`,
        png(side, side, () => [10 * (c + 1), 0, c]),
      ]),
    ),
  );

describe('Dataset preview: numbers', () => {
  it('rounds what float32 adds to a decimal number and keeps whole numbers', async () => {
    const rows = ['5.1,12345678,0.3', '-0.000123456789,0,7.7', '47.6062,1,2.5', '4,2,3'];
    const file = written(folder.file('s'), { 'x.csv': `a,b,y\n${rows.join('\n')}\n` });
    const imported = await folder.imported(file, { targets: ['y'], testShare: 0.25 });
    const shown = (await previewed(imported)).table?.rows ?? [];
    const cells = shown.flatMap(({ values, targets }) => [...values, ...targets]);
    const wanted = [5.1, 12345678, 0.3, -0.000123457, 0, 7.7, 47.6062, 1, 2.5, 4, 2, 3];
    expect([cells.length, cells.filter((cell) => !wanted.includes(cell))]).toEqual([9, []]);
  });
});

describe('Dataset preview: images', () => {
  it('shows up to four of each of the first ten classes, under their own class', async () => {
    const imported = await folder.imported(
      written(folder.file('source'), pictures([9, 2, ...Array<number>(9).fill(6)])),
      {
        testShare: 0.1,
      },
    );
    const { grid, table, classNames, training } = await previewed(imported);
    expect([
      table,
      classNames.length,
      grid?.channels,
      grid?.height,
      grid?.width,
      grid?.reduced,
    ]).toEqual([null, 11, 3, 4, 4, 1]);
    expect(grid?.columns.map(({ class: number, samples }) => [number, samples])).toEqual(
      Array.from({ length: 10 }, (_, c) => [c, Math.min(4, training.perClass[c] ?? 0)]),
    );
    for (const [c, { samples, pixels }] of grid?.columns.entries() ?? []) {
      const plane = (value: number): number[] => Array<number>(16).fill(value);
      expect([...pixels]).toEqual(
        Array.from({ length: samples }, () => [
          ...plane(10 * (c + 1)),
          ...plane(0),
          ...plane(c),
        ]).flat(),
      );
    }
  });

  it('reports the recognised format, splits and hashes, the same before and after storing', async () => {
    const files = Object.entries(pictures([6, 4])).map(([name, content]) => [
      `train/${name}`,
      content,
    ]);
    const test = Object.entries(pictures([1, 2])).map(([name, content]) => [
      `test/${name}`,
      content,
    ]);
    const source = written(folder.file('source'), {
      'x.tar': tar(Object.fromEntries([...files, ...test]) as Files),
    });
    const imported = await folder.imported(source);
    const before = await previewed(imported);
    expect(before).toMatchObject({
      kind: 'images in class folders, archive',
      match: '13 images, classes by folder',
      training: { samples: 10, perClass: [6, 4], sha256: imported.training.sha256 },
      test: { samples: 3, perClass: [1, 2] },
      drawn: null,
      bytes: 13 * 49,
      warnings: [],
    });
    const datasets = folder.file('datasets');
    const stored = await storeImported(
      datasets,
      imported.staging,
      plain(imported),
      { name: 'x', path: source, again: null, imported: '2026-01-01T00:00:00.000Z' },
      false,
    );
    const after = await previewDataset({ folder: datasets, resources: RESOURCES }, 'x');
    expect(after).toEqual(before);
    expect(after?.content).toBe(stored.content);
    expect(await previewDataset({ folder: datasets, resources: RESOURCES }, 'y')).toBeNull();
  });

  it('reduces large images by a whole factor, each pixel the mean of its square', async () => {
    const source = written(folder.file('source'), {
      'a/1.png': png(300, 150, (x, y) => [(x + y) % 3 === 0 ? 30 : 60]),
      'a/2.png': png(300, 150, () => [7]),
      'b/1.png': png(300, 150, () => [9]),
      'b/2.png': png(300, 150, () => [8]),
    });
    const { grid } = await previewed(await folder.imported(source, { testShare: 0.5 }));
    expect([grid?.reduced, grid?.height, grid?.width]).toEqual([3, 50, 100]);
    for (const { pixels } of grid?.columns ?? [])
      expect([50, 7, 9, 8]).toContain(new Set(pixels).size === 1 ? pixels[0] : -1);
  });

  it('scales numbers to bytes between the least and the greatest', async () => {
    const values = Float32Array.from({ length: 4 * 4 }, (_, i) => -1 + (i % 3));
    const source = written(folder.file('source'), {
      'x.npy': npy('<f4', [4, 2, 2], Buffer.from(values.buffer)),
      'y.npy': npy('|u1', [4], Buffer.from([0, 1, 0, 1])),
    });
    const { grid } = await previewed(await folder.imported(source, { testShare: 0.5 }));
    expect(grid?.channels).toBe(1);
    expect(new Set(grid?.columns.flatMap(({ pixels }) => [...pixels]))).toEqual(
      new Set([0, 128, 255]),
    );
  });

  it('shows samples with targets in one column without a class', async () => {
    const source = written(folder.file('source'), {
      'x.npy': npy('|u1', [5, 2, 2], Buffer.alloc(20, 3)),
      'y.npy': npy('<f4', [5], Buffer.from(Float32Array.of(1, 2, 3, 4, 5).buffer)),
    });
    const { grid, training } = await previewed(await folder.imported(source));
    expect(grid?.columns.map(({ class: number, samples }) => [number, samples])).toEqual([
      [null, training.samples],
    ]);
  });

  it('reads only the shown samples of a file of 3 GB', async () => {
    const [samples, path] = [3_000_000, folder.file('training')];
    const file = openSync(path, 'w');
    ftruncateSync(file, samples * 1025);
    // All are of class 0 except one near the end, whose pixels are 200.
    const rare = samples - 5;
    writeSync(file, Buffer.alloc(1024, 200), 0, 1024, rare * 1024);
    writeSync(file, Buffer.of(1), 0, 1, samples * 1024 + rare);
    closeSync(file);
    const both = { samples, sha256: 'f'.repeat(64), perClass: [samples - 1, 1] };
    const about = {
      classNames: ['a', 'b'],
      training: both,
      test: both,
      drawn: null,
      statistics: { mean: [0], deviation: [1] },
    };
    const said = { kind: 'x', match: 'y', columns: null, label: null, resized: 0, notes: [] };
    const imported = {
      ...about,
      ...said,
      shape: [1, 32, 32],
      sampleType: 'u8',
      targets: 0,
    } as const;
    const { grid, warnings } = await previewImported(imported, 'x', path);
    expect(grid?.columns.map(({ samples: shown, pixels }) => [shown, Math.max(...pixels)])).toEqual(
      [
        [4, 0],
        [1, 200],
      ],
    );
    expect(warnings).toEqual([{ code: 'imbalance', ratio: samples - 1, most: 'a', least: 'b' }]);
  });
});

describe('Dataset preview: tables', () => {
  it('shows the first rows with the names of their columns and their class', async () => {
    const lines = Array.from(
      { length: 20 },
      (_, i) => `${String(i)},${String(i / 2)},${i % 2 === 0 ? 'even' : 'odd'}`,
    );
    const source = written(folder.file('source'), {
      'a.csv': ['n,half,label', ...lines].join('\n'),
    });
    const { grid, table, kind, match, classNames } = await previewed(await folder.imported(source));
    expect([grid, kind, match, classNames]).toEqual([
      null,
      'CSV table',
      '1 file matches',
      ['even', 'odd'],
    ]);
    expect([table?.features, table?.of, table?.targets, table?.rows.length]).toEqual([
      ['n', 'half'],
      2,
      [],
      10,
    ]);
    expect([table?.label, table?.choices]).toEqual(['label', ['n', 'half', 'label']]);
    for (const { values, class: number } of table?.rows ?? [])
      expect([values[1], number]).toEqual([values[0]! / 2, values[0]! % 2]);
  });

  it('shows the targets by their names, and the first of many features', async () => {
    const names = Array.from({ length: 30 }, (_, i) => `f${String(i)}`);
    const lines = Array.from({ length: 5 }, (_, i) =>
      [...names.map((__, k) => i + k), 100 * i].join(),
    );
    const source = written(folder.file('source'), {
      'a.csv': [[...names, 'price'].join(), ...lines].join('\n'),
    });
    const { table } = await previewed(await folder.imported(source, { targets: ['price'] }));
    expect([table?.features, table?.of, table?.targets]).toEqual([
      names.slice(0, 24),
      30,
      ['price'],
    ]);
    expect([table?.label, table?.choices]).toEqual([null, [...names, 'price']]);
    for (const row of table?.rows ?? [])
      expect([row.class, row.targets]).toEqual([null, [100 * row.values[0]!]]);
  });

  it('names columns without a header by their index in the file', async () => {
    const source = written(folder.file('source'), {
      'a.csv': '5.1,red,3.5\n7,blue,3.2\n'.repeat(5),
    });
    const { table } = await previewed(await folder.imported(source, { label: '2' }));
    expect([table?.features, table?.label, table?.choices]).toEqual([
      ['1', '3'],
      '2',
      ['1', '3', '2'],
    ]);
  });
});

describe('Dataset preview: built-in MNIST', () => {
  it('shows four of each digit, with counts and hashes as an import of its files', async () => {
    const preview = await previewDataset(
      { folder: folder.file('none'), resources: RESOURCES },
      'mnist',
    );
    const { view } = await loadDataset(MNIST, RESOURCES);
    const columns = preview?.grid?.columns ?? [];
    expect(columns.map(({ class: number, samples }) => [number, samples])).toEqual(
      Array.from({ length: 10 }, (_, c) => [c, 4]),
    );
    for (const { class: number, pixels } of columns) {
      const first = view.y.indexOf(number!);
      expect([...pixels.subarray(0, 784)]).toEqual([
        ...view.x.subarray(784 * first, 784 * (first + 1)),
      ]);
    }
    const imported = await folder.imported(join(RESOURCES, 'datasets/mnist'));
    const again = await previewed(imported);
    const { content, training, test, shape, classNames, bytes } = preview!;
    expect({ content, shape, classNames, bytes }).toEqual({
      content: again.content,
      shape: again.shape,
      classNames: again.classNames,
      bytes: again.bytes,
    });
    expect([training, test]).toEqual([split(imported.training), split(imported.test)]);
  });
});

describe('Dataset preview: warnings', () => {
  const about = { classNames: ['a', 'b', 'c'], perClass: [5, 5, 5], resized: 0, shape: [3, 8, 9] };
  it.each([
    ['of nothing where classes are even', {}, []],
    [
      'of the largest to the smallest class from 3 : 1 on',
      { perClass: [24, 2, 9] },
      [{ code: 'imbalance', ratio: 12, most: 'a', least: 'b' }],
    ],
    ['not below that', { perClass: [29, 10, 10] }, []],
    [
      'of classes without samples',
      { perClass: [5, 0, 5] },
      [{ code: 'empty-classes', names: ['b'] }],
    ],
    [
      'of one class only',
      { perClass: [0, 5, 0] },
      [
        { code: 'one-class', name: 'b' },
        { code: 'empty-classes', names: ['a', 'c'] },
      ],
    ],
    [
      'of scaled images, with their size',
      { resized: 14 },
      [{ code: 'scaled', images: 14, height: 8, width: 9 }],
    ],
    ['not where numbers are predicted', { classNames: [], perClass: [] }, []],
  ])('%s', (_, given, expected) => {
    expect(warningsOf({ ...about, ...given })).toEqual(expected);
  });
});

it('are a DatasetError for a truncated file', async () => {
  const imported = await folder.imported(written(folder.file('source'), pictures([3, 3])));
  const file = openSync(join(imported.staging, 'training'), 'r+');
  ftruncateSync(file, 30);
  closeSync(file);
  await expect(previewed(imported)).rejects.toThrow(DatasetError);
});
