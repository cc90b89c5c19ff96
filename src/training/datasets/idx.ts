/**
 * IDX, the format of MNIST (LeCun, Cortes, Burges), gzipped or not: two zero bytes, type 0x08 (unsigned byte), the number of
 * dimensions, each as big-endian uint32, then the values. Knows bytes, not files.
 */
import { gunzipSync } from 'node:zlib';

export interface Idx {
  readonly dimensions: readonly number[];
  readonly values: Uint8Array;
}

/** What is wrong with a dataset's file: which, where, what was expected and what found. */
export class DatasetError extends Error {
  readonly file: string;

  constructor(file: string, complaint: string) {
    super(`${file}: ${complaint}`);
    this.name = 'DatasetError';
    this.file = file;
  }
}

/** @param file its name, for errors. @throws DatasetError */
export function readIdx(file: string, content: Uint8Array, rank: number): Idx {
  const bytes = content[0] === 0x1f && content[1] === 0x8b ? unzip(file, content) : content;
  const header = 4 + 4 * rank;
  if (bytes.length < header)
    throw new DatasetError(file, `expected at least ${String(header)} bytes of header, found ${String(bytes.length)}`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const magic = view.getUint32(0);
  const expected = 0x0800 + rank;
  if (magic !== expected)
    throw new DatasetError(
      file,
      `offset 0: expected the magic number ${hex(expected)} (unsigned bytes, ${String(rank)} dimensions), found ${hex(magic)}`,
    );
  const dimensions = Array.from({ length: rank }, (_, k) => view.getUint32(4 + 4 * k));
  const size = dimensions.reduce((product, n) => product * n, 1);
  const found = bytes.length - header;
  if (found !== size) {
    const what = found < size ? 'the file is cut short' : 'there is more after the last value';
    throw new DatasetError(
      file,
      `offset ${String(header)}: expected ${dimensions.join('×')} = ${String(size)} values, found ${String(found)} (${what})`,
    );
  }
  return { dimensions, values: bytes.subarray(header) };
}

function hex(n: number): string {
  return `0x${n.toString(16).padStart(8, '0')}`;
}

function unzip(file: string, content: Uint8Array): Uint8Array {
  try {
    return new Uint8Array(gunzipSync(content));
  } catch (error) {
    throw new DatasetError(file, `not a whole gzip file (${error instanceof Error ? error.message : String(error)})`);
  }
}
