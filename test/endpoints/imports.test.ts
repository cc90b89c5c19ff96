import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, test, vi } from 'vitest';
import type { CallHandlers } from '../../src/endpoints/calls/call-deps.ts';
import { createCalls } from '../../src/endpoints/calls/calls.ts';
import type { OtherCalls } from '../../src/endpoints/calls/calls.ts';
import { Uploads } from '../../src/endpoints/uploads/uploads.ts';
import type { DatasetPreview } from '../../src/protocol/window/datasets.ts';
import type { ImportRow } from '../../src/protocol/window/lab-stream.ts';
import { importRow } from '../../src/protocol/window/lab-stream.ts';
import { ask, asked, callDeps, WINDOW } from '../support/call-deps.ts';
import { png, written } from '../support/dataset-files.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import type { TemporaryFolder } from '../support/temporary-folder.ts';

let folder: TemporaryFolder;
let uploads: Uploads;
let calls: OtherCalls;
let handlers: CallHandlers;
/** Messages of the feed after each change. */
let rows: ImportRow[][];
let datasetsChanged: number;
let waiting: (() => void)[];

beforeEach(() => {
  folder = temporaryFolder();
  uploads = new Uploads(folder.file('uploads'));
  [rows, datasetsChanged, waiting] = [[], 0, []];
  calls = createCalls(
    callDeps(folder.path, {
      holdUpload: (id) => uploads.hold(id),
      datasetsChanged: () => (datasetsChanged += 1),
      importsChanged: () => {
        rows.push(calls.imports().map((row) => importRow.parse(row)));
        for (const look of waiting) look();
      },
    }),
  );
  ({ handlers } = calls);
});

afterEach(async () => {
  await calls.close();
  await uploads.close();
  folder.remove();
});

async function uploaded(name: string, content: string): Promise<string> {
  const bytes = Buffer.from(content);
  const { upload } = await uploads.begin({ files: [{ path: name, bytes: bytes.length }] });
  await uploads.write({
    upload,
    file: 0,
    offset: 0,
    sha256: createHash('sha256').update(bytes).digest('hex'),
    bytes,
  });
  return upload;
}

/** Resolves as soon as the import is in one of the states. */
function until(id: string, ...states: ImportRow['state'][]): Promise<ImportRow> {
  return new Promise((resolve) => {
    const look = (): void => {
      const row = calls.imports().find((each) => each.id === id);
      if (row !== undefined && states.includes(row.state)) resolve(row);
    };
    waiting.push(look);
    look();
  });
}

function tableText(count = 60): string {
  const lines = Array.from(
    { length: count },
    (_, i) => `${i % 7},${(i * 3) % 5}.5,${i % 2 === 0 ? 'even' : 'odd'}`,
  );
  return ['a,b,label', ...lines, ''].join('\n');
}

function table(path: string, count = 60): string {
  writeFileSync(path, tableText(count));
  return path;
}

async function begin(source: object, label = 'my table.csv', options = {}): Promise<string> {
  return (await asked<{ import: string }>(handlers, 'beginImport', { source, label, options }))
    .import;
}

test('Imports: a file is read, previewed, stored, and then a dataset like any other', async () => {
  const id = await begin({ kind: 'paths', paths: [table(folder.file('numbers.csv'))] });
  expect(calls.imports()).toMatchObject([{ id, label: 'my table.csv', state: 'reading' }]);
  expect(await until(id, 'ready', 'failed')).toMatchObject({
    state: 'ready',
    samples: 60,
    error: null,
  });
  const preview = await asked<DatasetPreview>(handlers, 'preview', { import: id });
  expect(preview).toMatchObject({
    dataset: { name: 'numbers', shape: [2], classNames: ['even', 'odd'], imported: null },
    samples: null,
    table: {
      columns: ['a', 'b', 'label'],
      predicted: ['label'],
      choices: ['a', 'b', 'label'],
      features: 2,
    },
  });
  expect(preview.table?.rows[0]?.at(-1)).toMatch(/^(even|odd)$/);
  expect(
    await asked(handlers, 'storeImport', { import: id, name: 'mine', replace: false }),
  ).toEqual({ dataset: 'mine' });
  expect([calls.imports(), calls.datasets(), datasetsChanged]).toEqual([[], ['mnist', 'mine'], 1]);
  expect(await asked<DatasetPreview>(handlers, 'preview', { dataset: 'mine' })).toMatchObject({
    dataset: {
      name: 'mine',
      content: preview.dataset.content,
      source: { path: folder.file('numbers.csv') },
    },
    table: preview.table,
  });
  expect(readdirSync(folder.file('datasets/incoming'))).toEqual([]);
  await asked(handlers, 'removeDataset', { dataset: 'mine' });
  expect([calls.datasets(), datasetsChanged]).toEqual([['mnist'], 2]);
});

