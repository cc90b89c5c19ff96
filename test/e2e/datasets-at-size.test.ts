/**
 * Imports datasets of real size in a separate process: memory stays bounded, and CIFAR-10 is the
 * same dataset in every format. It takes more than 30 s of CPU time, because the datasets have real
 * sizes.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { deflateSync, gzipSync } from 'node:zlib';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { jpegDecoder } from '../../src/datasets/formats/jpeg.ts';
import { Meter } from '../../src/datasets/sources/meter.ts';
import { walk } from '../../src/datasets/sources/walk.ts';
import { importOutput } from '../../src/protocol/cli-output.ts';
import { built } from '../support/built-command.ts';
import { npy, pngFile, tar, written, zip, type Files } from '../support/dataset-files.ts';
import { temporaryFolder, type TemporaryFolder } from '../support/temporary-folder.ts';

const CLI = fileURLToPath(new URL('../../out/main/cli.js', import.meta.url));
const MOST_MEGABYTES = 256;
/**
 * Prints the peak memory of the process, without that of its parent where the system reports them
 * separately.
 */
const WATCH = `data:text/javascript,${encodeURIComponent(`
  import { readFileSync } from 'node:fs';
  import { isMainThread } from 'node:worker_threads';
  const peak = () => {
    try {
      return /VmHWM:\\s*(\\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1];
    } catch {
      return process.resourceUsage().maxRSS;
    }
  };
  if (isMainThread) process.on('exit', () => process.stderr.write('maxRSS ' + peak()));
`)}`;

beforeAll(built);
let folder: TemporaryFolder;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.remove());

interface Measured {
  readonly megabytes: number;
  readonly dataset: ReturnType<typeof importOutput.parse>['dataset'];
}

async function imported(path: string, ...flags: string[]): Promise<Measured> {
  const child = spawn(
    process.execPath,
    [
      '--import',
      WATCH,
      CLI,
      'datasets',
      'import',
      path,
      '--name',
      'x',
      '--replace',
      '--json',
      ...flags,
    ],
    {
      env: { ...process.env, GALAPAGOS_HOME: folder.file('home') },
    },
  );
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const code = await new Promise((resolve) => child.once('close', resolve));
  const held = /maxRSS (\d+)/.exec(stderr);
  expect([code, held?.[0]]).toEqual([0, stderr]);
  return {
    megabytes: Number(held?.[1]) / 1024,
    dataset: importOutput.parse(JSON.parse(stdout)).dataset,
  };
}

/** Bytes that repeat only at large distances and compress by about six. */
function bytes(length: number, seed: number): Buffer {
  const content = Buffer.alloc(length);
  let state = seed;
  for (let i = 0; i < length; i += 8) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    content[i] = state >>> 24;
  }
  return content;
}

describe(`Import: holds at most ${String(MOST_MEGABYTES)} MB`, () => {
  const RECORDS = 10_000;
  const batch = (seed: number): Buffer => {
    const records = bytes(RECORDS * 3073, seed);
    for (let i = 0; i < RECORDS; i++) records[i * 3073] = i % 10;
    return records;
  };

  it('for 246 MB of CIFAR binary in gzip files', async () => {
    mkdirSync(folder.file('source'));
    for (let k = 0; k < 8; k++)
      writeFileSync(
        folder.file(`source/data_batch_${String(k)}.bin.gz`),
        gzipSync(batch(k + 1), { level: 1 }),
      );
    const { megabytes, dataset } = await imported(folder.file('source'));
    expect(dataset.training.samples + dataset.test.samples).toBe(80_000);
    expect(megabytes).toBeLessThan(MOST_MEGABYTES);
  });

  it('for 300 MB of float32 in one NPZ', async () => {
    const samples = 25_000;
    const x = npy(
      '<f4',
      [samples, 3000],
      Buffer.from(Float32Array.from(bytes(samples * 3000, 5)).buffer),
    );
    const y = npy(
      '|u1',
      [samples],
      Uint8Array.from({ length: samples }, (_, i) => i % 7),
    );
    writeFileSync(folder.file('x.npz'), zip({ 'x.npy': x, 'y.npy': y }, { stored: true }));
    const { megabytes, dataset } = await imported(folder.file('x.npz'));
    expect([dataset.shape, dataset.sampleType, dataset.bytes]).toEqual([
      [3000],
      'f32',
      samples * 12_001,
    ]);
    expect(megabytes).toBeLessThan(MOST_MEGABYTES);
  });

  it('for images of eight megapixels', async () => {
    const header = Buffer.alloc(13);
    header.writeUInt32BE(4000, 0);
    header.writeUInt32BE(2000, 4);
    header.set([8, 2, 0, 0, 0], 8);
    const image = pngFile([
      ['IHDR', header],
      [
        'IDAT',
        deflateSync(
          bytes(2000 * 12_001, 3).map((byte, i) => (i % 12_001 === 0 ? 1 : byte)),
          { level: 1 },
        ),
      ],
      ['IEND', Buffer.alloc(0)],
    ]);
    written(
      folder.file('source'),
      Object.fromEntries(
        Array.from({ length: 8 }, (_, i) => [`${i % 2 === 0 ? 'a' : 'b'}/${String(i)}.png`, image]),
      ),
    );
    const { megabytes } = await imported(folder.file('source'), '--size', '32x32');
    expect(megabytes).toBeLessThan(MOST_MEGABYTES);
  });
});

