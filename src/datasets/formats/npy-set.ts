/**
 * NPY files, alone or in an NPZ: arrays of samples and of labels, distinguished by their names,
 * else by their rank.
 */
import { defined } from '../../core/at.ts';
import { mismatch } from '../dataset-error.ts';
import type { Importing } from '../import/importing.ts';
import { splitOfPath } from '../import/split-names.ts';
import type { Item } from '../sources/walk.ts';
import { numbersOf, readNpy, type Npy } from './npy.ts';
import { pairsOf, type Pair, type Part } from './pairs.ts';

interface NpyPart extends Part, Npy {
  readonly item: Item;
}

const RUN = 64 * 1024;
const LABEL = /^(?:y|labels?|targets?|class(?:es)?)$/;
/** Label arrays that are used where there are several and none was chosen. */
const USUAL = ['y', 'label', 'labels', 'target', 'targets'];
const SAMPLE = /^(?:x|images?|data|features?|samples?|inputs?)$/;

export function readNpySet(source: string, items: readonly Item[], importing: Importing): void {
  const parts = items.map((item): NpyPart => {
    const npy = readNpy(item.bytes);
    const path = (item.path === '' ? item.bytes.name : item.path).replace(/\.npy$/i, '');
    return {
      ...npy,
      item,
      name: item.bytes.name,
      role: roleOf(path, npy),
      split: splitOfPath(path),
      // A scalar's shape is empty.
      count: npy.shape[0] ?? 0,
    };
  });
  const used = chosenLabels(source, parts, importing);
  importing.meter.samples = used.reduce(
    (sum, { role, count }) => sum + (role === 'labels' ? count : 0),
    0,
  );
  for (const pair of pairsOf(source, used)) add(pair, importing);
}

/**
 * Excludes the label arrays that were not chosen. Arrays are identified by their names without the
 * words of a split: `y_train` and `y_test` are both `y`.
 * @throws DatasetError where the requested label does not exist, or several exist and none is
 *   chosen
 */
function chosenLabels(
  source: string,
  parts: readonly NpyPart[],
  { options, label }: Importing,
): readonly NpyPart[] {
  const kindOf = ({ item: { path, bytes } }: NpyPart): string =>
    labelName(path === '' ? bytes.name : path);
  const choices = [...new Set(parts.filter(({ role }) => role === 'labels').map(kindOf))];
  const [first] = choices;
  if (options.label !== null && !choices.includes(options.label))
    throw mismatch(
      source,
      null,
      `an array of labels ${JSON.stringify(options.label)}`,
      choices.join(', ') || 'none',
      {
        option: 'label',
        words: 'choose one of these with --label',
      },
    );
  const chosen = options.label ?? choices.find((name) => USUAL.includes(name)) ?? first;
  if (chosen === undefined) return parts;
  label({ chosen, choices });
  return parts.filter((part) => part.role !== 'labels' || kindOf(part) === chosen);
}

/** `labels/coarse_y_train.npy` → `coarse_y`; the name itself if nothing else is left. */
function labelName(path: string): string {
  const file = defined(path.split('/').at(-1)).replace(/\.npy$/i, '');
  const words = file.split(/[^A-Za-z0-9]+/).filter((word) => splitOfPath(word) === null);
  return words.join('_') || file;
}

function roleOf(path: string, { shape }: Npy): Part['role'] {
  const words = defined(path.split('/').at(-1))
    .toLowerCase()
    .split(/[^a-z0-9]+/);
  if (words.some((word) => LABEL.test(word))) return 'labels';
  if (words.some((word) => SAMPLE.test(word))) return 'samples';
  return shape.length === 1 ? 'labels' : 'samples';
}

function add(
  { split, samples: x, labels: y }: Pair<NpyPart>,
  { samples, classes, note, checkpoint }: Importing,
): void {
  const { shape, last } = imageShape(x);
  const targets =
    y.type === 'f4' || y.type === 'f8'
      ? y.shape.slice(1).reduce((product, n) => product * n, 1)
      : 0;
  if (targets === 0 && y.shape.slice(1).some((n) => n !== 1))
    throw mismatch(
      y.name,
      'shape',
      `${String(y.count)} integers, one class a sample`,
      y.shape.join(' × '),
      'of one-hot rows take the argmax',
    );
  if (targets > 0)
    note(
      `${y.name} holds ${y.type === 'f4' ? 'float32' : 'float64'}: numbers to predict; integers would be classes`,
    );
  const sampleType = x.type === 'u1' ? 'u8' : 'f32';
  if (sampleType === 'f32' && x.type !== 'f4') note(`${x.name} holds ${x.type}: kept as float32`);
  samples.begin(x.name, { shape, sampleType, targets });
  const size = shape.reduce((product, n) => product * n, 1);
  const most = Math.max(1, Math.floor(RUN / size));
  for (let first = 0; first < x.count; first += most) {
    const n = Math.min(most, x.count - first);
    const values = valuesOf(x, first * size, n * size);
    const planar = last === null ? values : channelsFirst(values, n, last, size / last);
    const labels = numbersOf(y.item.bytes, y, first * (targets || 1), n * (targets || 1));
    if (targets > 0) checkFinite(y.name, labels, first * targets);
    const numbers =
      targets > 0
        ? labels
        : labels.map((label, i) =>
            classes.ofNumber(label, y.name, () => `element ${String(first + i)}`),
          );
    samples.add(
      x.name,
      split,
      new Uint8Array(planar.buffer, planar.byteOffset, planar.byteLength),
      numbers,
    );
    checkpoint();
  }
  x.item.bytes.discard();
  y.item.bytes.discard();
}

function valuesOf(part: NpyPart, first: number, count: number): Uint8Array | Float32Array {
  if (part.type === 'u1') return part.item.bytes.read(part.offset + first, count);
  // Adding 0 turns negative zero into zero.
  const values = Float32Array.from(
    numbersOf(part.item.bytes, part, first, count),
    (value) => value + 0,
  );
  checkFinite(part.name, values, first);
  return values;
}

function checkFinite(name: string, values: ArrayLike<number>, first: number): void {
  for (let i = 0; i < values.length; i++)
    if (!Number.isFinite(values[i]))
      throw mismatch(name, `element ${String(first + i)}`, 'a finite number', String(values[i]));
}

/**
 * [N, H, W] is grey; [N, H, W, C] and [N, C, H, W] are distinguished by the position of 1 or 3; [N,
 * F] are features. `last`: number of channels if they come last.
 */
function imageShape({ name, shape }: NpyPart): {
  readonly shape: readonly number[];
  readonly last: number | null;
} {
  const [, a = 0, b = 0, c = 0] = shape;
  if (shape.length === 2) return { shape: [a], last: null };
  if (shape.length === 3) return { shape: [1, a, b], last: null };
  if (shape.length === 4 && (c === 1 || c === 3)) return { shape: [c, a, b], last: c };
  if (shape.length === 4 && (a === 1 || a === 3)) return { shape: [a, b, c], last: null };
  throw mismatch(
    name,
    'shape',
    'samples × features, or images of 1 or 3 channels (N×H×W, N×H×W×C, N×C×H×W)',
    shape.join(' × '),
  );
}

function channelsFirst<T extends Uint8Array | Float32Array>(
  values: T,
  samples: number,
  channels: number,
  plane: number,
): T {
  const planar = values.slice() as T;
  for (let s = 0; s < samples; s++) {
    const at = s * channels * plane;
    for (let p = 0; p < plane; p++)
      for (let c = 0; c < channels; c++)
        planar[at + c * plane + p] = defined(values[at + p * channels + c]);
  }
  return planar;
}