describe('Datasets: another label', () => {
  const flowers = (file: string): string => {
    const rows = Array.from(
      { length: 60 },
      (_, i) => `${i % 9},${(i * 2) % 5},${i % 2},${['iris', 'rose', 'oak'][i % 3]!}`,
    );
    writeFileSync(file, ['length,width,wild,species', ...rows, ''].join('\n'));
    return file;
  };
  const stored = async (id: string, name: string): Promise<string> => {
    await until(id, 'ready', 'failed');
    return (
      await asked<{ dataset: string }>(handlers, 'storeImport', {
        import: id,
        name,
        replace: false,
      })
    ).dataset;
  };

  it('reads the source of a stored dataset again, and proposes a name that contains the label', async () => {
    const first = await stored(
      await begin({ kind: 'paths', paths: [flowers(folder.file('flowers.csv'))] }),
      'flowers',
    );
    const before = await asked<DatasetPreview>(handlers, 'preview', { dataset: first });
    expect(before.label).toEqual({
      chosen: 'species',
      choices: ['length', 'width', 'wild', 'species'],
      again: true,
    });
    const again = { dataset: first, options: { label: 'wild', targets: [] } };
    const { import: id } = await asked<{ import: string }>(handlers, 'importAgain', again, {
      ...WINDOW,
      host: 'server',
    });
    expect(await until(id, 'ready', 'failed')).toMatchObject({
      state: 'ready',
      label: 'flowers.csv',
    });
    const preview = await asked<DatasetPreview>(handlers, 'preview', { import: id });
    // Strings are no feature, so the former label is left out.
    expect(preview).toMatchObject({
      dataset: { name: 'flowers-wild', shape: [2], classNames: ['0', '1'] },
      label: { chosen: 'wild', choices: ['length', 'width', 'wild', 'species'] },
    });
    expect(preview.dataset.content).not.toBe(before.dataset.content);
    const second = await stored(id, preview.dataset.name);
    expect(await asked<DatasetPreview>(handlers, 'preview', { dataset: first })).toEqual(before);
    const back = { dataset: second, options: { label: 'species', targets: [] } };
    const { import: third } = await asked<{ import: string }>(handlers, 'importAgain', back);
    await until(third, 'ready', 'failed');
    // The number that was the label is a feature again.
    expect((await asked<DatasetPreview>(handlers, 'preview', { import: third })).same).toEqual({
      name: 'flowers',
      bundled: false,
    });
  });

  it('names the missing file where the source was moved or uploaded', async () => {
    const file = flowers(folder.file('flowers.csv'));
    const first = await stored(await begin({ kind: 'paths', paths: [file] }), 'flowers');
    rmSync(file);
    expect(
      (await asked<DatasetPreview>(handlers, 'preview', { dataset: first })).label?.again,
    ).toBe(false);
    const again = { dataset: first, options: { label: 'wild' } };
    expect(await ask(handlers, 'importAgain', again)).toMatchObject({
      error: { code: 'source-gone', data: { file } },
    });
    const upload = await uploaded('up.csv', tableText());
    const second = await stored(await begin({ kind: 'upload', upload }, 'up.csv'), 'up');
    expect(
      (await asked<DatasetPreview>(handlers, 'preview', { dataset: second })).label,
    ).toMatchObject({ chosen: 'label', again: false });
    expect(await ask(handlers, 'importAgain', { ...again, dataset: second })).toMatchObject({
      error: { code: 'source-gone' },
    });
  });
});

