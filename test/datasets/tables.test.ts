/**
 * Tests tables and arrays of numbers: the role of each column, targets, float32, and drawn splits.
 */
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { formOf } from '../../src/datasets/description.ts';
import { csvRows, delimiterOf } from '../../src/datasets/formats/csv.ts';
import { MemoryBytes } from '../../src/datasets/sources/bytes.ts';
import { npy, png, written } from '../support/dataset-files.ts';
import { ImportFolder, type Import } from './support.ts';

let folder: ImportFolder;
beforeEach(() => {
  folder = new ImportFolder();
});
afterEach(() => folder.remove());

const table = (text: string): string =>
  `${written(folder.file('t'), { 'table.csv': text })}/table.csv`;
/** The values of the training samples as float32, row after row. */
const values = ({ training, shape }: Import): number[][] => {
  const size = shape.reduce((product, n) => product * n, 1);
  return Array.from({ length: training.samples }, (_, i) =>
    Array.from({ length: size }, (__, k) => training.bytes.readFloatLE(4 * (i * size + k))),
  );
};

describe('Import: CSV', () => {
  it('ignores a byte order mark and reports the first line of a row after empty lines', async () => {
    const marked = '\ufeffa,label\r\n\r\n1,x\r\n2,y\r\n3,x\r\n4,y\r\n';
    const found = await folder.imported(table(marked), { testShare: 0.5 });
    expect(found.columns).toEqual({ features: ['a'], targets: [], label: 'label' });
    const text = 'a,label\n\n1,"x\ny"\n\n2,y\n';
    await expect(folder.imported(table(`${text}z,y\n`))).rejects.toThrow('line 7, column "a"');
    await expect(folder.imported(table(`${text}\nz,"p\nq"\n`))).rejects.toThrow(
      'line 8, column "a"',
    );
  });

  it('refuses a row above the limit without reading the rest of the file', async () => {
    const long = 'a,label\n1,x\n2,' + 'y'.repeat(9 * 2 ** 20);
    await expect(folder.imported(table(`${long}\n`))).rejects.toThrow(
      'table.csv: line 3: expected a row of at most 8388608 bytes, found a longer one',
    );
  });

  it('reads rows as RFC 4180 writes them', () => {
    const field = fc
      .string({ unit: fc.constantFrom('a', '1', ',', '"', '\n', ' ', 'é'), maxLength: 6 })
      .map((text) => text.trim());
    const width = fc.integer({ min: 2, max: 4 });
    const drawn = width.chain((n) =>
      fc.array(fc.array(field, { minLength: n, maxLength: n }), { minLength: 1, maxLength: 8 }),
    );
    fc.assert(
      fc.property(drawn, (rows) => {
        const text = rows
          .map((row) => row.map((value) => `"${value.replaceAll('"', '""')}"`).join(','))
          .join('\r\n');
        expect(
          [...csvRows(new MemoryBytes('x', Buffer.from(text)), ',')].map(({ fields }) => fields),
        ).toEqual(rows);
      }),
    );
  });

  it.each([
    ['a,b\n1,2\n', ','],
    ['a;b\n1,5;2\n', ';'],
    ['a\tb\n1\t2\n', '\t'],
    ['one\ntwo\n', null],
    ['a,b\n\u0000,2\n', null],
  ])('recognises the delimiter of %j as %j', (text, delimiter) => {
    expect(delimiterOf(new MemoryBytes('x', Buffer.from(text)))).toBe(delimiter);
  });

  it('takes a column named label as the class, others as float32; sorts class names, numbers by value', async () => {
    const rows = Array.from(
      { length: 20 },
      (_, i) => `${String(i)},${i % 2 === 0 ? 'red' : 'blue'},${String(-i / 4)}`,
    );
    const found = await folder.imported(table(`a,Label,b\n${rows.join('\n')}\n`));
    expect([formOf(found), found.classNames]).toEqual([
      { shape: [2], sampleType: 'f32', targets: 0 },
      ['blue', 'red'],
    ]);
    expect([found.training.samples, found.test.samples, found.training.perClass]).toEqual([
      16,
      4,
      [8, 8],
    ]);
    expect(values(found).every(([a = 0, b = 0]) => b === -a / 4)).toBe(true);
    const numbered = await folder.imported(
      table(`10,1\n9,2\n${'2,3\n10,4\n9,5\n2,6\n'.repeat(3)}`),
      { label: '1' },
    );
    expect(numbered.classNames).toEqual(['2', '9', '10']);
  });

  it('takes a last column of texts as the class where there is no header', async () => {
    const found = await folder.imported(
      table('5.1,3.5,Iris-setosa\n7,3.2,Iris-versicolor\n'.repeat(5)),
    );
    expect([found.shape, found.classNames, found.training.samples + found.test.samples]).toEqual([
      [2],
      ['Iris-setosa', 'Iris-versicolor'],
      10,
    ]);
  });

  it('names targets, drops columns, and reports excluded row numbers of pandas', async () => {
    const rows = Array.from(
      { length: 10 },
      (_, i) => `${String(i)},id-${String(i)},${String(i)},${String(2 * i)},${String(-i)}`,
    );
    const found = await folder.imported(table(`,id,a,price,tax\n${rows.join('\n')}\n`), {
      targets: ['price', 'tax'],
      drop: ['id'],
      testShare: 0.3,
    });
    expect([formOf(found), found.classNames, found.test.samples]).toEqual([
      { shape: [1], sampleType: 'f32', targets: 2 },
      [],
      3,
    ]);
    const targets = Array.from({ length: 7 }, (_, i) => [
      found.training.bytes.readFloatLE(4 * 7 + 8 * i),
      found.training.bytes.readFloatLE(4 * 7 + 8 * i + 4),
    ]);
    expect(targets).toEqual(values(found).map(([a = 0]) => [2 * a, -a]));
    expect(found.notes).toEqual([
      'the first column of table.csv has no name: left out as row numbers',
    ]);
  });

  it('takes train.csv and test.csv as the splits', async () => {
    const path = written(folder.file('two'), {
      'train.csv': 'a,label\n1,x\n2,y\n',
      'test.csv': 'a,label\n3,y\n',
    });
    expect(await folder.imported(path)).toMatchObject({
      training: { samples: 2 },
      test: { samples: 1, perClass: [0, 1] },
      drawn: null,
    });
  });
});