const cifar = process.env['GALAPAGOS_CIFAR10'];
const images = join(cifar ?? '', 'cifar-10-images.tar.xz');
const sample = join(cifar ?? '', 'cifar-10-binary-sample.tar.gz');
const absent = cifar === undefined || !existsSync(images) || !existsSync(sample);

describe('Import: CIFAR-10', () => {
  beforeEach(({ skip }) => {
    skip(
      absent,
      'GALAPAGOS_CIFAR10 names no folder with cifar-10-images.tar.xz and cifar-10-binary-sample.tar.gz',
    );
  });

  it('imports 60,000 JPEGs in a .tar.xz in bounded memory', async () => {
    const { dataset, megabytes } = await imported(images);
    expect(dataset).toMatchObject({
      shape: [3, 32, 32],
      classes: 10,
      training: { samples: 50_000 },
      test: { samples: 10_000 },
      drawn: null,
    });
    expect(megabytes).toBeLessThan(MOST_MEGABYTES);
  });

  it('imports JPEGs, binary batches, arrays and PNGs of the same pixels as one dataset', async () => {
    const decode = await jpegDecoder();
    const all: {
      readonly split: string;
      readonly name: string;
      readonly jpeg: Buffer;
      readonly pixels: Uint8Array;
    }[] = [];
    let seen = 0;
    for await (const { path, bytes } of walk({ paths: [images], name: images }, folder.path, {
      meter: new Meter(),
      checkpoint: () => undefined,
    })) {
      // Every twentieth image: 3,000 of them.
      if ((seen += 1) % 20 !== 0) continue;
      const jpeg = Buffer.from(bytes.read(0, bytes.length));
      const [split = '', name = ''] = path.split('/');
      all.push({ split, name, jpeg, pixels: decode(path, jpeg).pixels });
    }
    const names = [...new Set(all.map(({ name }) => name))].sort();
    // In another order of folders and files: every seventh file, then the ones after them.
    const mixed = Array.from({ length: 7 }, (_, first) =>
      all.filter((_, i) => i % 7 === first),
    ).flat();
    const of = (split: string): typeof all => mixed.filter((image) => image.split === split);
    const label = ({ name }: (typeof all)[number]): number => names.indexOf(name);
    const records = (split: string): Buffer =>
      Buffer.concat(of(split).flatMap((image) => [Buffer.from([label(image)]), image.pixels]));
    const x = (split: string): Buffer =>
      npy(
        '|u1',
        [of(split).length, 3, 32, 32],
        Buffer.concat(of(split).map(({ pixels }) => pixels)),
      );
    const y = (split: string): Buffer =>
      npy(
        '<i8',
        [of(split).length],
        Buffer.from(BigInt64Array.from(of(split), (image) => BigInt(label(image))).buffer),
      );
    const header = Buffer.from([0, 0, 0, 32, 0, 0, 0, 32, 8, 2, 0, 0, 0]);
    const png = (planar: Uint8Array): Buffer => {
      const rows = Buffer.alloc(32 * 97);
      for (let i = 0; i < 1024; i++)
        for (let c = 0; c < 3; c++)
          rows[(i >> 5) * 97 + 1 + (i & 31) * 3 + c] = planar[c * 1024 + i] ?? 0;
      return pngFile([
        ['IHDR', header],
        ['IDAT', deflateSync(rows, { level: 1 })],
        ['IEND', Buffer.alloc(0)],
      ]);
    };
    const files = (kind: string, content: (image: (typeof all)[number]) => Buffer): Files =>
      Object.fromEntries(
        mixed.map((image, i) => [
          `${image.split}/${image.name}/${String(i)}.${kind}`,
          content(image),
        ]),
      );
    written(folder.path, {
      'binary/data_batch_1.bin': records('train'),
      'binary/test_batch.bin': records('test'),
      'binary/batches.meta.txt': `${names.join('\n')}\n`,
      'arrays.npz': zip(
        {
          'x_train.npy': x('train'),
          'y_train.npy': y('train'),
          'x_test.npy': x('test'),
          'y_test.npy': y('test'),
        },
        { stored: true },
      ),
      'jpegs.zip': zip(
        files('jpg', ({ jpeg }) => jpeg),
        { stored: true },
      ),
      'pngs.tar.gz': gzipSync(tar(files('png', ({ pixels }) => png(pixels))), { level: 1 }),
    });
    const forms: Measured['dataset'][] = [];
    for (const path of ['jpegs.zip', 'binary', 'arrays.npz', 'pngs.tar.gz'])
      forms.push((await imported(folder.file(path))).dataset);
    const [first] = forms;
    expect(first?.training.samples).toBe(2500);
    for (const { content, training, test, statistics } of forms)
      expect([content, training, test, statistics]).toEqual([
        first?.content,
        first?.training,
        first?.test,
        first?.statistics,
      ]);
  });

  it('imports a sample of its binary version with its names, 2,000 and 500 images', async () => {
    const { dataset } = await imported(sample);
    expect([
      dataset.classNames[0],
      dataset.classNames[9],
      dataset.training.samples,
      dataset.test.samples,
    ]).toEqual(['airplane', 'truck', 2000, 500]);
  });
});
