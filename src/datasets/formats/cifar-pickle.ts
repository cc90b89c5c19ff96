/**
 * CIFAR's Python version: pickled dictionaries with `data` [N, 3·s·s] and `labels` or
 * `fine_labels`; the class names are in a separate one.
 */
import { mismatch, type DatasetError } from '../dataset-error.ts';
import type { Importing } from '../import/importing.ts';
import { splitOfPath } from '../import/split-names.ts';
import { runs, type Bytes } from '../sources/bytes.ts';
import { collectGarbage } from '../sources/collect-garbage.ts';
import type { Item } from '../sources/walk.ts';
import { textOf, type NumpyArray, type Pickled, type Stored } from './pickle-numpy.ts';
import { readPickle } from './pickle.ts';

const SAMPLES = 256;
const RUN = 256 * 1024;
/** Greatest size in bytes of a text that stands for bytes and is decoded in memory. */
const MOST_TEXT = 64 * 2 ** 20;

interface Batch {
  readonly item: Item;
  readonly data: NumpyArray;
  readonly labels: readonly Pickled[];
}

export function readCifarPickles(items: readonly Item[], importing: Importing): void {
  const { classes, options } = importing;
  const coarse = options.label === 'coarse';
  const batches: Batch[] = [];
  for (const item of items) {
    const name = item.bytes.name;
    const pickled = readPickle(item.bytes);
    if (!(pickled instanceof Map))
      throw mismatch(name, null, 'a dictionary of "data" and "labels"', 'another value');
    const [data, names] = [
      pickled.get('data'),
      pickled.get(coarse ? 'coarse_label_names' : 'fine_label_names') ?? pickled.get('label_names'),
    ];
    if (Array.isArray(names) && data === undefined) classes.know(names.map(textOf));
    else {
      const labels = pickled.get(coarse ? 'coarse_labels' : 'fine_labels') ?? pickled.get('labels');
      if (pickled.has('coarse_labels') && pickled.has('fine_labels'))
        importing.label({ chosen: coarse ? 'coarse' : 'fine', choices: ['fine', 'coarse'] });
      batches.push({ item, data: arrayOf(name, data), labels: listOf(name, labels) });
    }
  }
  importing.meter.samples = batches.reduce((sum, { labels }) => sum + labels.length, 0);
  for (const batch of batches) {
    add(batch, importing);
    collectGarbage();
  }
}

function arrayOf(name: string, data: Pickled | undefined): NumpyArray {
  const found =
    typeof data === 'object' && data !== null && 'kind' in data && data.kind === 'array'
      ? data
      : undefined;
  if (found === undefined)
    throw mismatch(name, null, 'an array "data"', data === undefined ? 'none' : 'another value');
  if (found.type.replace(/^[|<>=]/, '') !== 'u1')
    throw mismatch(name, 'data', 'unsigned bytes (dtype u1)', `dtype ${found.type}`);
  if (found.fortran) throw mismatch(name, 'data', 'an array in row order', 'one in column order');
  return found;
}

function listOf(name: string, labels: Pickled | undefined): readonly Pickled[] {
  if (!Array.isArray(labels))
    throw mismatch(name, null, 'a list "labels"', labels === undefined ? 'none' : 'another value');
  return labels;
}

function add({ item, data, labels }: Batch, { samples, classes, checkpoint }: Importing): void {
  const { bytes, path } = item;
  const [count = 0, size = 0, ...rest] = data.shape;
  const side = Math.sqrt(size / 3);
  if (rest.length > 0 || !Number.isInteger(side) || side === 0)
    throw mismatch(
      bytes.name,
      'data',
      'N × 3072, or three square planes of another size',
      data.shape.join(' × '),
    );
  if (labels.length !== count)
    throw mismatch(bytes.name, 'labels', `${String(count)}, one a sample`, String(labels.length));
  const read = valuesOf(item, data);
  samples.begin(bytes.name, { shape: [3, side, side], sampleType: 'u8', targets: 0 });
  const split = splitOfPath(path === '' ? bytes.name : path) ?? 'training';
  for (let first = 0; first < count; first += SAMPLES) {
    const n = Math.min(SAMPLES, count - first);
    const numbers = labels
      .slice(first, first + n)
      .map((label, i) =>
        classes.ofNumber(
          typeof label === 'number' ? label : NaN,
          bytes.name,
          () => `label ${String(first + i)}`,
        ),
      );
    samples.add(bytes.name, split, read(first * size, n * size), numbers);
    checkpoint();
  }
  bytes.discard();
}

/** The array's bytes by position, wherever the pickle keeps them. */
function valuesOf(
  { bytes }: Item,
  { content, shape }: NumpyArray,
): (offset: number, length: number) => Uint8Array {
  const size = shape.reduce((product, n) => product * n, 1);
  const short = (found: number): DatasetError =>
    mismatch(bytes.name, 'data', `${String(size)} bytes for ${shape.join(' × ')}`, String(found));
  if (content instanceof Uint8Array) {
    if (content.length !== size) throw short(content.length);
    return (offset, length) => content.subarray(offset, offset + length);
  }
  if (!('kind' in content)) throw mismatch(bytes.name, 'data', 'bytes', 'a list');
  if (!content.utf8) {
    if (content.length !== size) throw short(content.length);
    return (offset, length) => bytes.read(content.offset + offset, length);
  }
  if (content.length > MOST_TEXT)
    throw mismatch(
      bytes.name,
      'data',
      `at most ${String(MOST_TEXT)} bytes as text`,
      String(content.length),
      'pickle again with protocol 3 or above',
    );
  const decoded = latinOf(bytes, content, size);
  if (decoded.length !== size) throw short(decoded.length);
  return (offset, length) => decoded.subarray(offset, offset + length);
}

/**
 * Decodes a UTF-8 text in which each character stands for a byte; returns one byte more than `size`
 * if there are more.
 */
function latinOf(bytes: Bytes, { offset, length }: Stored, size: number): Uint8Array {
  const decoded = new Uint8Array(size + 1);
  let at = 0;
  let high = 0;
  for (const run of runs(bytes, offset, length, RUN)) {
    for (const byte of run) {
      // Two bytes stand for 128 to 255: the first contains the upper two bits.
      if (byte >= 0xc0) high = (byte & 3) << 6;
      else decoded[Math.min(at++, size)] = byte < 0x80 ? byte : high | (byte & 0x3f);
    }
  }
  return decoded.subarray(0, Math.min(at, size + 1));
}
