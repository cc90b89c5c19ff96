/**
 * Tests imports in two steps: the stored dataset is the one of the preview, a name may be chosen
 * again, and discarding removes all files.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { GalapagosError } from '../../src/core/errors.ts';
import { checkName, freeDatasetName } from '../../src/datasets/dataset-name.ts';
import {
  DEFAULTS,
  ImportCancelled,
  type ImportProgress,
} from '../../src/datasets/import/options.ts';
import {
  prepareImport,
  type PreparedImport,
  type PrepareRequest,
} from '../../src/datasets/import/prepare-import.ts';
import { previewDataset } from '../../src/datasets/preview.ts';
import { openStaging, sweepStaging } from '../../src/datasets/staging.ts';
import { recordNames } from '../../src/datasets/store.ts';
import { idx, png, written, type Files } from '../support/dataset-files.ts';
import { TinyDisk, noTinyDisk } from '../support/tiny-disk.ts';
import { FIXTURES, ImportFolder } from './support.ts';

const RESOURCES = new URL('../../resources', import.meta.url).pathname;
const WHEN = '2026-01-01T00:00:00.000Z';

let folder: ImportFolder;
let datasets: string;
beforeEach(() => {
  folder = new ImportFolder();
  datasets = folder.file('datasets');
});
afterEach(() => folder.remove());

const prepared = (path: string, more: Partial<PrepareRequest> = {}): Promise<PreparedImport> =>
  prepareImport({
    paths: [path],
    as: null,
    options: DEFAULTS,
    folder: datasets,
    signal: new AbortController().signal,
    onProgress: () => undefined,
    ...more,
  });
const tiny = join(FIXTURES, 'png.tar.xz');
const incoming = (): string[] =>
  existsSync(join(datasets, 'incoming')) ? readdirSync(join(datasets, 'incoming')) : [];

/** Eight images of four pixels in two classes, as IDX files. */
const digits = (split: string): Files => ({
  [`${split}-images-idx3-ubyte`]: idx(
    [8, 2, 2],
    Uint8Array.from({ length: 32 }, (_, i) => i * 7),
  ),
  [`${split}-labels-idx1-ubyte.gz`]: gzipSync(idx([8], Uint8Array.of(0, 1, 0, 1, 0, 1, 0, 1))),
});

describe('Import: several files', () => {
  const several = (paths: readonly string[]): Promise<PreparedImport> => prepared('', { paths });
  const paths = (from: string, names: readonly string[]): string[] =>
    names.map((name) => join(from, name));

  it('are one import, and only they are read: IDX files, as MNIST is distributed', async () => {
    const from = written(folder.file('mnist'), {
      ...digits('train'),
      ...digits('t10k'),
      'notes.csv': 'a,label\n1,x\n2,y\n',
    });
    const names = [
      'train-images-idx3-ubyte',
      't10k-images-idx3-ubyte',
      't10k-labels-idx1-ubyte.gz',
      'train-labels-idx1-ubyte.gz',
    ];
    const said: ImportProgress[] = [];
    const { preview, store } = await prepared('', {
      paths: paths(from, names),
      onProgress: (progress) => said.push(progress),
    });
    expect(preview).toMatchObject({
      kind: 'IDX files',
      match: '4 files match',
      training: { samples: 8 },
      test: { samples: 8 },
    });
    const bytes = names.reduce((sum, name) => sum + statSync(join(from, name)).size, 0);
    expect(said.at(-1)).toMatchObject({ ofBytes: bytes });
    expect((await store('digits', false, WHEN)).source.path).toBe(join(from, names.join(', ')));
  });

  it('and folders give the same as one folder that contains only them', async () => {
    const image = (value: number): Buffer => png(2, 2, (x, y) => [value + 2 * y + x]);
    const from = written(folder.file('birds'), {
      'finch/1.png': image(1),
      'finch/2.png': image(9),
      'gull/1.png': image(30),
      'gull/2.png': image(50),
    });
    const whole = (await prepared(from)).preview;
    const parts = (await several(paths(from, ['gull', 'finch']))).preview;
    expect([parts.content, parts.classNames]).toEqual([whole.content, ['finch', 'gull']]);
    const files = (
      await several(paths(from, ['gull/1.png', 'finch/2.png', 'gull/2.png', 'finch/1.png']))
    ).preview;
    expect(files.content).toBe(whole.content);
  });

  it('are refused by the name of the invalid one, with the expected form', async () => {
    const from = written(folder.file('mnist'), {
      ...digits('train'),
      'a.csv': 'a,label\n1,x\n2,y\n',
    });
    const refused = (...names: string[]): Promise<unknown> =>
      several(paths(from, names)).then(
        () => null,
        (error: unknown) => (error as GalapagosError).data,
      );
    expect(await refused('train-images-idx3-ubyte', 'gone.gz')).toMatchObject({
      file: 'gone.gz',
      expected: 'a file that can be read',
    });
    expect(await refused('.', 'a.csv')).toMatchObject({
      expected: 'each file once',
      found: expect.stringContaining('mnist') as string,
    });
    expect(await refused('train-images-idx3-ubyte', 'a.csv')).toMatchObject({
      file: 'train-images-idx3-ubyte, a.csv',
      expected: 'one kind of data',
    });
    expect(incoming()).toEqual([]);
  });
});

