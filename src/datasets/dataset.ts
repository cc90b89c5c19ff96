/**
 * A dataset in memory: training samples first, then test samples, as one buffer; splits are index
 * lists into it.
 */
import { createHash } from 'node:crypto';
import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createGunzip } from 'node:zlib';
import { copyInTurns, inTurns } from '../runtime/turn.ts';
import type { BundledSource, DatasetEntry, ImportedSource } from './catalogue.ts';
import { broken, mismatch, unreadable, type DatasetError } from './dataset-error.ts';
import type { DatasetView } from './dataset-view.ts';
import { readIdx } from './formats/idx.ts';
import { splitDescription } from './import/arrange.ts';
import { bundledFolder } from './places.ts';
import { MemoryBytes } from './sources/bytes.ts';

export interface Dataset {
  readonly entry: DatasetEntry;
  readonly view: DatasetView;
}

/**
 * Reads a dataset and checks every file's SHA-256 and shape, yielding to the event loop.
 * @param resources absolute path of the folder that contains `datasets/`
 * @throws DatasetError with file, expected and found
 */
export async function loadDataset(entry: DatasetEntry, resources: string): Promise<Dataset> {
  const { source } = entry;
  return source.kind === 'bundled'
    ? loadBundled(entry, source, resources)
    : loadImported(entry, source);
}

async function loadBundled(
  entry: DatasetEntry,
  { files }: BundledSource,
  resources: string,
): Promise<Dataset> {
  const contents = await Promise.all(
    files.map(async ({ name, sha256 }) => ({
      name,
      bytes: await readChecked(join(bundledFolder(resources, entry.name), name), sha256),
    })),
  );
  const [trainImages, trainLabels, testImages, testLabels] = contents;
  if (
    trainImages === undefined ||
    trainLabels === undefined ||
    testImages === undefined ||
    testLabels === undefined
  )
    throw new Error(`${entry.name}: four files expected`);
  const samples = entry.training + entry.test;
  const size = elements(entry.shape);
  const x = new Uint8Array(samples * size);
  const y = new Uint8Array(samples);
  await copyInTurns(x, await images(trainImages, entry, entry.training), 0);
  await copyInTurns(x, await images(testImages, entry, entry.test), entry.training * size);
  await copyInTurns(y, await labels(trainLabels, entry, entry.training), 0);
  await copyInTurns(y, await labels(testLabels, entry, entry.test), entry.training);
  return {
    entry,
    view: { samples, shape: entry.shape, classes: entry.classes, sampleType: 'u8', x, y },
  };
}

/** Values and labels of both splits, read directly into their final buffers. */
async function loadImported(entry: DatasetEntry, source: ImportedSource): Promise<Dataset> {
  const { shape, sampleType, classes, targets, training, test } = entry;
  const samples = training + test;
  const size = elements(shape);
  const x = sampleType === 'u8' ? new Uint8Array(samples * size) : new Float32Array(samples * size);
  const y =
    targets > 0
      ? new Float32Array(samples * targets)
      : classes <= 256
        ? new Uint8Array(samples)
        : new Uint16Array(samples);
  for (const [split, first, count] of [
    [source.training, 0, training],
    [source.test, training, test],
  ] as const) {
    const values = bytesOf(x, first * size, count * size);
    const labelled = bytesOf(y, first * (targets || 1), count * (targets || 1));
    await fill(split.file, [values, labelled]);
    const hash = createHash('sha256').update(
      splitDescription({ shape, sampleType, classes, targets, samples: count }),
    );
    await inTurns(values, (piece) => hash.update(piece));
    await inTurns(labelled, (piece) => hash.update(piece));
    const found = hash.digest('hex');
    if (found !== split.sha256)
      throw changed(split.file, split.sha256, found, `import ${entry.name} again`);
  }
  return {
    entry,
    view: { samples, shape, classes, sampleType, x, y, ...(targets > 0 ? { targets } : {}) },
  };
}