test('Imports: recognises the built-in dataset, and storing it returns its name and stores nothing', async () => {
  const mnist = new URL('../../resources/datasets/mnist', import.meta.url).pathname;
  const id = await begin({ kind: 'paths', paths: [mnist] }, 'mnist');
  await until(id, 'ready', 'failed');
  expect(await asked<DatasetPreview>(handlers, 'preview', { import: id })).toMatchObject({
    same: { name: 'mnist', bundled: true },
    dataset: { name: 'mnist' },
  });
  const answer = await asked(handlers, 'storeImport', { import: id, name: 'x', replace: false });
  expect([answer, calls.datasets()]).toEqual([{ dataset: 'mnist' }, ['mnist']]);
  expect(readdirSync(folder.file('datasets/incoming'))).toEqual([]);
});

test('Imports: an unavailable name leaves the import ready, to be stored under another', async () => {
  const id = await begin({ kind: 'paths', paths: [table(folder.file('numbers.csv'))] });
  await until(id, 'ready');
  for (const [name, code] of [
    ['mnist', 'dataset-exists'],
    ['../x', 'bad-name'],
  ])
    expect(await ask(handlers, 'storeImport', { import: id, name, replace: true })).toMatchObject({
      ok: false,
      error: { code },
    });
  expect(calls.imports()).toMatchObject([{ state: 'ready' }]);
  expect(await asked(handlers, 'storeImport', { import: id, name: 'x', replace: false })).toEqual({
    dataset: 'x',
  });
});

test('Imports: scales images of mixed size without a question, and the preview gives their number', async () => {
  const image = (side: number): Buffer => png(side, side, (x, y) => [16 * x + y]);
  const many = Object.fromEntries(
    Array.from({ length: 9 }, (_, i) => [`${i % 3 === 0 ? 'a' : 'b'}/${String(i)}.png`, image(4)]),
  );
  const id = await begin({
    kind: 'paths',
    paths: [written(folder.file('photos'), { 'a/0.jpg.png': image(6), ...many })],
  });
  expect(await until(id, 'ready', 'failed')).toMatchObject({
    state: 'ready',
    samples: 10,
    error: null,
  });
  const { dataset, warnings } = await asked<DatasetPreview>(handlers, 'preview', { import: id });
  expect([dataset.shape, warnings]).toEqual([
    [1, 4, 4],
    [{ code: 'scaled', data: { images: 1, height: 4, width: 4 } }],
  ]);
});

test('Imports: removes the rest of a killed process when the application starts', async () => {
  const left = folder.file('datasets/incoming/999999999-left');
  mkdirSync(left, { recursive: true });
  const again = createCalls(callDeps(folder.path, {}));
  await vi.waitUntil(() => !existsSync(left), { timeout: 60_000 });
  await again.close();
});

describe('Imports: nothing is left', () => {
  test('of a discarded import', async () => {
    const id = await begin({ kind: 'paths', paths: [table(folder.file('numbers.csv'))] });
    await until(id, 'ready');
    expect(readdirSync(folder.file('datasets/incoming'))).toHaveLength(1);
    await asked(handlers, 'discardImport', { import: id });
    expect([calls.imports(), readdirSync(folder.file('datasets/incoming'))]).toEqual([[], []]);
    expect(await ask(handlers, 'preview', { import: id })).toMatchObject({
      ok: false,
      error: { code: 'unknown-import' },
    });
  });

  test('of an import cancelled while it is read, or read when the application ends', async () => {
    const first = await begin({ kind: 'paths', paths: [table(folder.file('long.csv'), 200_000)] });
    const second = await begin({ kind: 'paths', paths: [folder.file('long.csv')] });
    expect(await ask(handlers, 'preview', { import: first })).toMatchObject({
      ok: false,
      error: { code: 'import-not-ready' },
    });
    await asked(handlers, 'cancelImport', { import: first });
    expect(calls.imports()).toMatchObject([{ id: second }]);
    await calls.close();
    expect([calls.imports(), readdirSync(folder.file('datasets/incoming'))]).toEqual([[], []]);
  });
});

