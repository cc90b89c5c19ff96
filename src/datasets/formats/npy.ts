/**
 * NPY, numpy's file of one array (NEP 1, versions 1 to 3): reads its header, and its numbers as
 * bytes or float32.
 */
import { at } from '../../core/at.ts';
import { grouped, mismatch } from '../dataset-error.ts';
import type { Bytes } from '../sources/bytes.ts';

export interface Npy {
  readonly shape: readonly number[];
  /** `u1`, `i8`, `f4` … little-endian. */
  readonly type: NpyType;
  readonly offset: number;
}

type NpyType = keyof typeof READERS;

/** Size in bytes and reader of each type. */
const READERS = {
  u1: [1, (view: DataView, offset: number) => view.getUint8(offset)],
  i1: [1, (view: DataView, offset: number) => view.getInt8(offset)],
  b1: [1, (view: DataView, offset: number) => view.getUint8(offset)],
  u2: [2, (view: DataView, offset: number) => view.getUint16(offset, true)],
  i2: [2, (view: DataView, offset: number) => view.getInt16(offset, true)],
  u4: [4, (view: DataView, offset: number) => view.getUint32(offset, true)],
  i4: [4, (view: DataView, offset: number) => view.getInt32(offset, true)],
  u8: [8, (view: DataView, offset: number) => Number(view.getBigUint64(offset, true))],
  i8: [8, (view: DataView, offset: number) => Number(view.getBigInt64(offset, true))],
  f4: [4, (view: DataView, offset: number) => view.getFloat32(offset, true)],
  f8: [8, (view: DataView, offset: number) => view.getFloat64(offset, true)],
} as const;

const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];
const LONGEST_HEADER = 64 * 1024;

export function isNpy(head: Uint8Array): boolean {
  return MAGIC.every((byte, i) => head[i] === byte);
}

/**
 * @throws DatasetError for other types, an order by columns, or a length that its header
 *   contradicts
 */
export function readNpy(bytes: Bytes): Npy {
  const { name } = bytes;
  const fixed = bytes.read(0, 12);
  const wide = at(fixed, 6) >= 2;
  const length =
    at(fixed, 8) +
    256 * at(fixed, 9) +
    (wide ? 65536 * at(fixed, 10) + 2 ** 24 * at(fixed, 11) : 0);
  const start = wide ? 12 : 10;
  if (length > LONGEST_HEADER)
    throw mismatch(
      name,
      'offset 8',
      `a header of at most ${grouped(LONGEST_HEADER)} bytes`,
      grouped(length),
    );
  const header = Buffer.from(bytes.read(start, length)).toString('latin1');
  const described = /'descr':\s*'([<>|=]?)([a-zA-Z]+\d*)'/.exec(header);
  const order = described?.[1] ?? '';
  const type = described?.[2] ?? '';
  if (!isType(type) || order === '>')
    throw mismatch(
      name,
      'dtype',
      `one of ${Object.keys(READERS).join(', ')}, little-endian`,
      described === null ? JSON.stringify(header.slice(0, 60)) : `${order}${type}`,
    );
  if (/'fortran_order':\s*True/.test(header))
    throw mismatch(name, 'fortran_order', 'False', 'True', 'numpy.ascontiguousarray makes it so');
  const listed = /'shape':\s*\(([^)]*)\)/.exec(header)?.[1] ?? '';
  const shape = listed
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .map((part) => Number(part.replace(/L$/, '')));
  if (!shape.every((n) => Number.isSafeInteger(n) && n >= 0))
    throw mismatch(name, 'shape', 'whole numbers', listed);
  const offset = start + length;
  const expected = shape.reduce((product, n) => product * n, READERS[type][0]);
  const found = bytes.length - offset;
  if (found !== expected)
    throw mismatch(
      name,
      `offset ${String(offset)}`,
      `${shape.join('×')} values of ${type} = ${grouped(expected)} bytes`,
      grouped(found),
      found < expected ? 'the file is cut short' : undefined,
    );
  return { shape, type, offset };
}

/** Reads `count` numbers from a position on, unconverted. */
export function numbersOf(
  bytes: Bytes,
  { type, offset }: Npy,
  first: number,
  count: number,
): Float64Array {
  const [size, read] = READERS[type];
  const content = bytes.read(offset + first * size, count * size);
  const view = new DataView(content.buffer, content.byteOffset, content.byteLength);
  return Float64Array.from({ length: count }, (_, i) => read(view, i * size));
}

function isType(type: string): type is NpyType {
  return Object.hasOwn(READERS, type);
}
