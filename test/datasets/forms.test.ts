/** Tests that the same images in every supported format are the same dataset, byte for byte. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { formOf } from '../../src/datasets/description.ts';
import { ImageSurvey } from '../../src/datasets/formats/image-survey.ts';
import { MemoryBytes } from '../../src/datasets/sources/bytes.ts';
import { zipEntries } from '../../src/datasets/sources/zip.ts';
import { idx, npy, png, tar, written, zip, type Files } from '../support/dataset-files.ts';
import { FIXTURES, ImportFolder, type Import } from './support.ts';

let folder: ImportFolder;
beforeEach(() => {
  folder = new ImportFolder();
});
afterEach(() => folder.remove());

const NAMES = ['bird', 'cat', 'frog'];
const PLANE = 1024;

interface Tiny {
  readonly split: 'train' | 'test';
  /** [H, W, C]. */
  readonly pixels: Uint8Array;
  readonly label: number;
}

/** The twelve images of fixtures/datasets, as numpy wrote them. */
async function tiny(): Promise<Tiny[]> {
  const arrays = new Map<string, Buffer>();
  for await (const { name, content } of zipEntries(
    new MemoryBytes('tiny.npz', readFileSync(join(FIXTURES, 'tiny.npz'))),
  )) {
    const chunks: Uint8Array[] = [];
    for await (const chunk of content()) chunks.push(chunk);
    arrays.set(name, Buffer.concat(chunks).subarray(128));
  }
  return (['train', 'test'] as const).flatMap((split) => {
    const [x, y] = [arrays.get(`x_${split}.npy`), arrays.get(`y_${split}.npy`)];
    if (x === undefined || y === undefined) throw new Error('tiny.npz lacks an array');
    return Array.from({ length: y.length / 8 }, (_, i) => ({
      split,
      pixels: x.subarray(i * 3 * PLANE, (i + 1) * 3 * PLANE),
      label: Number(y.readBigInt64LE(8 * i)),
    }));
  });
}

const planar = (pixels: Uint8Array): Uint8Array =>
  Uint8Array.from(
    { length: 3 * PLANE },
    (_, i) => pixels[(i % PLANE) * 3 + Math.floor(i / PLANE)] ?? 0,
  );
const pngOf = ({ pixels }: Tiny): Buffer =>
  png(32, 32, (x, y) => [...pixels.subarray((y * 32 + x) * 3, (y * 32 + x) * 3 + 3)], {
    filter: (row) => row % 5,
  });

/** Writes the images into class folders, in another order and under other names. */
async function pngs(): Promise<Files> {
  return Object.fromEntries(
    (await tiny())
      .reverse()
      .map((image, i) => [
        `${image.split}/${NAMES[image.label] ?? ''}/${String(i)}.png`,
        pngOf(image),
      ]),
  );
}

async function cifar(): Promise<Files> {
  const records = (split: string, images: readonly Tiny[]): Buffer =>
    Buffer.concat(
      images
        .filter((image) => image.split === split)
        .flatMap(({ label, pixels }) => [Buffer.from([label]), planar(pixels)]),
    );
  const images = await tiny();
  return {
    'data_batch_1.bin': records('train', images),
    'test_batch.bin': records('test', images),
  };
}

const hashes = ({ training, test }: Import): string[] => [training.sha256, test.sha256];

