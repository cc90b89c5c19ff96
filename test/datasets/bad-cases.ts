/** Invalid data, case by case, with the expected error. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { deflateSync, gzipSync } from 'node:zlib';
import type { ImportOptions } from '../../src/datasets/import/options.ts';
import { idx, npy, png, pngFile, tar, zip, type Files } from '../support/dataset-files.ts';
import { FIXTURES } from './support.ts';

export const grey = (width = 4, height = 4): Buffer => png(width, height, (x, y) => [16 * x + y]);
const images = idx(
  [3, 2, 2],
  Uint8Array.from({ length: 12 }, (_, i) => i),
);
const labels = idx([3], Uint8Array.of(0, 1, 0));
export const jpeg = readFileSync(join(FIXTURES, 'grey.jpg'));
const bytes = (...parts: (string | number[])[]): Buffer =>
  Buffer.concat(
    parts.map((part) =>
      typeof part === 'string' ? Buffer.from(part, 'latin1') : Buffer.from(part),
    ),
  );
/** Content of a PNG's header chunk. */
const header = (width: number, height: number, colour = 0): Buffer => {
  const content = Buffer.alloc(13);
  content.writeUInt32BE(width, 0);
  content.writeUInt32BE(height, 4);
  content.set([8, colour, 0, 0, 0], 8);
  return content;
};
export const classes = (files: Files): Files => ({
  'a/1.png': grey(),
  'b/1.png': grey(),
  ...files,
});

type Case = readonly [what: string, files: Files, says: string, options?: Partial<ImportOptions>];

