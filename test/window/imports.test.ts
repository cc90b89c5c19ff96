/**
 * Tests imports in the window: choosing the predicted column of a table, excluding a column,
 * choosing another label of a stored dataset; and that failed imports take little space.
 */
import { describe, expect, it } from 'vitest';
import type { Page } from 'playwright-core';
import { text } from '../../src/renderer/text.ts';
import { start } from '../support/built-command.ts';
import { written } from '../support/dataset-files.ts';
import { drop } from '../support/dropped.ts';
import { PATIENCE, ask, patient, windowLab } from '../support/window.ts';

const lab = windowLab({ workers: 1 });
const LONG = 3 * PATIENCE;
const kinds = ['setosa', 'versicolor', 'virginica'];
const rows = Array.from(
  { length: 60 },
  (_, i) => `${4 + (i % 7)},${1 + (i % 5)},${kinds[i % 3] ?? ''},${10 + (i % 11) / 2}`,
);
const iris = ['sepal,petal,species,price', ...rows, ''].join('\n');

async function dropped(page: Page, files: Readonly<Record<string, string>>): Promise<void> {
  written(lab.folder.path, files);
  for (const name of Object.keys(files)) await drop(page, [lab.folder.file(name)]);
}

const rail = (page: Page) => page.getByRole('navigation', { name: text.rail.label });
const heading = (page: Page, name: string) =>
  page.getByRole('heading', { level: 1, name, exact: true });
const columnField = (page: Page) =>
  page.getByRole('combobox', { name: text.datasets.againLabel, exact: true });
const again = (page: Page) => page.getByRole('button', { name: text.datasets.again, exact: true });
/** A fact of the current preview, by its name. */
const fact = (page: Page, name: string, said: string) =>
  page.locator(`dt:text-is("${name}") + dd:text-is("${said}")`);

async function opened(page: Page, name: string, word: string): Promise<void> {
  await rail(page)
    .getByRole('button', { name: new RegExp(`^${name.replace('.', '\\.')}`) })
    .filter({ hasText: word })
    .click();
}

describe('Import of a table: the column to predict', () => {
  it(
    'predicts the recognised class, and then numbers of the chosen column without the text column',
    async () => {
      const { page } = await lab.window({ at: '#/datasets' });
      await heading(page, text.datasets.title).waitFor();
      await dropped(page, { 'iris.csv': iris });
      await opened(page, 'iris.csv', text.imports.ready);
      await fact(page, text.datasets.predicted, 'species').waitFor();
      expect(await columnField(page).inputValue()).toBe('species');
      expect(await again(page).isDisabled()).toBe(true);

      await page.getByRole('radio', { name: text.datasets.againNumbers, exact: true }).click();
      await columnField(page).selectOption('price');
      await again(page).click();
      await page
        .getByRole('button', {
          name: text.datasets.againWithout({ column: 'species' }),
          exact: true,
        })
        .click();
      await fact(page, text.datasets.predicted, 'price').waitFor();
      await fact(page, text.datasets.classesAre, text.datasets.numbers({ targets: 1 })).waitFor();

      // The excluded column can be chosen again.
      await page.getByRole('radio', { name: text.datasets.againClass, exact: true }).click();
      await columnField(page).selectOption('species');
      await again(page).click();
      await fact(page, text.datasets.predicted, 'species').waitFor();
      await page.getByRole('radio', { name: text.datasets.againNumbers, exact: true }).click();
      await columnField(page).selectOption('price');
      await again(page).click();
      await page
        .getByRole('button', {
          name: text.datasets.againWithout({ column: 'species' }),
          exact: true,
        })
        .click();
      await fact(page, text.datasets.predicted, 'price').waitFor();
      await page.getByRole('button', { name: text.datasets.storeOnly, exact: true }).click();
      await page.getByRole('heading', { level: 2, name: 'iris', exact: true }).waitFor();
      const stored = (await ask(page, 'datasets', {})).find(({ name }) => name === 'iris');
      expect(stored?.dataset).toMatchObject({ shape: [2], targets: 1, classes: 0 });
    },
    LONG,
  );

  it(
    'offers the columns of a table in which none was recognised',
    async () => {
      const { page } = await lab.window({ at: '#/datasets' });
      await heading(page, text.datasets.title).waitFor();
      await dropped(page, {
        'plain.csv': [
          'a,b,c',
          ...Array.from({ length: 20 }, (_, i) => `${i},${i % 2},${i / 2}`),
          '',
        ].join('\n'),
      });
      await opened(page, 'plain.csv', 'expected');
      await heading(page, text.datasets.importFailed({ name: 'plain.csv' })).waitFor();
      // The host has the source: a page that was loaded again, or another window, chooses as well.
      await page.reload();
      await heading(page, text.datasets.importFailed({ name: 'plain.csv' })).waitFor();
      await columnField(page).selectOption('b');
      await again(page).click();
      await fact(page, text.datasets.predicted, 'b').waitFor();
      await fact(page, text.datasets.classesAre, '0 and 1').waitFor();
    },
    LONG,
  );
});