function bytesOf(
  values: Uint8Array | Uint16Array | Float32Array,
  first: number,
  count: number,
): Uint8Array {
  const each = values.BYTES_PER_ELEMENT;
  return new Uint8Array(values.buffer, values.byteOffset + first * each, count * each);
}

/** Reads the whole file into these buffers, one after the other. */
async function fill(path: string, places: readonly Uint8Array[]): Promise<void> {
  let file: Awaited<ReturnType<typeof open>>;
  try {
    file = await open(path);
  } catch (error) {
    throw unreadable(path, error);
  }
  try {
    const expected = places.reduce((sum, place) => sum + place.length, 0);
    const { size } = await file.stat();
    if (size !== expected)
      throw mismatch(
        path,
        null,
        `${String(expected)} bytes`,
        String(size),
        'the file was changed or cut short',
      );
    for (const place of places) {
      for (let done = 0; done < place.length;) {
        const { bytesRead } = await file.read(place, done, place.length - done);
        if (bytesRead === 0)
          throw mismatch(
            path,
            null,
            `${String(expected)} bytes`,
            'fewer',
            'the file was cut short',
          );
        done += bytesRead;
      }
    }
  } finally {
    await file.close();
  }
}

function changed(path: string, expected: string, found: string, remedy?: string): DatasetError {
  const why = `the file was changed or cut short${remedy === undefined ? '' : `; ${remedy}`}`;
  return mismatch(path, null, `SHA-256 ${expected}`, found, why);
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
    throw unreadable(path, error);
  }
  const hash = createHash('sha256');
  await inTurns(bytes, (piece) => hash.update(piece));
  const found = hash.digest('hex');
  if (found !== sha256) throw changed(path, sha256, found);
  return bytes;
}

async function images(content: Content, entry: DatasetEntry, count: number): Promise<Uint8Array> {
  const { dimensions, values } = await idxOf(content, 3, count * elements(entry.shape));
  const expected = [count, ...entry.shape.slice(1)];
  if (dimensions.join() !== expected.join())
    throw mismatch(content.name, null, expected.join('×'), dimensions.join('×'));
  return values;
}

async function labels(content: Content, entry: DatasetEntry, count: number): Promise<Uint8Array> {
  const { dimensions, values } = await idxOf(content, 1, count);
  if (dimensions[0] !== count)
    throw mismatch(content.name, null, `${String(count)} labels`, String(dimensions[0]));
  const bad = values.findIndex((label) => label >= entry.classes);
  if (bad >= 0)
    throw mismatch(
      content.name,
      `offset ${String(8 + bad)}`,
      `a class below ${String(entry.classes)}`,
      String(values[bad]),
    );
  return values;
}

function elements(shape: readonly number[]): number {
  return shape.reduce((product, n) => product * n, 1);
}

async function idxOf(
  { name, bytes }: Content,
  rank: number,
  values: number,
): Promise<{ readonly dimensions: readonly number[]; readonly values: Uint8Array }> {
  const expected = 4 + 4 * rank + values;
  let content: Uint8Array;
  try {
    content = await unpacked(bytes, expected);
  } catch (error) {
    throw broken(name, null, 'a whole gzip file', error);
  }
  const { dimensions, offset } = readIdx(new MemoryBytes(name, content), rank);
  return { dimensions, values: content.subarray(offset) };
}

const UNPACKED_PIECE = 256 * 1024;

/**
 * Decompresses into the final buffer, in another thread. @param expected bytes; if there are more,
 * one more is returned, so that the caller notices
 */
async function unpacked(bytes: Uint8Array, expected: number): Promise<Uint8Array> {
  const content = new Uint8Array(expected + 1);
  let filled = 0;
  const gunzip = createGunzip({ chunkSize: UNPACKED_PIECE });
  gunzip.end(bytes);
  for await (const chunk of gunzip) {
    const piece = (chunk as Uint8Array).subarray(0, content.length - filled);
    content.set(piece, filled);
    filled += piece.length;
  }
  return content.subarray(0, filled);
}