describe('Import: the same images give the same hashes, bytes and statistics in every form', () => {
  const forms: readonly (readonly [string, (to: ImportFolder) => string | Promise<string>])[] = [
    ['python pickles as Python 2 wrote CIFAR', () => join(FIXTURES, 'pickle-python2')],
    ['pickles of protocol 2, bytes as text', () => join(FIXTURES, 'pickle-2')],
    ['pickles of protocol 4, fine labels', () => join(FIXTURES, 'pickle-4')],
    [
      'Parquet in the layout of Hugging Face, Snappy and Zstandard',
      () => join(FIXTURES, 'parquet'),
    ],
    ['PNGs in a .tar.xz', () => join(FIXTURES, 'png.tar.xz')],
    ['PNGs in class folders', async (to) => written(to.file('png'), await pngs())],
    [
      'PNGs in a zip, in a folder of its own',
      async (to) =>
        join(
          written(to.path, {
            'a.zip': zip(
              Object.fromEntries(
                Object.entries(await pngs()).map(([name, file]) => [`all/${name}`, file]),
              ),
            ),
          }),
          'a.zip',
        ),
    ],
    [
      'PNGs in a stored zip',
      async (to) =>
        join(written(to.path, { 'a.zip': zip(await pngs(), { stored: true }) }), 'a.zip'),
    ],
    [
      'PNGs in a tar, with names beyond 100 characters',
      async (to) =>
        join(
          written(to.path, {
            'a.tar': tar(
              Object.fromEntries(
                Object.entries(await pngs()).map(([name, file]) => [
                  `${'long/'.repeat(30)}${name}`,
                  file,
                ]),
              ),
            ),
          }),
          'a.tar',
        ),
    ],
    [
      'PNGs in a .tar.gz under a wrong name',
      async (to) => join(written(to.path, { 'a.bin': gzipSync(tar(await pngs())) }), 'a.bin'),
    ],
    [
      'PNGs in a zip for each split',
      async (to) => {
        const files = Object.entries(await pngs());
        const part = (split: string): Buffer =>
          zip(
            Object.fromEntries(
              files
                .filter(([name]) => name.startsWith(split))
                .map(([name, file]) => [name.slice(split.length + 1), file]),
            ),
          );
        return written(to.file('zips'), { 'train.zip': part('train'), 'test.zip': part('test') });
      },
    ],
    [
      'arrays with channels first in an NPZ',
      async (to) => {
        const images = await tiny();
        const of = (split: string): Tiny[] => images.filter((image) => image.split === split);
        const x = (split: string): Buffer =>
          npy(
            '|u1',
            [of(split).length, 3, 32, 32],
            Buffer.concat(of(split).map(({ pixels }) => planar(pixels))),
          );
        const y = (split: string): Buffer =>
          npy(
            '<i4',
            [of(split).length],
            Buffer.from(Int32Array.from(of(split), ({ label }) => label).buffer),
          );
        return join(
          written(to.path, {
            'a.npz': zip({
              'train_images.npy': x('train'),
              'train_labels.npy': y('train'),
              'test_images.npy': x('test'),
              'test_labels.npy': y('test'),
            }),
          }),
          'a.npz',
        );
      },
    ],
    [
      'IDX of three channels',
      async (to) => {
        const images = await tiny();
        const of = (split: string): Tiny[] => images.filter((image) => image.split === split);
        const x = (split: string): Buffer =>
          idx(
            [of(split).length, 3, 32, 32],
            Buffer.concat(of(split).map(({ pixels }) => planar(pixels))),
          );
        const y = (split: string): Buffer =>
          idx(
            [of(split).length],
            Uint8Array.from(of(split), ({ label }) => label),
          );
        return written(to.file('idx'), {
          'train-images': gzipSync(x('train')),
          'train-labels': y('train'),
          't10k-images': x('test'),
          't10k-labels': y('test'),
        });
      },
    ],
  ];

  it.each(forms)('%s', async (_, make) => {
    const expected = await folder.imported(join(FIXTURES, 'tiny.npz'));
    const found = await folder.imported(await make(folder));
    expect(formOf(found)).toEqual({ shape: [3, 32, 32], sampleType: 'u8', targets: 0 });
    expect(hashes(found)).toEqual(hashes(expected));
    expect(found.training.bytes.equals(expected.training.bytes)).toBe(true);
    expect(found.statistics).toEqual(expected.statistics);
    expect([found.training.perClass, found.test.perClass, found.drawn]).toEqual([
      [3, 3, 2],
      [1, 1, 2],
      null,
    ]);
  });

  it('for CIFAR-10 binary, which has ten classes whatever its labels are, and its pickles with ten names', async () => {
    const names = [
      'airplane',
      'automobile',
      'bird',
      'cat',
      'deer',
      'dog',
      'frog',
      'horse',
      'ship',
      'truck',
    ];
    const binary = await folder.imported(
      written(folder.file('bin'), {
        ...(await cifar()),
        'batches.meta.txt': `${names.join('\n')}\n\n`,
      }),
    );
    expect([binary.classNames, binary.training.perClass.length]).toEqual([names, 10]);
    expect((await folder.imported(written(folder.file('bare'), await cifar()))).classNames).toEqual(
      ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'],
    );
    const three = await folder.imported(join(FIXTURES, 'tiny.npz'));
    // The samples are equal, but the hash also covers the number of classes.
    expect(binary.training.bytes.equals(three.training.bytes)).toBe(true);
    expect(binary.training.sha256).not.toBe(three.training.sha256);
  });

  it('Import: takes class names from folders or metadata, or uses the numbers', async () => {
    const namesOf = async (path: string): Promise<readonly string[]> =>
      (await folder.imported(join(FIXTURES, path))).classNames;
    for (const path of ['pickle-python2', 'pickle-2', 'pickle-4', 'parquet', 'png.tar.xz'])
      expect(await namesOf(path)).toEqual(NAMES);
    expect(await namesOf('tiny.npz')).toEqual(['0', '1', '2']);
  });
});