describe('Import: prepared imports', () => {
  it('are stored as previewed, under the given name, and leave no staging folder', async () => {
    const { preview, store, discard } = await prepared(tiny);
    expect([preview.name, preview.match, incoming().length, recordNames(datasets)]).toEqual([
      'png',
      '12 images, classes by folder',
      1,
      [],
    ]);
    expect(readdirSync(join(datasets, 'incoming', incoming()[0]!)).sort()).toEqual([
      'test',
      'training',
    ]);
    const stored = await store('birds', false, WHEN);
    expect([stored.name, stored.source.path, stored.content, incoming()]).toEqual([
      'birds',
      tiny,
      preview.content,
      [],
    ]);
    expect(await previewDataset({ folder: datasets, resources: RESOURCES }, 'birds')).toEqual({
      ...preview,
      name: 'birds',
    });
    await discard();
    expect(recordNames(datasets)).toEqual(['birds']);
    await expect(store('again', false, WHEN)).rejects.toThrow('stored or discarded already');
  });

  it('leave nothing when they are discarded', async () => {
    const { discard } = await prepared(tiny);
    await Promise.all([discard(), discard()]);
    expect([incoming(), recordNames(datasets), existsSync(join(datasets, 'content'))]).toEqual([
      [],
      [],
      false,
    ]);
  });

  it('report an unavailable name by code and data, and accept another one', async () => {
    const first = await prepared(tiny);
    await first.store('birds', false, WHEN);
    const second = await prepared(tiny);
    await expect(second.store('birds', false, WHEN)).rejects.toMatchObject({
      code: 'dataset-exists',
      data: { name: 'birds', bundled: false },
    });
    await expect(second.store('mnist', true, WHEN)).rejects.toMatchObject({
      code: 'dataset-exists',
      data: { name: 'mnist', bundled: true },
    });
    await expect(second.store('../birds', false, WHEN)).rejects.toMatchObject({
      code: 'bad-name',
      data: { name: '../birds' },
    });
    await second.store('birds', true, WHEN);
    expect([
      recordNames(datasets),
      readdirSync(join(datasets, 'content')).length,
      incoming(),
    ]).toEqual([['birds'], 1, []]);
  });

  it('of the same bytes stored at once are two names of one content', async () => {
    const [a, b] = [await prepared(tiny), await prepared(tiny)];
    const [one, two] = await Promise.all([a.store('a', false, WHEN), b.store('b', false, WHEN)]);
    expect([one.content, existsSync(one.files.training), existsSync(two.files.test)]).toEqual([
      two.content,
      true,
      true,
    ]);
  });

  it('that failed half-way are stored by the next try', async () => {
    const { store } = await prepared(tiny);
    // A folder at the path of the record.
    mkdirSync(join(datasets, 'names/x.json/y'), { recursive: true });
    await expect(store('x', true, WHEN)).rejects.toThrow();
    const stored = await store('y', false, WHEN);
    expect([existsSync(stored.files.training), existsSync(stored.files.test), incoming()]).toEqual([
      true,
      true,
      [],
    ]);
  });

  it('leave nothing when they are cancelled or fail', async () => {
    const controller = new AbortController();
    controller.abort();
    await expect(prepared(tiny, { signal: controller.signal })).rejects.toThrow(ImportCancelled);
    await expect(
      prepared(written(folder.file('s'), { 'x.csv': 'a,label\n1,x\n2,"y\n' })),
    ).rejects.toMatchObject({
      code: 'bad-dataset',
      data: { file: 'x.csv', place: 'line 3', expected: 'the closing " of a field', found: 'none' },
    });
    expect([incoming(), recordNames(datasets)]).toEqual([[], []]);
  });

  it('name a file as the user knows it, not by its internal path', async () => {
    const upload = folder.file('upload-17');
    writeFileSync(upload, 'no data here');
    await expect(prepared(upload, { as: 'cats.tar.gz' })).rejects.toMatchObject({
      data: { file: 'cats.tar.gz', place: 'offset 0' },
    });
    const none = prepared(folder.file('gone'), { as: 'dogs.zip' });
    await expect(none).rejects.toThrow(/^dogs\.zip: cannot be read \(ENOENT: [^/]*\)$/);
    mkdirSync(folder.file('upload-18/a'), { recursive: true });
    await expect(prepared(folder.file('upload-18'), { as: 'photos' })).rejects.toMatchObject({
      data: { file: 'photos' },
    });
    const { preview, store } = await prepared(tiny, { as: 'my birds.tar.xz' });
    expect([preview.name, (await store('x', false, WHEN)).source.path]).toEqual([
      'my-birds',
      'my birds.tar.xz',
    ]);
  });

  it('report progress: samples, bytes and phase', async () => {
    const said: ImportProgress[] = [];
    const files = Object.fromEntries(
      Array.from({ length: 40 }, (_, i) => [
        `${i % 2 === 0 ? 'a' : 'b'}/${String(i)}.png`,
        png(4, 4, () => [i]),
      ]),
    );
    await prepared(written(folder.file('s'), files), {
      onProgress: (progress) => said.push(progress),
    });
    expect(said.find(({ phase }) => phase === 'sorting')).toMatchObject({
      samples: 40,
      of: 40,
      ofBytes: null,
    });
    const archive: ImportProgress[] = [];
    await prepared(tiny, { onProgress: (progress) => archive.push(progress) });
    const sorting = archive.find(({ phase }) => phase === 'sorting');
    expect(sorting?.bytes).toBe(sorting?.ofBytes);
  });
});