describe('Import: NPY', () => {
  it('keeps float32 features with statistics for each, and takes float labels as targets', async () => {
    const x = Float64Array.of(1, 10, 2, 20, 3, 30, 4, 40);
    const path = written(folder.file('n'), {
      'x_train.npy': npy('<f8', [4, 2], Buffer.from(x.buffer)),
      'y_train.npy': npy('<f4', [4], Buffer.from(Float32Array.of(1, 2, 3, 4).buffer)),
      'x_test.npy': npy('<f8', [4, 2], Buffer.from(x.buffer)),
      'y_test.npy': npy('<f4', [4], Buffer.from(Float32Array.of(1, 2, 3, 4).buffer)),
    });
    const found = await folder.imported(path);
    expect(formOf(found)).toEqual({ shape: [2], sampleType: 'f32', targets: 1 });
    expect(found.statistics.mean).toEqual([2.5, 25]);
    expect(found.statistics.deviation.map((value) => value.toFixed(6))).toEqual([
      '1.118034',
      '11.180340',
    ]);
    expect(found.notes).toHaveLength(4);
  });
});

describe('Import: splits', () => {
  const images = (names: readonly string[]): string =>
    written(
      folder.file('images'),
      Object.fromEntries(
        names.map((name, i) => [name, png(3, 3, (x, y) => [(i * 9 + y * 3 + x) % 256])]),
      ),
    );
  const twenty = (split: string): string[] =>
    Array.from({ length: 20 }, (_, i) => `${split}${i % 4 === 0 ? 'a' : 'b'}/${String(i)}.png`);

  it('draws a test set class by class where there is none, by the seed and the samples alone', async () => {
    const found = await folder.imported(images(twenty('')), { testShare: 0.2, seed: 3 });
    expect([found.training.perClass, found.test.perClass, found.drawn]).toEqual([
      [4, 12],
      [1, 3],
      { share: 0.2, seed: 3 },
    ]);
    const again = await folder.imported(images(twenty('')), { testShare: 0.2, seed: 3 });
    expect(again.test.sha256).toBe(found.test.sha256);
    expect(
      (await folder.imported(images(twenty('')), { testShare: 0.2, seed: 4 })).test.sha256,
    ).not.toBe(found.test.sha256);
  });

  it('takes a single validation set as the test set, adds it to the training set beside a test set, and reports both', async () => {
    const alone = await folder.imported(
      images([...twenty('train/'), 'val/a/x.png', 'val/b/y.png']),
    );
    expect([alone.training.samples, alone.test.samples, alone.notes]).toEqual([
      20,
      2,
      ['it has no test set: its validation set is used as the test set'],
    ]);
    const beside = await folder.imported(images(['test/a/z.png']));
    expect([beside.training.samples, beside.test.samples, beside.notes]).toEqual([
      22,
      1,
      ['its 2 validation samples joined the training set: studies draw their own'],
    ]);
  });

  it('keeps equal samples of two classes, in the order of their classes', async () => {
    const same = png(2, 2, () => [5]);
    const path = written(folder.file('same'), {
      'train/b/1.png': same,
      'train/a/1.png': same,
      'train/a/2.png': same,
      'test/a/1.png': same,
    });
    const found = await folder.imported(path);
    expect([...found.training.bytes.subarray(12)]).toEqual([0, 0, 1]);
    expect(found.statistics.deviation).toEqual([1]);
  });
});
