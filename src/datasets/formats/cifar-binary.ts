/**
 * CIFAR's binary version (Krizhevsky): records of one label byte (CIFAR-100: coarse, then fine) and
 * 3×32×32 pixel bytes. It has no magic number: recognised by its size and by labels in the range of
 * classes.
 */
import { defined } from '../../core/at.ts';
import { mismatch } from '../dataset-error.ts';
import type { Importing } from '../import/importing.ts';
import { splitOfPath } from '../import/split-names.ts';
import type { Bytes } from '../sources/bytes.ts';
import type { Item } from '../sources/walk.ts';

export const CIFAR_PIXELS = 3072;
export const CIFAR_SHAPE = [3, 32, 32] as const;
const RECORDS = 256;
/** Number of labels checked for recognition. */
const LOOKS = 200;

export type CifarKind = 'cifar-10' | 'cifar-100';

export function cifarKind(bytes: Bytes): CifarKind | null {
  const { length } = bytes;
  const holds = (labelBytes: number, classes: readonly number[]): boolean => {
    const record = labelBytes + CIFAR_PIXELS;
    const count = length / record;
    if (count === 0 || !Number.isInteger(count)) return false;
    const step = Math.max(1, Math.floor(count / LOOKS));
    for (let i = 0; i < count; i += step) {
      const labels = bytes.read(i * record, labelBytes);
      if (labels.some((label, k) => label >= defined(classes[k]))) return false;
    }
    return true;
  };
  if (holds(1, [10])) return 'cifar-10';
  return holds(2, [20, 100]) ? 'cifar-100' : null;
}

/** Describes the defect of a file that begins like CIFAR binary but is not valid. */
export function cutCifar(bytes: Bytes): string | null {
  const record = CIFAR_PIXELS + 1;
  if (
    bytes.length < record ||
    defined(bytes.read(0, 1)[0]) >= 10 ||
    (bytes.length >= 2 * record && defined(bytes.read(record, 1)[0]) >= 10)
  )
    return null;
  return `${String(Math.floor(bytes.length / record))} whole records of CIFAR-10 (3,073 bytes each) and ${String(bytes.length % record)} bytes more`;
}

export function readCifarBinary(
  items: readonly Item[],
  kind: CifarKind,
  { samples, classes, options, meter, label, checkpoint }: Importing,
): void {
  const coarse = kind === 'cifar-100' && options.label === 'coarse';
  if (kind === 'cifar-100')
    label({ chosen: coarse ? 'coarse' : 'fine', choices: ['fine', 'coarse'] });
  const labelBytes = kind === 'cifar-10' ? 1 : 2;
  const record = labelBytes + CIFAR_PIXELS;
  const count = kind === 'cifar-10' ? 10 : coarse ? 20 : 100;
  if (classes.known?.length !== count)
    classes.know(Array.from({ length: count }, (_, i) => String(i)));
  meter.samples = items.reduce((sum, { bytes }) => sum + Math.floor(bytes.length / record), 0);
  const pixels = new Uint8Array(RECORDS * CIFAR_PIXELS);
  const labels = new Uint32Array(RECORDS);
  for (const { path, bytes } of items) {
    if (bytes.length % record !== 0)
      throw mismatch(
        bytes.name,
        null,
        `a multiple of ${String(record)} bytes`,
        String(bytes.length),
        'CIFAR-10 and CIFAR-100 cannot be mixed',
      );
    samples.begin(bytes.name, { shape: CIFAR_SHAPE, sampleType: 'u8', targets: 0 });
    const split = splitOfPath(path === '' ? bytes.name : path) ?? 'training';
    const records = bytes.length / record;
    for (let first = 0; first < records; first += RECORDS) {
      const n = Math.min(RECORDS, records - first);
      const run = bytes.read(first * record, n * record);
      for (let i = 0; i < n; i++) {
        const at = i * record;
        const place = (): string => `offset ${String((first + i) * record)}`;
        labels[i] = classes.ofNumber(
          defined(run[kind === 'cifar-100' && !coarse ? at + 1 : at]),
          bytes.name,
          place,
        );
        pixels.set(run.subarray(at + labelBytes, at + record), i * CIFAR_PIXELS);
      }
      samples.add(bytes.name, split, pixels.subarray(0, n * CIFAR_PIXELS), labels.subarray(0, n));
      checkpoint();
    }
    bytes.discard();
  }
}