export const CASES: readonly Case[] = [
  [
    'a gzip cut short',
    {
      'train-images-idx3-ubyte.gz': gzipSync(images).subarray(0, 30),
      'train-labels-idx1-ubyte': labels,
    },
    'train-images-idx3-ubyte.gz: is not a whole gzip file (unexpected end of file)',
  ],
  [
    'an IDX file with a wrong magic number',
    { 'train-images-idx3-ubyte': images.with(2, 7), 'train-labels-idx1-ubyte': labels },
    'train-images-idx3-ubyte: offset 0: expected the magic number 0x00000803 (unsigned bytes, 3 dimensions), found 0x00000703',
  ],
  [
    'an IDX file of floats',
    { x: idx([3, 2, 2], images, 0x0d), y: labels },
    'x: offset 0: expected the magic number 0x00000803 (unsigned bytes, 3 dimensions), found 0x00000d03 (float32 are not read)',
  ],
  [
    'an IDX file cut short',
    { x: images.subarray(0, -1), y: labels },
    'x: offset 16: expected 3×2×2 = 12 values, found 11 (the file is cut short)',
  ],
  [
    'an IDX file that goes on',
    { x: bytes([...images], [0]), y: labels },
    'x: offset 16: expected 3×2×2 = 12 values, found 13 (there is more after the last value)',
  ],
  [
    'IDX files of different counts',
    { x: images, y: idx([2], Uint8Array.of(0, 1)) },
    'y: expected 3 labels, one for each sample of x, found 2',
  ],
  [
    'IDX images without labels',
    { x: images },
    'source: expected labels for the training set beside x, found none',
  ],
  [
    'two IDX files of images',
    { x: images, z: images, y: labels },
    'expected one file of samples for the training set, found x, z (import them one by one)',
  ],
  [
    'a CIFAR batch cut short',
    { 'data_batch_1.bin': Buffer.alloc(3 * 3073 - 5, 1) },
    'data_batch_1.bin: offset 9214: expected the end of a record, found 2 whole records of CIFAR-10 (3,073 bytes each) and 3068 bytes more (the file is cut short)',
  ],
  [
    'a pickle that names something else',
    { p: bytes([0x80, 2], 'cos\nsystem\n', 'U\x04true\x85R.') },
    "p: offset 2: expected numpy's arrays and plain data, found the name os.system (a pickle that could run code is not read)",
  ],
  [
    'a pickle that names it by STACK_GLOBAL',
    { p: bytes([0x80, 4], '\x8c\x02os\x8c\x06system\x93.') },
    "p: offset 14: expected numpy's arrays and plain data, found the name os.system",
  ],
  [
    'a pickle of protocol 0 that calls',
    { p: bytes("c__builtin__\neval\n(S'1'\ntR.") },
    "p: offset 0: expected numpy's arrays and plain data, found the name __builtin__.eval",
  ],
  [
    'a pickle with an opcode that could run code',
    { p: bytes([0x80, 2], '}q\x00(U\x01ai__builtin__\neval\nu.') },
    'p: offset 9: expected an opcode of plain data, found opcode "i"',
  ],
  [
    'a pickle with a persistent id',
    { p: bytes([0x80, 2], '}Pabc\n.') },
    'p: offset 3: expected an opcode of plain data, found opcode "P"',
  ],
  [
    'a pickle cut short',
    { p: readFileSync(join(FIXTURES, 'pickle-2/data_batch_1')).subarray(0, 2000) },
    'p: offset 259: expected more of this pickle, found the end (the file is cut short)',
  ],
  [
    'a pickle without data',
    { p: bytes([0x80, 2], '}U\x06labels]s.') },
    'p: expected an array "data", found none',
  ],
  [
    'an NPZ with an unsupported type',
    {
      'a.npz': zip({
        'x.npy': npy('<c8', [2, 2], Buffer.alloc(32)),
        'y.npy': npy('|u1', [2], Buffer.from([0, 1])),
      }),
    },
    'a.npz › x.npy: dtype: expected one of u1, i1, b1, u2, i2, u4, i4, u8, i8, f4, f8, little-endian, found <c8',
  ],
  [
    'an NPY of objects',
    { 'x.npy': npy('|O', [2], Buffer.alloc(9)), 'y.npy': npy('|u1', [2], Buffer.from([0, 1])) },
    'x.npy: dtype: expected one of u1, i1, b1, u2, i2, u4, i4, u8, i8, f4, f8, little-endian, found |O',
  ],
  [
    'a big-endian NPY',
    { 'x.npy': npy('>f4', [2, 1], Buffer.alloc(8)), 'y.npy': npy('|u1', [2], Buffer.from([0, 1])) },
    'x.npy: dtype: expected one of',
  ],
  [
    'an NPY in column order',
    {
      'x.npy': npy('|u1', [2, 2], Buffer.alloc(4), 'True'),
      'y.npy': npy('|u1', [2], Buffer.from([0, 1])),
    },
    'x.npy: fortran_order: expected False, found True',
  ],
  [
    'an NPY with fewer values than it says',
    {
      'x.npy': npy('<f4', [2, 3], Buffer.alloc(20)),
      'y.npy': npy('|u1', [2], Buffer.from([0, 1])),
    },
    'x.npy: offset 128: expected 2×3 values of f4 = 24 bytes, found 20 (the file is cut short)',
  ],
  [
    'an NPY with a NaN',
    {
      'x.npy': npy('<f4', [2, 1], Buffer.from(Float32Array.of(1, NaN).buffer)),
      'y.npy': npy('|u1', [2], Buffer.from([0, 1])),
    },
    'x.npy: element 1: expected a finite number, found NaN',
  ],
  [
    'one-hot labels',
    { 'x.npy': npy('|u1', [2, 2], Buffer.alloc(4)), 'y.npy': npy('|u1', [2, 3], Buffer.alloc(6)) },
    'y.npy: shape: expected 2 integers, one class a sample, found 2 × 3 (of one-hot rows take the argmax)',
  ],
  [
    'a table with a row too short',
    { 'a.csv': 'a,b,label\n1,2,x\n3,y\n' },
    'a.csv: line 3: expected 3 fields as in the first line, found 2',
  ],
  [
    'a table with a label missing',
    { 'a.csv': 'a,b,label\n1,2,x\n3,4,\n' },
    'a.csv: line 3, column "label": expected a label, found nothing',
  ],
  [
    'a table with a number missing',
    { 'a.csv': 'a,b,label\n1,,x\n3,4,y\n' },
    'a.csv: line 2, column "b": expected a number, found nothing (use --drop to exclude a column)',
  ],
  [
    'a table with a text for a number',
    { 'a.csv': 'a,b,label\n1,2,x\n3,red,y\n' },
    'a.csv: line 3, column "b": expected a number, found "red"',
  ],
  [
    'a table without a label column',
    { 'a.csv': 'a,b\n1,2\n3,4\n' },
    'a.csv: line 1: expected a column named label, labels, class, target, found a, b (choose it with --label',
  ],
  [
    'a table without the label asked for',
    { 'a.csv': 'a,b\n1,2\n3,4\n' },
    'a.csv: expected a column "c", found a, b',
    { label: 'c' },
  ],
  [
    'a table with an open quote',
    { 'a.csv': 'a,label\n1,x\n2,"y\n' },
    'a.csv: line 3: expected the closing " of a field, found none',
  ],
  [
    'tables with other columns',
    { 'train.csv': 'a,label\n1,x\n2,y\n', 'zest.csv': 'b,label\n1,x\n2,y\n' },
    'zest.csv: line 1: expected the columns of the first table (a, label), found b, label',
  ],
  [
    'a Parquet file without images',
    { 'n.parquet': readFileSync(join(FIXTURES, 'numbers.parquet')) },
    'n.parquet: schema: expected a column of images {bytes, path}, found a, label',
  ],
  [
    'a Parquet file cut short',
    { 'n.parquet': readFileSync(join(FIXTURES, 'numbers.parquet')).subarray(0, 400) },
    'n.parquet: is not a whole Parquet file',
  ],
  [
    'a PNG cut short',
    classes({ 'b/2.png': grey().subarray(0, 60) }),
    'b/2.png: offset 33: expected ',
  ],
  [
    'a PNG with a flipped bit',
    classes({ 'b/2.png': grey().map((byte, i) => (i === 45 ? byte ^ 1 : byte)) }),
    'b/2.png: offset 33: expected a chunk with checksum',
  ],
  [
    'a PNG with too few pixels',
    classes({
      'b/2.png': pngFile([
        ['IHDR', header(4, 4)],
        ['IDAT', deflateSync(Buffer.alloc(10))],
        ['IEND', Buffer.alloc(0)],
      ]),
    }),
    'b/2.png: chunk IDAT: expected 20 bytes of pixels, found 10',
  ],
  [
    'a PNG that expands beyond its size',
    classes({
      'b/2.png': pngFile([
        ['IHDR', header(4, 4)],
        ['IDAT', deflateSync(Buffer.alloc(10_000_000))],
        ['IEND', Buffer.alloc(0)],
      ]),
    }),
    'b/2.png: chunk IDAT: ',
  ],
  [
    'a PNG of enormous size',
    classes({
      'b/2.png': pngFile([
        ['IHDR', header(100_000, 100_000)],
        ['IDAT', deflateSync(Buffer.alloc(10))],
        ['IEND', Buffer.alloc(0)],
      ]),
    }),
    'b/2.png: expected 1 to 8,000,000 pixels, found 100000 × 100000',
  ],
  [
    'a PNG without data',
    classes({
      'b/2.png': pngFile([
        ['IHDR', header(4, 4)],
        ['IEND', Buffer.alloc(0)],
      ]),
    }),
    'b/2.png: expected a PNG with image data, found one without (no chunk IDAT)',
  ],
  [
    'a PNG whose palette ends within a colour',
    classes({
      'b/2.png': pngFile([
        ['IHDR', header(4, 4, 3)],
        ['PLTE', Buffer.alloc(4)],
        ['IDAT', deflateSync(Buffer.alloc(20, Uint8Array.of(0, 1, 1, 1, 1)))],
        ['IEND', Buffer.alloc(0)],
      ]),
    }),
    'b/2.png: chunk PLTE: expected at least 2 colours, found 1',
  ],
  [
    'a file that is named a PNG and is none',
    classes({ 'b/2.png': 'hello' }),
    'b/2.png: offset 0: expected a PNG or JPEG image, found a text',
  ],
  [
    'a JPEG cut short',
    { 'a/1.jpg': jpeg, 'b/1.jpg': jpeg.subarray(0, 300) },
    'b/1.jpg: offset 300: expected the end marker of this JPEG, found the end of the file (the file is cut short)',
  ],
  [
    'a JPEG without its frame',
    {
      'a/1.jpg': jpeg,
      'b/1.jpg': bytes([
        0xff, 0xd8, 0xff, 0xe0, 0, 4, 0, 0, 0xff, 0xd9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
      ]),
    },
    'b/1.jpg: offset ',
  ],
  [
    'a JPEG of noise after its header',
    {
      'a/1.jpg': jpeg,
      'b/1.jpg': bytes([...jpeg.subarray(0, 20)], [...Buffer.alloc(400, 0x55)], [0xff, 0xd9]),
    },
    'b/1.jpg: offset 20: expected a JPEG marker, found byte 85',
  ],
  [
    'images of mixed size',
    classes({ 'b/2.png': grey(5, 4) }),
    'b/2.png: expected 4 × 4 pixels as a/1.png has, found 5 × 4 (images of mixed size need --size, such as --size 32x32)',
  ],
  [
    'grey and colour images',
    classes({ 'b/2.png': png(4, 4, () => [1, 2, 3]) }),
    'b/2.png: expected a grey image as a/1.png is, found a colour image (--channels 1 or --channels 3',
  ],
  [
    'an image outside a class folder',
    { '1.png': grey() },
    '1.png: expected each image in a folder named for its class, found one outside (such as cats/1.png',
  ],
  [
    'images straight in a split',
    { 'train/1.png': grey(), 'test/1.png': grey() },
    'test/1.png: expected each image in a folder named for its class',
  ],
  [
    'images of one class only',
    { 'a/1.png': grey(), 'a/2.png': grey() },
    'source: expected at least two classes, found only "a"',
  ],
  [
    'a class in the test set only',
    { 'train/a/1.png': grey(), 'train/b/1.png': grey(), 'test/c/1.png': grey() },
    'source: expected training samples of every class, found class "c" only in the test set',
  ],
  ['an empty folder', { 'a/.keep': '' }, 'source: expected data, found an empty folder or archive'],
  ['an empty file', { x: '' }, 'x: expected IDX, CIFAR binary or pickle'],
  [
    'a text',
    { 'README.md': 'no data here' },
    'README.md: offset 0: expected IDX, CIFAR binary or pickle, NPY, NPZ, CSV, Parquet, PNG, JPEG, or an archive of them (zip, tar, gzip, xz), found a text that is no table',
  ],
  [
    'a GIF among the images',
    classes({ 'b/2.gif': 'GIF89a........' }),
    'b/2.gif: expected IDX, CIFAR binary',
  ],
  [
    'two kinds of data',
    classes({ 'x.npy': npy('|u1', [2, 2], Buffer.alloc(4)) }),
    'source: expected one kind of data, found images in class folders and NumPy arrays (name the file or folder that is meant)',
  ],
  [
    'too few samples for a test set',
    { 'a/1.png': grey(), 'b/1.png': grey() },
    'source: expected enough samples to draw a test set of 0.05 from, found 2',
    { testShare: 0.05 },
  ],
  [
    'a zip cut short',
    { 'a.zip': zip({ 'a/1.png': grey(), 'b/1.png': grey() }).subarray(0, -30) },
    "a.zip: offset 338: expected the zip's directory at its end, found none (the file is cut short)",
  ],
  [
    'a zip with a damaged entry',
    {
      'a.zip': zip({ 'a/1.png': grey(), 'b/1.png': grey() }, { stored: true }).map((byte, i) =>
        i === 60 ? byte ^ 1 : byte,
      ),
    },
    'a.zip › a/1.png: expected checksum',
  ],
  [
    'a zip that says less than it holds',
    { 'a.zip': zip({ 'a/1.png': Buffer.alloc(5_000_000) }, { size: 100 }) },
    'a.zip › a/1.png: ',
  ],
  [
    'a tar with a wrong checksum',
    {
      'a.tar': bytes(
        [...tar({ 'a/1.png': grey() }).subarray(0, -1024)],
        [...tar({ 'b/1.png': grey() }).map((byte, i) => (i === 3 ? byte ^ 1 : byte))],
      ),
    },
    'a.tar: offset 1024: expected a tar header, found one whose checksum is wrong',
  ],
  [
    'a tar cut short',
    { 'a.tar': tar({ 'a/1.png': grey(), 'b/1.png': grey() }).subarray(0, 1600) },
    'a.tar: offset 1600: expected 21 more bytes, found the end (the file is cut short)',
  ],
  [
    'a .tar.xz cut short',
    { 'a.tar.xz': readFileSync(join(FIXTURES, 'png.tar.xz')).subarray(0, 3000) },
    'a.tar.xz: is not a whole xz file',
  ],
  [
    'an archive nested too deep',
    { 'a.zip': zip({ 'a.zip': zip({ 'a.zip': zip({ 'a.zip': zip({ x: images }) }) }) }) },
    'a.zip › a.zip › a.zip › a.zip: expected archives nested at most 3 deep, found another inside',
  ],
];
