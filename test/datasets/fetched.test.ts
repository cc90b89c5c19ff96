/** Tests datasets that a node fetched: their check, their names and their removal. */
import { cpSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MNIST, catalogueOf } from '../../src/datasets/catalogue.ts';
import { referenced } from '../../src/datasets/content.ts';
import { loadDataset } from '../../src/datasets/dataset.ts';
import { FetchedDatasets, catalogueWith, folderToServe } from '../../src/datasets/fetched.ts';
import { datasetsFolder } from '../../src/datasets/places.ts';
import { contentNamed, removeDataset } from '../../src/datasets/store.ts';
import { importPoints } from '../support/points-dataset.ts';
import { temporaryFolder, type TemporaryFolder } from '../support/temporary-folder.ts';

const TREE = 'ab'.repeat(32);
const ORDER = { tree: TREE, name: 'points' };

let host: TemporaryFolder;
let node: TemporaryFolder;
let content: string;
/** The node's datasets. */
let folder: string;
let fetched: FetchedDatasets;

beforeEach(async () => {
  [host, node] = [temporaryFolder(), temporaryFolder()];
  await importPoints(host);
  content = contentNamed(datasetsFolder(host.path), 'points') ?? '';
  folder = datasetsFolder(node.path);
  fetched = new FetchedDatasets(folder);
});
afterEach(() => {
  host.remove();
  node.remove();
});

/** Copies the host's files to where the node collects them. */
async function collect(): Promise<string> {
  const served = await folderToServe(datasetsFolder(host.path), { name: 'points', content });
  const place = join(fetched.incoming, TREE);
  cpSync(served ?? '', place, { recursive: true });
  return place;
}

describe('Fetched datasets: storing', () => {
  it('stores a collected dataset that is found by content, with the values of the host', async () => {
    await collect();
    await fetched.finish({ ...ORDER, content });
    expect(fetched.contents()).toEqual([MNIST.content, content]);
    expect(readdirSync(fetched.incoming)).toEqual([]);
    const entry = fetched.find({ name: 'points', content });
    const original = catalogueOf(datasetsFolder(host.path)).find('points');
    expect(entry?.statistics).toEqual(original?.statistics);
    if (entry === undefined || original === undefined) throw new Error('no such dataset');
    const [here, there] = [await loadDataset(entry, ''), await loadDataset(original, '')];
    expect(here.view).toEqual(there.view);
  });

  it.each(['training', 'test'])(
    'refuses a dataset whose %s samples were changed',
    async (split) => {
      const file = join(await collect(), split);
      const bytes = readFileSync(file);
      bytes[3] = (bytes[3] ?? 0) ^ 1;
      writeFileSync(file, bytes);
      await expect(fetched.finish({ ...ORDER, content })).rejects.toThrow(
        /^points: expected SHA-256 [0-9a-f]{64}, found [0-9a-f]{64}$/,
      );
      expect(fetched.contents()).not.toContain(content);
    },
  );

  it('refuses a dataset of another content than ordered, and a description of another form', async () => {
    const place = await collect();
    await expect(fetched.finish({ ...ORDER, content: '0'.repeat(64) })).rejects.toThrow(
      `expected content ${'0'.repeat(64)}, found ${content}`,
    );
    writeFileSync(join(place, 'description.json'), '{"format":"galapagos-description/2"}');
    await expect(fetched.finish({ ...ORDER, content })).rejects.toThrow(
      'format: expected galapagos-description/1, found galapagos-description/2',
    );
  });

  it('serves built-in datasets to nobody, because every node has them', async () => {
    const served = folderToServe(datasetsFolder(host.path), {
      name: 'mnist',
      content: MNIST.content,
    });
    await expect(served).resolves.toBeNull();
  });

  it('survives the removal of datasets that this machine has imported', async () => {
    await collect();
    await fetched.finish({ ...ORDER, content });
    await importPoints(node);
    removeDataset(folder, 'points');
    expect(fetched.contents()).toContain(content);
  });
});

describe('Fetched datasets: names', () => {
  it('gives a study the bytes that it names, whatever the name stands for on the node', async () => {
    await collect();
    await fetched.finish({ ...ORDER, content });
    // The same name, other bytes.
    const reference = { name: 'mnist', content };
    const catalogue = catalogueWith(catalogueOf(folder), folder, reference);
    expect(referenced(catalogue, reference)?.content).toBe(content);
    expect(catalogue.find('mnist')?.name).toBe('mnist');
  });

  it('finds bytes that this machine has imported under another name', async () => {
    await importPoints(node);
    const reference = { name: 'elsewhere', content };
    const entry = catalogueWith(catalogueOf(folder), folder, reference).find('elsewhere');
    expect(entry).toMatchObject({ name: 'elsewhere', content });
  });

  it('still refuses a name of other bytes where the right ones are not here', () => {
    const reference = { name: 'mnist', content };
    const catalogue = catalogueWith(catalogueOf(folder), folder, reference);
    expect(() => referenced(catalogue, reference)).toThrow(/has another dataset of this name/);
  });
});
