/** A dataset in memory: training samples first, then test samples, as one buffer; splits are index lists into it. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { DatasetView } from '../executors/executor.ts';
import type { DatasetEntry } from './catalogue.ts';
import { DatasetError, mismatch, reasonOf } from './dataset-error.ts';
import { readIdx } from './formats/idx.ts';
import { MemoryBytes } from './sources/bytes.ts';

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
    throw new DatasetError(path, `cannot be read (${reasonOf(error)})`);
  }
  const found = createHash('sha256').update(bytes).digest('hex');
  if (found !== sha256) throw new DatasetError(path, `expected SHA-256 ${sha256}, found ${found}: the file was changed or cut short`);
  return bytes;
}

function images(content: Content, entry: DatasetEntry, count: number): Uint8Array {
  const { dimensions, values } = idxOf(content, 3);
  const expected = [count, ...entry.shape.slice(1)];
  if (dimensions.join() !== expected.join()) throw mismatch(content.name, null, expected.join('×'), dimensions.join('×'));
  return values;
}

function labels(content: Content, entry: DatasetEntry, count: number): Uint8Array {
  const { dimensions, values } = idxOf(content, 1);
  if (dimensions[0] !== count) throw mismatch(content.name, null, `${String(count)} labels`, String(dimensions[0]));
  const bad = values.findIndex((label) => label >= entry.classes);
  if (bad >= 0) throw mismatch(content.name, `offset ${String(8 + bad)}`, `a class below ${String(entry.classes)}`, String(values[bad]));
  return values;
}

function idxOf({ name, bytes }: Content, rank: number): { readonly dimensions: readonly number[]; readonly values: Uint8Array } {
  let content: Uint8Array;
  try {
    content = gunzipSync(bytes);
  } catch (error) {
    throw new DatasetError(name, `is not a whole gzip file (${reasonOf(error)})`);
  }
  const { dimensions, offset } = readIdx(new MemoryBytes(name, content), rank);
  return { dimensions, values: content.subarray(offset) };
}