test('Imports: a file that is not a dataset fails with its name as the user knows it, until it is discarded', async () => {
  const id = await begin(
    { kind: 'upload', upload: await uploaded('houses.csv', 'a,b\n1\n') },
    'houses.csv',
  );
  const failed = await until(id, 'failed', 'ready');
  expect(failed.error).toMatchObject({
    code: 'bad-dataset',
    data: { file: expect.stringContaining('houses.csv') as unknown },
  });
  expect(JSON.stringify(failed)).not.toContain(folder.path);
  await asked(handlers, 'discardImport', { import: id });
  expect(calls.imports()).toEqual([]);
});

test('Imports: several files are one import, each named by an absolute path', async () => {
  const paths = ['train.csv', 'test.csv'].map((name) => table(folder.file(name)));
  const id = await begin({ kind: 'paths', paths }, 'train.csv, test.csv');
  expect(await until(id, 'ready', 'failed')).toMatchObject({ state: 'ready', samples: 120 });
  const { dataset } = await asked<DatasetPreview>(handlers, 'preview', { import: id });
  expect(dataset).toMatchObject({
    training: { samples: 60 },
    test: { samples: 60 },
    source: { path: folder.file('train.csv, test.csv') },
  });
  const refused = await ask(handlers, 'beginImport', {
    source: { kind: 'paths', paths: [paths[0], 'test.csv'] },
    label: 'x',
    options: {},
  });
  expect(refused).toMatchObject({
    error: {
      code: 'invalid-input',
      data: {
        problems: [{ path: 'source.paths[1]', expected: 'an absolute path', found: '"test.csv"' }],
      },
    },
  });
});

test('Imports: a browser can only name files that it uploaded', async () => {
  const upload = await uploaded('mine.csv', tableText());
  const browser = { ...WINDOW, host: 'server' } as const;
  const input = { label: 'x', options: {} };
  expect(
    await ask(
      handlers,
      'beginImport',
      { ...input, source: { kind: 'paths', paths: ['/etc/passwd'] } },
      browser,
    ),
  ).toMatchObject({
    ok: false,
    error: { code: 'no-paths' },
  });
  expect(
    await ask(handlers, 'beginImport', { ...input, source: { kind: 'upload', upload } }, browser),
  ).toMatchObject({ ok: true });
});

describe('Imports: uploads', () => {
  const kept = (): string[] => readdirSync(folder.file('uploads'));
  const gone = (): Promise<boolean> => vi.waitUntil(() => kept().length === 0, { timeout: 60_000 });

  test('are removed with the import that read them: stored, discarded or cancelled', async () => {
    const stored = await begin({ kind: 'upload', upload: await uploaded('a.csv', tableText()) });
    await until(stored, 'ready');
    expect(kept()).toHaveLength(1);
    await asked(handlers, 'storeImport', { import: stored, name: 'mine', replace: false });
    await gone();
    const discarded = await begin({ kind: 'upload', upload: await uploaded('a.csv', tableText()) });
    await until(discarded, 'ready');
    await asked(handlers, 'discardImport', { import: discarded });
    await gone();
    const cancelled = await begin({
      kind: 'upload',
      upload: await uploaded('a.csv', tableText(80_000)),
    });
    await asked(handlers, 'cancelImport', { import: cancelled });
    await gone();
  });

  test('stay while another import reads them, so that a failed one can be repeated with other options', async () => {
    const source = {
      kind: 'upload',
      upload: await uploaded(
        'houses.csv',
        tableText().replaceAll('even', '0').replaceAll('odd', '1').replace('label', 'kind'),
      ),
    };
    const failed = await begin(source);
    expect(await until(failed, 'failed', 'ready')).toMatchObject({
      state: 'failed',
      error: { data: { option: 'label' } },
    });
    const again = await begin(source, 'houses.csv', { label: 'kind' });
    await asked(handlers, 'discardImport', { import: failed });
    await asked(handlers, 'storeImport', {
      import: (await until(again, 'ready')).id,
      name: 'houses',
      replace: false,
    });
    await gone();
    expect(await ask(handlers, 'beginImport', { source, label: 'x', options: {} })).toMatchObject({
      error: { code: 'unknown-upload' },
    });
  });

  test('are read again by any window with other options, and removed with the last import of them', async () => {
    const upload = await uploaded(
      'houses.csv',
      tableText().replaceAll('even', '0').replaceAll('odd', '1').replace('label', 'kind'),
    );
    const failed = await begin({ kind: 'upload', upload }, 'houses.csv');
    await until(failed, 'failed', 'ready');
    const again = async (id: string, options: object): Promise<string> =>
      (await asked<{ import: string }>(handlers, 'importAgain', { import: id, options })).import;
    const first = await again(failed, { label: 'kind', drop: ['b'] });
    expect(await until(first, 'ready', 'failed')).toMatchObject({
      state: 'ready',
      label: 'houses.csv',
      dropped: ['b'],
    });
    expect(calls.imports().map(({ id }) => id)).toEqual([first]);
    const second = await again(first, { targets: ['a'], label: null });
    await until(second, 'ready', 'failed');
    // Options that are not changed keep their values.
    expect(await asked<DatasetPreview>(handlers, 'preview', { import: second })).toMatchObject({
      dataset: { shape: [1], targets: 1 },
      table: { predicted: ['a'] },
    });
    expect(kept()).toHaveLength(1);
    await asked(handlers, 'discardImport', { import: second });
    await gone();
    expect(await ask(handlers, 'importAgain', { import: second, options: {} })).toMatchObject({
      error: { code: 'unknown-import' },
    });
  });

  test('are not taken from an import by a window that discards them', async () => {
    const upload = await uploaded('a.csv', tableText());
    const id = await begin({ kind: 'upload', upload });
    await uploads.discard(upload);
    expect(kept()).toHaveLength(1);
    expect(await until(id, 'ready', 'failed')).toMatchObject({ state: 'ready' });
  });
});

