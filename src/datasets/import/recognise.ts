/**
 * Recognises the format of a file by its content. A name only helps to explain what is wrong with a
 * file that matches no format.
 */
import { mismatch, type DatasetError } from '../dataset-error.ts';
import { cifarKind, cutCifar, type CifarKind } from '../formats/cifar-binary.ts';
import { delimiterOf } from '../formats/csv.ts';
import { isIdx, readIdx } from '../formats/idx.ts';
import { isJpeg } from '../formats/jpeg.ts';
import { isNpy } from '../formats/npy.ts';
import { isParquet } from '../formats/parquet-set.ts';
import { isPng } from '../formats/png.ts';
import type { Bytes } from '../sources/bytes.ts';

/** `text` may contain class names; `other` is never read. */
export type Kind =
  'image' | 'idx' | CifarKind | 'pickle' | 'npy' | 'csv' | 'parquet' | 'text' | 'other';

const FORMATS =
  'IDX, CIFAR binary or pickle, NPY, NPZ, CSV, Parquet, PNG, JPEG, or an archive of them (zip, tar, gzip, xz)';
const HEAD = 64;

/** Data formats that are not supported; skipping them would silently lose samples. */
const NOT_READ: readonly (readonly [name: string, magic: string, offset: number])[] = [
  ['a GIF image', 'GIF8', 0],
  ['a WebP image', 'WEBP', 8],
  ['a TIFF image', 'II*\0', 0],
  ['a TIFF image', 'MM\0*', 0],
  ['an HDF5 file', '\x89HDF\r\n\x1a\n', 0],
  ['a MATLAB file', 'MATLAB 5.0 MAT-file', 0],
  ['a bzip2 archive', 'BZh', 0],
  ['a Zstandard archive', '\x28\xb5\x2f\xfd', 0],
  ['a 7z archive', '7z\xbc\xaf\x27\x1c', 0],
  ['a RAR archive', 'Rar!\x1a\x07', 0],
  ['an Arrow file', 'ARROW1', 0],
];

/** @throws DatasetError for data in an unsupported format */
export function recognise(bytes: Bytes): Kind {
  const head = bytes.read(0, Math.min(HEAD, bytes.length));
  if (isPng(head) || isJpeg(head)) return 'image';
  if (isNpy(head)) return 'npy';
  if (isParquet(head)) return 'parquet';
  if (isIdx(head)) return 'idx';
  const latin = Buffer.from(head).toString('latin1');
  const unread =
    NOT_READ.find(([, magic, offset]) => latin.startsWith(magic, offset)) ??
    (latin.startsWith('BM') && isBitmap(head) ? (['a BMP image'] as const) : undefined);
  if (unread !== undefined)
    throw mismatch(bytes.name, null, FORMATS, unread[0], 'convert it first');
  const cifar = cifarKind(bytes);
  if (cifar !== null) return cifar;
  if (isPickle(head)) return 'pickle';
  if (delimiterOf(bytes) !== null) return 'csv';
  return isText(bytes) ? 'text' : 'other';
}

/**
 * Explains why a file that should be data is not: the error of the nearest format. @param among
 * kind of the files beside it; null: alone
 */
export function complaint(bytes: Bytes, among: Kind | null): DatasetError {
  const expected = among === 'image' ? 'a PNG or JPEG image' : FORMATS;
  if (bytes.length === 0) return mismatch(bytes.name, null, expected, 'an empty file');
  if (/idx\d/i.test(bytes.name)) readIdx(bytes);
  const cut = cutCifar(bytes);
  if (cut !== null)
    return mismatch(
      bytes.name,
      `offset ${String(bytes.length)}`,
      'the end of a record',
      cut,
      'the file is cut short',
    );
  const begins = [...bytes.read(0, Math.min(8, bytes.length))]
    .map((byte) => byte.toString(16).padStart(2, '0'))
    .join(' ');
  return mismatch(
    bytes.name,
    'offset 0',
    expected,
    isText(bytes)
      ? among === 'image'
        ? 'a text'
        : 'a text that is no table'
      : `bytes that begin with ${begins}`,
  );
}

/** Protocols 2 to 5 have a header; older ones begin with a mark or an empty container. */
function isPickle(head: Uint8Array): boolean {
  if (head[0] === 0x80) return (head[1] ?? 0) >= 2 && (head[1] ?? 0) <= 5;
  return /^(?:\(dp\d|\(lp\d|\}q|\]q|c[\w.]+\n[\w.]+\n)/.test(Buffer.from(head).toString('latin1'));
}

/** The size in the header equals the file's. */
function isBitmap(head: Uint8Array): boolean {
  return head.length > 18 && head[6] === 0 && head[7] === 0 && head[8] === 0 && head[9] === 0;
}

function isText(bytes: Bytes): boolean {
  const head = bytes.read(0, Math.min(4096, bytes.length));
  return head.every((byte) => byte >= 32 || byte === 9 || byte === 10 || byte === 13);
}
