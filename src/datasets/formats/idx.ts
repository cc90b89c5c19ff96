/**
 * IDX, the format of MNIST (LeCun, Cortes, Burges): two zero bytes, a type, the number of
 * dimensions, each dimension as big-endian uint32, then the values. Reads unsigned bytes, the only
 * type in use for images and labels.
 */
import { grouped, mismatch } from '../dataset-error.ts';
import type { Bytes } from '../sources/bytes.ts';

export interface Idx {
  readonly dimensions: readonly number[];
  /** Offset of the first value. */
  readonly offset: number;
}

const TYPES: ReadonlyMap<number, string> = new Map([
  [0x08, 'unsigned bytes'],
  [0x09, 'signed bytes'],
  [0x0b, 'int16'],
  [0x0c, 'int32'],
  [0x0d, 'float32'],
  [0x0e, 'float64'],
]);
const MOST_DIMENSIONS = 4;

export function isIdx(head: Uint8Array): boolean {
  const [a, b, type = 0, rank = 0] = head;
  return (
    a === 0 &&
    b === 0 &&
    TYPES.has(type) &&
    rank >= 1 &&
    rank <= MOST_DIMENSIONS &&
    head.length >= 4 + 4 * rank
  );
}

/** @param rank expected number of dimensions; null: any. @throws DatasetError */
export function readIdx(bytes: Bytes, rank: number | null = null): Idx {
  const least = 4 + 4 * (rank ?? 1);
  if (bytes.length < least)
    throw mismatch(
      bytes.name,
      null,
      `at least ${String(least)} bytes of header`,
      String(bytes.length),
    );
  const [a = 0, b = 0, type = 0, dimensionCount = 0] = bytes.read(0, 4);
  const expected = 0x0800 + (rank ?? Math.min(Math.max(dimensionCount, 1), MOST_DIMENSIONS));
  const magic = ((a << 24) | (b << 16) | (type << 8) | dimensionCount) >>> 0;
  if (magic !== expected) {
    const other = a === 0 && b === 0 && type !== 8 ? TYPES.get(type) : undefined;
    throw mismatch(
      bytes.name,
      'offset 0',
      `the magic number ${hex(expected)} (unsigned bytes, ${String(expected & 0xff)} dimensions)`,
      hex(magic),
      other === undefined ? undefined : `${other} are not read`,
    );
  }
  const offset = 4 + 4 * dimensionCount;
  if (bytes.length < offset)
    throw mismatch(
      bytes.name,
      null,
      `at least ${String(offset)} bytes of header`,
      String(bytes.length),
    );
  const header = bytes.read(4, 4 * dimensionCount);
  const view = new DataView(header.buffer, header.byteOffset, header.byteLength);
  const dimensions = Array.from({ length: dimensionCount }, (_, k) => view.getUint32(4 * k));
  const size = dimensions.reduce((product, n) => product * n, 1);
  const found = bytes.length - offset;
  if (found !== size) {
    const what = found < size ? 'the file is cut short' : 'there is more after the last value';
    throw mismatch(
      bytes.name,
      `offset ${String(offset)}`,
      `${dimensions.join('×')} = ${grouped(size)} values`,
      grouped(found),
      what,
    );
  }
  return { dimensions, offset };
}

function hex(n: number): string {
  return `0x${n.toString(16).padStart(8, '0')}`;
}