describe('Imports: pictures', () => {
  test('of MNIST are real digits, one column for each class', async () => {
    const { samples, recognised } = await asked<DatasetPreview>(handlers, 'preview', {
      dataset: 'mnist',
    });
    expect(samples).toMatchObject({
      height: 28,
      width: 28,
      channels: 1,
      rows: 4,
      columns: '0 1 2 3 4 5 6 7 8 9'.split(' '),
      counts: Array(10).fill(4),
    });
    expect(recognised).toBeNull();
    const bytes = Buffer.from(samples?.pixels ?? '', 'base64');
    expect(bytes).toHaveLength(40 * 784);
    const filled = Array.from(
      { length: 40 },
      (_, i) => bytes.subarray(i * 784, (i + 1) * 784).filter((byte) => byte > 127).length,
    );
    // The digit one has less ink than a zero.
    expect(filled[1]).toBeLessThan(filled[0] ?? 0);
    expect(Math.min(...filled)).toBeGreaterThan(20);
  });
});

describe('Datasets: list', () => {
  test('contains the built-in ones; a damaged one is reported and hides no other', async () => {
    mkdirSync(folder.file('datasets/names'), { recursive: true });
    writeFileSync(join(folder.path, 'datasets/names/broken.json'), '{');
    const listed = await asked<{ name: string; problem: string | null; dataset: object | null }[]>(
      handlers,
      'datasets',
      {},
    );
    expect(listed).toMatchObject([
      { name: 'mnist', problem: null, dataset: { classes: 10 } },
      { name: 'broken', dataset: null },
    ]);
    expect(listed[1]?.problem).toContain('damaged');
  });

  test('refuses to remove unknown and built-in ones', async () => {
    expect(await ask(handlers, 'removeDataset', { dataset: 'gone' })).toMatchObject({
      ok: false,
      error: { code: 'unknown-dataset' },
    });
    expect(await ask(handlers, 'removeDataset', { dataset: 'mnist' })).toMatchObject({
      ok: false,
      error: { code: 'bundled-dataset' },
    });
    expect(await ask(handlers, 'preview', { dataset: 'gone' })).toMatchObject({
      ok: false,
      error: { code: 'unknown-dataset' },
    });
    expect(existsSync(folder.file('datasets'))).toBe(false);
  });
});
