/**
 * Tests dropping datasets on the window with real bytes in every format: preview, name, storing and
 * use; cancelling; and refusals that store nothing.
 */
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync, gzipSync } from 'node:zlib';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Locator, Page } from 'playwright-core';
import { text } from '../../src/renderer/text.ts';
import { idx, png, tar, written, zip } from '../support/dataset-files.ts';
import type { Files } from '../support/dataset-files.ts';
import { drop } from '../support/dropped.ts';
import { PATIENCE, ask, patient, windowLab } from '../support/window.ts';
import type { SeenWindow } from '../support/window.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const MNIST = join(root, 'resources/datasets/mnist');
const CIFAR_CLASSES = [
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
const FIXTURES = join(root, 'test/training/fixtures');
const LONG = 3 * PATIENCE;

/**
 * The first 96 images of CIFAR-10's test set, 3,073 bytes each: the class, then planes of red,
 * green and blue.
 */
const cifar = gunzipSync(readFileSync(join(FIXTURES, 'cifar-10-96.bin.gz')));

/** The same images as files, one folder for each class. */
function images(under: string): Files {
  const files: Record<string, Uint8Array> = {};
  for (let i = 0; i < cifar.length / 3073; i++) {
    const record = cifar.subarray(3073 * i, 3073 * (i + 1));
    const picture = png(32, 32, (x, y) =>
      [0, 1, 2].map((plane) => record[1 + 1024 * plane + 32 * y + x] ?? 0),
    );
    files[`${under}/${CIFAR_CLASSES[record[0] ?? 0] ?? ''}/${i}.png`] = picture;
  }
  return files;
}

const lab = windowLab();
const file = (name: string): string => lab.folder.file(name);
const put = (name: string, content: Uint8Array | string): string => {
  written(lab.folder.path, { [name]: content });
  return file(name);
};

/** The row of an import in the rail. */
const row = (page: Page, label: string): Locator =>
  page
    .getByRole('navigation', { name: text.rail.label })
    .getByRole('button', { name: new RegExp(`^${label.replaceAll(/[.+]/g, '\\$&')}`) });

/** Opens the preview of an import once it is ready. */
async function look(page: Page, label: string): Promise<void> {
  await row(page, label).filter({ hasText: text.imports.ready }).click();
  await page
    .getByRole('heading', { level: 1, name: text.datasets.ready({ name: label }) })
    .waitFor();
}

/**
 * The preview that is shown: names of the classes, number of samples of each, whether samples are
 * drawn.
 */
async function seen(
  page: Page,
): Promise<{ classes: string[]; counts: number[]; samples: boolean }> {
  const bars = page.getByRole('list', { name: text.datasets.classes }).getByRole('listitem');
  await bars.first().waitFor();
  const classes = await bars.locator('small').allTextContents();
  const counts = (await bars.locator('.unseen').allTextContents()).map((said) =>
    Number(said.replaceAll(/\D/g, '')),
  );
  const drawn = await page.locator('canvas').evaluateAll((canvases) =>
    canvases.some((canvas) => {
      const pixels = (canvas as HTMLCanvasElement)
        .getContext('2d')
        ?.getImageData(0, 0, canvas.clientWidth, 28).data;
      return pixels?.some((value, i) => i % 4 !== 3 && value > 0) === true;
    }),
  );
  return { classes, counts, samples: drawn };
}

async function stored(page: Page): Promise<string[]> {
  return (await ask(page, 'datasets', {})).map(({ name }) => name);
}

async function storeAs(page: Page, name: string): Promise<void> {
  await page.getByLabel(text.datasets.name, { exact: true }).fill(name);
  await page.getByRole('button', { name: text.datasets.storeOnly }).click();
  await page.getByRole('heading', { level: 2, name, exact: true }).waitFor();
}

async function atDatasets(): Promise<SeenWindow> {
  const window = await lab.window({ at: '#/datasets' });
  await window.page.getByRole('heading', { level: 1, name: text.datasets.title }).waitFor();
  return window;
}

describe('Window: drop', () => {
  it(
    'recognises MNIST as published on the first start as the built-in dataset and stores nothing',
    async () => {
      const { page, complaints } = await lab.window();
      await page.getByRole('heading', { level: 1, name: text.start.title }).waitFor();
      const names = readdirSync(MNIST).filter((name) => name.endsWith('.gz'));
      await drop(
        page,
        names.map((name) => join(MNIST, name)),
      );
      await page.getByText(text.datasets.same({ name: 'mnist', bundled: true })).waitFor();
      const preview = await seen(page);
      expect(preview.classes).toEqual(['0', '1', '2', '3', '4', '5', '6', '7', '8', '9']);
      expect(preview.counts.reduce((sum, each) => sum + each, 0)).toBe(60_000);
      expect(preview.samples).toBe(true);
      const split = { training: 60_000, test: 10_000, drawn: null };
      await page.getByText(text.datasets.splitIs(split)).waitFor();
      expect(await page.getByLabel(text.datasets.name, { exact: true }).count()).toBe(0);
      await page.getByRole('button', { name: text.datasets.useSame({ name: 'mnist' }) }).click();
      await page.getByRole('button', { name: new RegExp(`^${text.setUp.start}`) }).waitFor();
      expect(await stored(page)).toEqual(['mnist']);
      expect(complaints).toEqual([]);
    },
    LONG,
  );

  it(
    'imports plain IDX files',
    async () => {
      const { page } = await atDatasets();
      const pixels = Uint8Array.from({ length: 40 * 64 }, (_, i) => (i * 37) % 256);
      const paths = [
        put('idx/train-images-idx3-ubyte', idx([40, 8, 8], pixels)),
        put(
          'idx/train-labels-idx1-ubyte',
          idx(
            [40],
            Uint8Array.from({ length: 40 }, (_, i) => i % 4),
          ),
        ),
      ];
      await drop(page, paths);
      const label = 'train-images-idx3-ubyte, train-labels-idx1-ubyte';
      await look(page, label);
      const { classes, samples } = await seen(page);
      expect(classes).toEqual(['0', '1', '2', '3']);
      expect(samples).toBe(true);
      await storeAs(page, 'small-idx');
    },
    LONG,
  );

  it(
    'imports CIFAR-10 in its binary format and trains on it',
    async () => {
      const { page } = await atDatasets();
      const archive = tar({
        'cifar-10-batches-bin/batches.meta.txt': `${CIFAR_CLASSES.join('\n')}\n`,
        'cifar-10-batches-bin/data_batch_1.bin': cifar.subarray(0, 3073 * 80),
        'cifar-10-batches-bin/test_batch.bin': cifar.subarray(3073 * 80),
      });
      await drop(page, [put('cifar-10-binary.tar.gz', gzipSync(archive))]);
      await look(page, 'cifar-10-binary.tar.gz');
      const { classes, counts, samples } = await seen(page);
      expect(classes).toEqual(CIFAR_CLASSES);
      expect(counts.reduce((sum, each) => sum + each, 0)).toBe(80);
      expect(samples).toBe(true);
      await page.getByLabel(text.datasets.name, { exact: true }).fill('ninety-six');
      await page.getByRole('button', { name: text.datasets.use }).click();
      await page.getByRole('button', { name: new RegExp(`^${text.setUp.start}`) }).click();
      await page.getByText(/^[1-9]\d* running$/).waitFor();
      expect(await stored(page)).toContain('ninety-six');
      await page
        .locator('header')
        .getByRole('button', { name: text.header.stop, exact: true })
        .click();
    },
    LONG,
  );

  it(
    'imports a folder of images with one folder for each class, and the same samples from .zip and .tar.gz',
    async () => {
      const { page } = await atDatasets();
      const files = images('pictures');
      written(lab.folder.path, files);
      const forms = [
        { label: 'pictures', path: file('pictures') },
        { label: 'pictures.zip', path: put('pictures.zip', zip(files)) },
        { label: 'pictures.tar.gz', path: put('pictures.tar.gz', gzipSync(tar(files))) },
      ];
      const hashes: string[] = [];
      for (const { label, path } of forms) {
        await drop(page, [path]);
        await row(page, label).filter({ hasText: text.imports.ready }).waitFor();
        await page
          .getByRole('button', { name: `${label} ${text.imports.ready}`, exact: true })
          .click();
        await page
          .getByRole('heading', { level: 1, name: text.datasets.ready({ name: label }) })
          .waitFor();
        const { classes, samples } = await seen(page);
        expect(classes).toEqual(CIFAR_CLASSES);
        expect(samples).toBe(true);
        hashes.push((await page.locator('dd.code').textContent()) ?? '');
        await page.getByRole('main').getByRole('button', { name: text.datasets.discard }).click();
        await row(page, label).waitFor({ state: 'detached' });
      }
      expect(hashes[0]).toMatch(/^[0-9a-f]{64}$/);
      expect(new Set(hashes).size).toBe(1);
      expect(await stored(page)).not.toContain('pictures');
    },
    LONG,
  );

  it(
    'imports a .csv, an .npz and a .parquet',
    async () => {
      const { page } = await atDatasets();
      const rows = Array.from(
        { length: 30 },
        (_, i) => `${i},${(i * 7) % 11},${i % 2 === 0 ? 'even' : 'odd'}`,
      );
      await drop(page, [put('parity.csv', `a,b,label\n${rows.join('\n')}\n`)]);
      await look(page, 'parity.csv');
      expect((await seen(page)).classes).toEqual(['even', 'odd']);
      for (const name of ['a', 'b', 'label'])
        await page.getByRole('table').getByRole('columnheader', { name, exact: true }).waitFor();
      for (const name of ['tiny.npz', 'parquet/train-00000-of-00001.parquet']) {
        await drop(page, [join(FIXTURES, 'datasets', name)]);
        await look(page, basename(name));
        await page.getByText(text.datasets.recognised, { exact: true }).waitFor();
      }
    },
    LONG,
  );

  const published = process.env['GALAPAGOS_CIFAR10'] ?? '';
  it(
    "imports CIFAR-10's own binary files",
    async ({ skip }) => {
      const path = join(published, 'cifar-10-binary-sample.tar.gz');
      skip(
        published === '',
        'GALAPAGOS_CIFAR10 names no folder with cifar-10-binary-sample.tar.gz',
      );
      const { page } = await atDatasets();
      await drop(page, [path]);
      await look(page, 'cifar-10-binary-sample.tar.gz');
      const { classes, samples } = await seen(page);
      expect(classes).toHaveLength(10);
      expect(samples).toBe(true);
    },
    LONG,
  );
});

describe('Window: cancelled drop', () => {
  it(
    'stores nothing when cancelled during the upload',
    async () => {
      const { page } = await atDatasets();
      const before = await stored(page);
      let held = 0;
      // The second chunk never arrives, so the upload lasts until it is cancelled.
      await page.route('**/upload/**', async (route) => {
        held += 1;
        if (held === 1) await route.continue();
      });
      await drop(page, [put('large.bin', Buffer.alloc(3 << 20, 7))]);
      await expect.poll(() => held, patient).toBeGreaterThanOrEqual(2);
      await page.getByRole('button', { name: text.imports.cancel({ name: 'large.bin' }) }).click();
      await row(page, 'large.bin').waitFor({ state: 'detached' });
      expect(await page.getByRole('alert').count()).toBe(0);
      expect(await stored(page)).toEqual(before);
    },
    LONG,
  );

  it(
    'stores nothing when cancelled during the import',
    async () => {
      const { page } = await atDatasets();
      const before = await stored(page);
      const lines = ['a,b,c,d,e,f,label'];
      let drawn = 1;
      for (let i = 0; i < 700_000; i++) {
        drawn = (Math.imul(drawn, 1_103_515_245) + 12_345) & 0x7fff_ffff;
        lines.push(
          `${drawn % 997},${drawn % 991},${drawn % 983},${drawn % 977},${drawn % 971},${drawn % 967},${drawn % 3}`,
        );
      }
      const path = file('long.csv');
      writeFileSync(path, lines.join('\n'));
      await drop(page, [path]);
      await row(page, 'long.csv')
        .filter({ hasText: /images|samples|rows/ })
        .waitFor();
      await page.getByRole('button', { name: text.imports.cancel({ name: 'long.csv' }) }).click();
      await row(page, 'long.csv').waitFor({ state: 'detached' });
      expect(await stored(page)).toEqual(before);
    },
    LONG,
  );
});

describe('Window: files that cannot be read', () => {
  const pixels = Uint8Array.from({ length: 12 }, (_, i) => i);
  const labels = idx([3], Uint8Array.of(0, 1, 0));
  const picture = png(4, 4, (x, y) => [16 * x + y]);
  /** A .zip whose entries are marked as encrypted. */
  const locked = (): Buffer => {
    const content = Buffer.from(zip({ 'a/1.png': picture, 'b/1.png': picture }));
    for (let at = 0; at < content.length - 4; at++) {
      const signature = content.readUInt32LE(at);
      if (signature === 0x04034b50) content.writeUInt16LE(1, at + 6);
      if (signature === 0x02014b50) content.writeUInt16LE(1, at + 8);
    }
    return content;
  };
  const cases: readonly (readonly [what: string, files: () => Files, says: readonly RegExp[]])[] = [
    [
      'a gzip cut short',
      () => ({
        'cut/train-images-idx3-ubyte.gz': gzipSync(idx([3, 2, 2], pixels)).subarray(0, 30),
        'cut/train-labels-idx1-ubyte': labels,
      }),
      [/train-images-idx3-ubyte\.gz/, /gzip/, /end of file/],
    ],
    [
      'a wrong magic number',
      () => ({
        'magic/train-images-idx3-ubyte': idx([3, 2, 2], pixels, 7),
        'magic/train-labels-idx1-ubyte': labels,
      }),
      [
        /train-images-idx3-ubyte/,
        /offset 0/,
        /expected the magic number 0x00000803/,
        /found 0x00000703/,
      ],
    ],
    [
      'an archive that climbs out of itself',
      () => ({
        'climb.zip': zip({ '../../outside.png': picture, 'a/1.png': picture, 'b/1.png': picture }),
      }),
      [/climb\.zip/, /\.\.\/\.\.\/outside\.png/, /expected/, /found/],
    ],
    [
      'an archive with a password',
      () => ({ 'locked.zip': locked() }),
      [/locked\.zip/, /password|encrypt/i, /expected/, /found/],
    ],
    ['an empty file', () => ({ 'nothing.csv': '' }), [/nothing\.csv/, /expected/, /found/]],
  ];
  let window: SeenWindow;
  beforeEach(async () => (window = await atDatasets()));

  it.each(cases)(
    'names the file, the place, expected and found for %s, and stores nothing',
    async (_, files, says) => {
      const { page } = window;
      const before = await stored(page);
      const names = Object.keys(files());
      written(lab.folder.path, files());
      await drop(
        page,
        names.map((name) => file(name)),
      );
      const label = names.map((name) => name.split('/').at(-1) ?? '').join(', ');
      const said = row(page, label).locator('.failed');
      await said.waitFor();
      for (const words of says) expect(await said.textContent()).toMatch(words);
      expect(await stored(page)).toEqual(before);
      // Opens the full message.
      await row(page, label).click();
      const alert = page.getByRole('main').getByRole('alert');
      for (const words of says) await alert.filter({ hasText: words }).waitFor();
      await page.getByRole('main').getByRole('button', { name: text.datasets.discard }).click();
      await row(page, label).waitFor({ state: 'detached' });
    },
    LONG,
  );
});
