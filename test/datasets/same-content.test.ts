/**
 * Tests imports whose samples equal those of a bundled or stored dataset, and the names that
 * imports propose.
 */
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sourceStem } from '../../src/datasets/dataset-name.ts';
import { DEFAULTS } from '../../src/datasets/import/options.ts';
import { prepareImport } from '../../src/datasets/import/prepare-import.ts';
import type { PreparedImport } from '../../src/datasets/import/prepare-import.ts';
import { startImport } from '../../src/datasets/import/start-import.ts';
import type { Finished, ImportRequest } from '../../src/datasets/import/start-import.ts';
import { recordNames } from '../../src/datasets/store.ts';
import { FIXTURES, ImportFolder } from './support.ts';

const MNIST_FILES = new URL('../../resources/datasets/mnist', import.meta.url).pathname;
const IDX_NAMES = readdirSync(MNIST_FILES);
const tiny = join(FIXTURES, 'png.tar.xz');

let folder: ImportFolder;
let datasets: string;
beforeEach(() => {
  folder = new ImportFolder();
  datasets = folder.file('datasets');
});
afterEach(() => folder.remove());

const about = (): Pick<ImportRequest, 'as' | 'options' | 'folder' | 'signal' | 'onProgress'> => ({
  as: null,
  options: DEFAULTS,
  folder: datasets,
  signal: new AbortController().signal,
  onProgress: () => undefined,
});
const prepared = (...paths: string[]): Promise<PreparedImport> =>
  prepareImport({ ...about(), paths });
const imported = (path: string, more: Partial<ImportRequest> = {}): Promise<Finished> =>
  startImport({
    ...about(),
    paths: [path],
    name: null,
    imported: '2026-01-01T00:00:00.000Z',
    replace: false,
    dryRun: false,
    ...more,
  });
const contents = (): number => readdirSync(join(datasets, 'content')).length;

describe('Datasets: imports of samples that are available already', () => {
  it('recognises the four MNIST files as the built-in dataset and proposes its name', async () => {
    const { preview, same, discard } = await prepared(
      ...IDX_NAMES.map((name) => join(MNIST_FILES, name)),
    );
    expect([preview.name, same()]).toEqual(['mnist', { name: 'mnist', bundled: true }]);
    await discard();
  });

  it('does not store the built-in dataset, whatever name is given', async () => {
    for (const name of [null, 'digits']) {
      const { same, stored } = await imported(MNIST_FILES, { name });
      expect([same, stored]).toEqual([{ name: 'mnist', bundled: true }, null]);
    }
    expect([recordNames(datasets), existsSync(join(datasets, 'content'))]).toEqual([[], false]);
  });

  it('names the stored dataset with the same samples instead of storing them again', async () => {
    await imported(tiny, { name: 'birds' });
    const birds = { name: 'birds', bundled: false };
    expect(await imported(tiny)).toMatchObject({ name: 'png', same: birds, stored: null });
    const { preview, same, discard } = await prepared(tiny);
    expect([preview.name, same()]).toEqual(['png', birds]);
    await discard();
    expect(recordNames(datasets)).toEqual(['birds']);
  });

  it('gives stored samples a second name on request, without a second copy', async () => {
    await imported(tiny, { name: 'birds' });
    const { same, stored } = await imported(tiny, { name: 'animals' });
    expect([same?.name, stored?.name, contents()]).toEqual(['birds', 'animals', 1]);
  });

  it('stores the samples again where the stored ones are missing or replaced', async () => {
    const { stored } = await imported(tiny, { name: 'birds' });
    rmSync(stored?.files.test ?? '');
    const { same, discard } = await prepared(tiny);
    expect(same()).toBeNull();
    await discard();
    const again = await imported(tiny, { name: 'birds', replace: true });
    expect([again.same, existsSync(stored?.files.test ?? '')]).toEqual([null, true]);
  });

  it('refuses a built-in name for other samples', async () => {
    await expect(imported(tiny, { name: 'mnist' })).rejects.toMatchObject({
      code: 'dataset-exists',
      data: { name: 'mnist', bundled: true },
    });
  });
});

describe('Datasets: proposed names', () => {
  const below = (place: string, prefix = ''): string[] =>
    IDX_NAMES.map((name) => `${place}/${prefix}${name}`);

  it.each([
    ['the folder of IDX files', below('/a/fashion'), null, 'fashion'],
    ['the folder above raw', below('/a/KMNIST/raw'), null, 'KMNIST'],
    [
      'a neutral name for IDX files in a folder of downloads',
      below('/a/Downloads'),
      null,
      'idx-images',
    ],
    ['the common prefix of IDX files', below('/a/gzip', 'emnist-letters-'), null, 'emnist-letters'],
    [
      'a neutral name for uploaded IDX files',
      ['/u/1'],
      `${IDX_NAMES.join(', ')} and 2 more`,
      'idx-images',
    ],
    ['the name of a single file', ['/a/iris.csv'], null, 'iris.csv'],
    ['the label of an upload', ['/u/1'], 'my birds.zip', 'my birds.zip'],
  ])('proposes %s', (_, paths, as, name) => {
    expect(sourceStem({ paths, as })).toBe(name);
  });
});