describe('Import: CIFAR-100 binary', () => {
  it('has fine labels, or coarse ones on request', async () => {
    const record = (coarse: number, fine: number, shade: number): Buffer =>
      Buffer.concat([Buffer.from([coarse, fine]), Buffer.alloc(3 * PLANE, shade)]);
    const path = written(folder.file('c'), {
      'train.bin': Buffer.concat([record(3, 77, 1), record(19, 5, 2)]),
      'test.bin': record(3, 77, 9),
    });
    const fine = await folder.imported(path);
    expect([
      fine.kind,
      fine.classNames.length,
      fine.training.perClass[77],
      fine.training.perClass[5],
    ]).toEqual(['CIFAR-100, binary files', 100, 1, 1]);
    const coarse = await folder.imported(path, { label: 'coarse' });
    expect([coarse.classNames.length, coarse.test.perClass[3]]).toEqual([20, 1]);
  });
});

describe('Import: images of mixed size and kind', () => {
  it('are scaled to the most frequent size, in colour if any image is, where scaling is allowed', async () => {
    const grey = (side: number): Buffer => png(side, side, (x, y) => [16 * x + y]);
    const few = { 'a/0.png': grey(9), 'a/1.png': png(7, 5, () => [1, 2, 3]), 'b/0.png': grey(3) };
    const many = Object.fromEntries(
      Array.from({ length: 6 }, (_, i) => [
        `${i % 2 === 0 ? 'a' : 'b'}/m${String(i)}.png`,
        grey(6),
      ]),
    );
    const found = await folder.imported(written(folder.file('mixed'), { ...few, ...many }), {
      mixed: 'scale',
    });
    expect([found.shape, found.resized, found.notes]).toEqual([
      [3, 6, 6],
      3,
      ['8 grey images were made colour', '3 images were resized'],
    ]);
    const alike = await folder.imported(written(folder.file('alike'), many), { mixed: 'scale' });
    expect([alike.shape, alike.resized, alike.notes]).toEqual([[1, 6, 6], 0, []]);
    const asked = await folder.imported(folder.file('mixed'), {
      mixed: 'scale',
      size: { height: 2, width: 4 },
      channels: 1,
    });
    expect([asked.shape, asked.resized]).toEqual([[1, 2, 4], 9]);
  });

  it.each([
    [
      'the size of half of them',
      [
        [30, 20, 5],
        [50, 40, 5],
      ],
      [30, 20],
    ],
    [
      'else a square of the middle one’s shorter side',
      [
        [30, 20, 4],
        [50, 40, 3],
        [60, 61, 3],
      ],
      [40, 40],
    ],
    [
      'of at most 64',
      [
        [300, 200, 4],
        [500, 400, 3],
        [600, 610, 3],
      ],
      [64, 64],
    ],
  ] as const)('have %s', (_, sizes, [width, height]) => {
    const survey = new ImageSurvey();
    for (const [w, h, count] of sizes) survey.add({ width: w, height: h, channels: 1 }, count);
    expect(survey.form()).toEqual({ width, height, channels: 1 });
  });

  it('are scaled to the requested size and channels, and the number of resized images is reported', async () => {
    const flat = (width: number, height: number, shade: readonly number[]): Buffer =>
      png(width, height, () => shade);
    const path = written(folder.file('mixed'), {
      'train/a/1.png': flat(4, 4, [7]),
      'train/b/1.png': flat(9, 5, [7, 7, 7]),
      'test/a/1.png': flat(2, 30, [7]),
    });
    const found = await folder.imported(path, { size: { height: 4, width: 4 }, channels: 3 });
    expect([found.shape, found.notes]).toEqual([
      [3, 4, 4],
      ['2 grey images were made colour', '2 images were resized'],
    ]);
    expect(new Set(found.training.bytes.subarray(0, 2 * 48))).toEqual(new Set([7]));
  });
});
