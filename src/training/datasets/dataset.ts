/** A dataset in memory: training samples first, then test samples, as one buffer; splits are index lists into it. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DatasetView } from '../executors/executor.ts';
import type { DatasetEntry } from './catalogue.ts';
import { DatasetError, readIdx } from './idx.ts';

export interface Dataset {
  readonly entry: DatasetEntry;
  readonly view: DatasetView;
}

/**
 * Reads a bundled dataset, checking every file's SHA-256 and shape.
 * @param resources absolute path of the folder that holds `datasets/`
 * @throws DatasetError naming the file, what was expected and what found
 */
export async function loadDataset(entry: DatasetEntry, resources: string): Promise<Dataset> {
  const contents = await Promise.all(
    entry.files.map(async ({ name, sha256 }) => ({
      name,
      bytes: await readChecked(join(resources, 'datasets', entry.name, name), sha256),
    })),
  );
  const [trainImages, trainLabels, testImages, testLabels] = contents;
  if (trainImages === undefined || trainLabels === undefined || testImages === undefined || testLabels === undefined)
    throw new Error(`${entry.name}: four files expected`);
  const samples = entry.training + entry.test;
  const size = entry.shape.reduce((product, n) => product * n, 1);
  const x = new Uint8Array(samples * size);
  const y = new Uint8Array(samples);
  x.set(images(trainImages, entry, entry.training), 0);
  x.set(images(testImages, entry, entry.test), entry.training * size);
  y.set(labels(trainLabels, entry, entry.training), 0);
  y.set(labels(testLabels, entry, entry.test), entry.training);
  return { entry, view: { samples, shape: entry.shape, classes: entry.classes, sampleType: 'u8', x, y } };
}

interface Content {
  readonly name: string;
  readonly bytes: Uint8Array;
}

async function readChecked(path: string, sha256: string): Promise<Uint8Array> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path);
  } catch (error) {
    throw new DatasetError(path, `cannot be read (${error instanceof Error ? error.message : String(error)})`);
  }
  const found = createHash('sha256').update(bytes).digest('hex');
  if (found !== sha256) throw new DatasetError(path, `expected SHA-256 ${sha256}, found ${found}: the file was changed or cut short`);
  return bytes;
}

function images({ name, bytes }: Content, entry: DatasetEntry, count: number): Uint8Array {
  const { dimensions, values } = readIdx(name, bytes, 3);
  const expected = [count, ...entry.shape.slice(1)];
  if (dimensions.join() !== expected.join()) throw new DatasetError(name, `expected ${expected.join('×')}, found ${dimensions.join('×')}`);
  return values;
}

function labels({ name, bytes }: Content, entry: DatasetEntry, count: number): Uint8Array {
  const { dimensions, values } = readIdx(name, bytes, 1);
  if (dimensions[0] !== count) throw new DatasetError(name, `expected ${String(count)} labels, found ${String(dimensions[0])}`);
  const bad = values.findIndex((label) => label >= entry.classes);
  if (bad >= 0)
    throw new DatasetError(
      name,
      `offset ${String(8 + bad)}: expected a class below ${String(entry.classes)}, found ${String(values[bad])}`,
    );
  return values;
}
