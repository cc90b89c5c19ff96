/** Tests the choice of labels in every format that offers one. */
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { npy, written, zip, type Files } from '../support/dataset-files.ts';
import { FIXTURES, ImportFolder } from './support.ts';

let folder: ImportFolder;
beforeEach(() => {
  folder = new ImportFolder();
});
afterEach(() => folder.remove());

const source = (files: Files): string => written(folder.file('source'), files);
const floats = (values: readonly number[]): Buffer => Buffer.from(Float32Array.from(values).buffer);
const bytes = (values: readonly number[]): Buffer => Buffer.from(values);

/** 10 samples of 2 features, with two arrays of labels in each of two splits. */
function arrays(): Files {
  const rows = Array.from({ length: 20 }, (_, i) => i);
  const x = npy('<f4', [10, 2], floats(rows));
  const [fine, coarse] = [
    npy('|u1', [10], bytes([0, 1, 2, 3, 0, 1, 2, 3, 0, 1])),
    npy('|u1', [10], bytes([0, 1, 0, 1, 0, 1, 0, 1, 0, 1])),
  ];
  const test = npy('<f4', [10, 2], floats(rows.map((row) => row + 0.5)));
  return {
    ...{ 'x_train.npy': x, 'fine_labels_train.npy': fine, 'coarse_labels_train.npy': coarse },
    ...{ 'x_test.npy': test, 'fine_labels_test.npy': fine, 'coarse_labels_test.npy': coarse },
  };
}

describe('Imports: choice of the label', () => {
  it('offers every column of a table, and says which one is used', async () => {
    const rows = Array.from({ length: 10 }, (_, i) => `${i},${i % 2},${i % 3}`);
    const file = source({ 'a.csv': ['a,b,label', ...rows].join('\n') });
    expect((await folder.imported(file)).label).toEqual({
      chosen: 'label',
      choices: ['a', 'b', 'label'],
    });
    const other = await folder.imported(file, { label: 'b' });
    expect(other.label).toEqual({ chosen: 'b', choices: ['a', 'b', 'label'] });
    expect(other.classNames).toEqual(['0', '1']);
  });

  it('offers every array of labels of an NPZ file, under its name without the words of a split', async () => {
    const file = source({ 'd.npz': zip(arrays()) });
    const first = await folder.imported(file);
    expect(first.label).toEqual({
      chosen: 'fine_labels',
      choices: ['fine_labels', 'coarse_labels'],
    });
    expect(first.classNames).toEqual(['0', '1', '2', '3']);
    const coarse = await folder.imported(file, { label: 'coarse_labels' });
    expect(coarse.classNames).toEqual(['0', '1']);
    await expect(folder.imported(file, { label: 'colour' })).rejects.toMatchObject({
      data: {
        expected: 'an array of labels "colour"',
        found: 'fine_labels, coarse_labels',
        option: 'label',
      },
    });
  });

  it('offers fine and coarse labels of CIFAR-100', async () => {
    const record = (coarse: number, fine: number): Buffer =>
      Buffer.concat([Buffer.from([coarse, fine]), Buffer.alloc(3072, fine)]);
    const records = (n: number): Buffer =>
      Buffer.concat(Array.from({ length: n }, (_, i) => record(i % 2, i % 4)));
    const file = source({ 'train.bin': records(12), 'test.bin': records(4) });
    expect((await folder.imported(file)).label).toEqual({
      chosen: 'fine',
      choices: ['fine', 'coarse'],
    });
    expect((await folder.imported(file, { label: 'coarse' })).label?.chosen).toBe('coarse');
  });

  it('offers the columns of integers of a Parquet file', async () => {
    const imported = await folder.imported(join(FIXTURES, 'parquet'));
    expect(imported.label?.chosen).toBe('label');
    expect(imported.label?.choices).toContain('label');
    expect(imported.label?.choices).not.toContain('image');
  });

  it('offers none where the source has one label', async () => {
    expect((await folder.imported(join(FIXTURES, 'png.tar.xz'))).label).toBeNull();
  });
});