describe('Import: staging folders', () => {
  const script = (body: string): string => `
    import { openStaging } from ${JSON.stringify(new URL('../../src/datasets/staging.ts', import.meta.url).href)};
    const staging = await openStaging(${JSON.stringify(datasets)});
    ${body}`;
  const run = (body: string): void => {
    const { stderr } = spawnSync(
      process.execPath,
      ['--import', 'tsx', '--input-type=module', '-e', script(body)],
      { encoding: 'utf8' },
    );
    expect(stderr).toBe('');
  };

  it('are removed with their process, and those of a killed process at the next start', async () => {
    run('process.exit(0);');
    expect(incoming()).toEqual([]);
    run("process.kill(process.pid, 'SIGKILL');");
    expect(incoming()).toHaveLength(1);
    await sweepStaging(datasets);
    expect(incoming()).toEqual([]);
  });

  it('of an earlier process with the same pid are removed; open ones stay', async () => {
    const open = await openStaging(datasets);
    mkdirSync(join(datasets, 'incoming', `${String(process.pid)}-left`));
    mkdirSync(join(datasets, 'incoming', `${String(process.ppid)}-other`));
    await sweepStaging(datasets);
    expect(incoming().sort()).toEqual(
      [basename(open.path), `${String(process.ppid)}-other`].sort(),
    );
    await open.remove();
  });
});

describe('Datasets: names', () => {
  it.each(['a', 'cifar-10', 'A.b_c-9', 'x'.repeat(64)])('accept %j', (name) => {
    expect(() => checkName(name, [], false)).not.toThrow();
  });
  it.each(['', '.a', '-a', 'a/b', 'a b', 'ä', '猫', 'x'.repeat(65), 'con', 'NUL.txt', 'a\n'])(
    'refuse %j',
    (name) => {
      expect(() => checkName(name, [], false)).toThrow(
        expect.objectContaining({ code: 'bad-name' }),
      );
    },
  );
  it.each([
    ['cifar-10-python.tar.gz', [], 'cifar-10-python'],
    ['Été 2024.zip', [], 'E-te-2024'],
    ['猫と犬', [], 'dataset'],
    ['con.csv', [], 'dataset'],
    ['photos', ['photos', 'photos-2'], 'photos-3'],
    [`${'y'.repeat(80)}.csv`, ['y'.repeat(58)], `${'y'.repeat(58)}-2`],
  ])('propose for the file %j, where %j are taken, %s', (file, taken, name) => {
    expect(freeDatasetName(file, taken)).toBe(name);
    checkName(name, [], false);
  });
});

describe('Import: a disk that fills up', () => {
  it('ends the import with a remedy, and leaves nothing of it', async ({ skip }) => {
    skip(noTinyDisk !== null, noTinyDisk ?? '');
    const from = written(folder.file('large'), {
      'train-images-idx3-ubyte': idx([3000, 32, 32], new Uint8Array(3000 * 1024)),
      'train-labels-idx1-ubyte': idx(
        [3000],
        new Uint8Array(3000).map((_, i) => i % 2),
      ),
    });
    mkdirSync(datasets);
    const disk = new TinyDisk(datasets, '1m');
    try {
      await expect(prepared(from)).rejects.toMatchObject({
        code: 'disk-full',
        data: {
          expected: 'free space on its disk',
          found: 'a full disk',
          hint: expect.stringContaining('free some space') as unknown,
        },
      });
      expect(incoming()).toEqual([]);
      disk.remount('size=16m');
      expect(
        (await (await prepared(from)).store('large', false, WHEN)).training.samples,
      ).toBeGreaterThan(0);
    } finally {
      disk.unmount();
    }
  });
});