describe('Stored dataset: another label', () => {
  it(
    'stores the dataset with the chosen label beside the former one',
    async () => {
      // Samples that are not stored already: the import would return the stored dataset.
      const garden = ['sepal,petal,species,price', ...rows.slice(0, 45), ''].join('\n');
      written(lab.folder.path, { 'garden.csv': garden });
      const { code, stderr } = await start(
        ['datasets', 'import', 'garden.csv'],
        lab.folder.path,
        undefined,
        { GALAPAGOS_HOME: lab.folder.file('home') },
      ).ended;
      expect([code, stderr]).toEqual([0, expect.any(String)]);
      const { page } = await lab.window({ at: '#/datasets/garden' });
      await page
        .getByText(text.datasets.predicts({ columns: ['species'] }), { exact: true })
        .waitFor();
      await page.getByRole('button', { name: text.datasets.labelChange, exact: true }).click();
      await page.getByRole('radio', { name: text.datasets.againNumbers, exact: true }).click();
      await columnField(page).selectOption('price');
      await again(page).click();
      await page
        .getByText(text.datasets.predicts({ columns: ['price'] }), { exact: true })
        .waitFor();
      await page.getByRole('heading', { level: 2, name: 'garden-price', exact: true }).waitFor();
      const stored = (await ask(page, 'datasets', {})).filter(({ name }) =>
        name.startsWith('garden'),
      );
      expect(stored.map(({ name, dataset }) => [name, dataset?.targets])).toEqual([
        ['garden', 0],
        ['garden-price', 1],
      ]);
    },
    LONG,
  );

  it(
    'chooses between the labels of a source that is not a table, and stores each beside the other',
    async () => {
      const record = (i: number): Buffer =>
        Buffer.concat([Buffer.from([i % 2, i % 4]), Buffer.alloc(3072, i)]);
      const records = (first: number, n: number): Buffer =>
        Buffer.concat(Array.from({ length: n }, (_, i) => record(first + i)));
      written(lab.folder.file('hundred'), {
        'train.bin': records(0, 40),
        'test.bin': records(40, 12),
      });
      const { code, stderr } = await start(
        ['datasets', 'import', 'hundred'],
        lab.folder.path,
        undefined,
        { GALAPAGOS_HOME: lab.folder.file('home') },
      ).ended;
      expect([code, stderr]).toEqual([0, expect.any(String)]);
      const { page } = await lab.window({ at: '#/datasets/hundred' });
      const picker = page.getByRole('combobox', { name: text.datasets.label, exact: true });
      await picker.waitFor();
      expect(await picker.inputValue()).toBe('fine');
      await picker.selectOption('coarse');
      await page.getByRole('heading', { level: 2, name: 'hundred-coarse', exact: true }).waitFor();
      await expect.poll(() => picker.inputValue(), patient).toBe('coarse');
      const stored = (await ask(page, 'datasets', {})).filter(({ name }) =>
        name.startsWith('hundred'),
      );
      expect(stored.map(({ name, dataset }) => [name, dataset?.classes])).toEqual([
        ['hundred', 100],
        ['hundred-coarse', 20],
      ]);
    },
    LONG,
  );

  it(
    'is not offered when the source is no longer on the host, with the reason',
    async () => {
      const { page } = await lab.window({ at: '#/datasets' });
      await heading(page, text.datasets.title).waitFor();
      await dropped(page, { 'sent.csv': iris.replaceAll('setosa', 'lily') });
      await opened(page, 'sent.csv', text.imports.ready);
      await page.getByRole('button', { name: text.datasets.storeOnly, exact: true }).click();
      await page.getByRole('heading', { level: 2, name: 'sent', exact: true }).waitFor();
      await page.getByText(text.datasets.labelGone, { exact: true }).waitFor();
      const change = page.getByRole('button', { name: text.datasets.labelChange, exact: true });
      expect(await change.isDisabled()).toBe(true);
    },
    LONG,
  );
});

describe('Window: failed imports', () => {
  it(
    'share one entry of the rail, which keeps the studies and the settings visible and discards all of them',
    async () => {
      const { page } = await lab.window({ at: '#/datasets' });
      await page.setViewportSize({ width: 1280, height: 500 });
      await heading(page, text.datasets.title).waitFor();
      await dropped(page, Object.fromEntries([1, 2, 3, 4, 5].map((i) => [`broken-${i}.csv`, ''])));
      const entry = rail(page).getByText(text.imports.severalFailed({ imports: 5 }), {
        exact: true,
      });
      await entry.waitFor();
      expect(await rail(page).getByText('broken-1.csv', { exact: true }).isVisible()).toBe(false);
      const inSight = async (): Promise<void> => {
        for (const part of [
          rail(page).getByRole('heading', { name: text.rail.studies }),
          rail(page).getByRole('button', { name: text.rail.settings }),
        ]) {
          const box = await part.boundingBox();
          expect(box !== null && box.y >= 0 && box.y + box.height <= 500).toBe(true);
        }
      };
      await inSight();
      await entry.click();
      await rail(page).getByText('broken-1.csv', { exact: true }).waitFor();
      await inSight();
      await rail(page).getByRole('button', { name: text.imports.discardAll, exact: true }).click();
      await entry.waitFor({ state: 'detached' });
    },
    LONG,
  );
});
