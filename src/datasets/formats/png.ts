/**
 * PNG (ISO/IEC 15948) with every colour type, depth and both interlacings, converted to bytes per
 * channel. zlib inflates. Ignores alpha, the lower byte of 16 bits, gamma and profiles, as common
 * loaders do.
 */
import { crc32, inflateSync } from 'node:zlib';
import { defined } from '../../core/at.ts';
import { broken, mismatch } from '../dataset-error.ts';
import type { ImageForm } from './image-survey.ts';
import { checkPixels, type Image } from './image.ts';

interface Header {
  readonly width: number;
  readonly height: number;
  readonly depth: number;
  readonly colour: number;
  readonly interlaced: boolean;
}

const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
/** Colour type → samples per pixel, and the depths that it may have. */
const TYPES: ReadonlyMap<number, { readonly samples: number; readonly depths: readonly number[] }> =
  new Map([
    [0, { samples: 1, depths: [1, 2, 4, 8, 16] }],
    [2, { samples: 3, depths: [8, 16] }],
    [3, { samples: 1, depths: [1, 2, 4, 8] }],
    [4, { samples: 2, depths: [8, 16] }],
    [6, { samples: 4, depths: [8, 16] }],
  ]);
const PALETTE = 3;
/** Minimum buffer size of zlib. */
const LEAST_PIECE = 64;
/** Adam7: first column and row, steps between them. */
const PASSES = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
] as const;

export function isPng(head: Uint8Array): boolean {
  return SIGNATURE.every((byte, i) => head[i] === byte);
}

/**
 * Grey: one channel; colour and palettes: three. @throws DatasetError with the offset or chunk at
 * fault
 */
export function decodePng(name: string, file: Uint8Array): Image {
  const { header, palette, data } = chunksOf(name, file);
  const samples = defined(TYPES.get(header.colour)).samples;
  const bitsPerPixel = samples * header.depth;
  const passes = header.interlaced ? PASSES : ([[0, 0, 1, 1]] as const);
  const grids = passes.map(([x, y, dx, dy]) => ({
    x,
    y,
    dx,
    dy,
    width: Math.ceil((header.width - x) / dx),
    height: Math.ceil((header.height - y) / dy),
  }));
  const expected = grids.reduce(
    (sum, { width, height }) =>
      sum + (width > 0 && height > 0 ? height * (1 + Math.ceil((width * bitsPerPixel) / 8)) : 0),
    0,
  );
  const raw = inflated(name, data, expected);
  const channels = channelsOf(header.colour);
  const pixels = new Uint8Array(channels * header.width * header.height);
  let at = 0;
  for (const grid of grids) {
    if (grid.width <= 0 || grid.height <= 0) continue;
    const stride = Math.ceil((grid.width * bitsPerPixel) / 8);
    unfilter(name, raw, at, stride, grid.height, Math.max(1, bitsPerPixel >> 3));
    for (let row = 0; row < grid.height; row++) {
      place(name, raw, at + row * (stride + 1) + 1, header, grid, row, pixels, palette);
    }
    at += grid.height * (stride + 1);
  }
  return { width: header.width, height: header.height, channels, pixels };
}

/** Form from the header, without decoding. */
export function pngForm(name: string, file: Uint8Array): ImageForm {
  const { width, height, colour } = headerOf(name, file.subarray(16, 29));
  return { width, height, channels: channelsOf(colour) };
}

function channelsOf(colour: number): 1 | 3 {
  return colour === 0 || colour === 4 ? 1 : 3;
}

function chunksOf(
  name: string,
  file: Uint8Array,
): { readonly header: Header; readonly palette: Uint8Array; readonly data: Uint8Array } {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  let header: Header | undefined;
  let palette = new Uint8Array(0);
  const data: Uint8Array[] = [];
  for (let at = SIGNATURE.length; ;) {
    if (at + 12 > file.length)
      throw mismatch(
        name,
        `offset ${String(at)}`,
        'the next chunk of this PNG',
        'the end',
        'the file is cut short',
      );
    const length = view.getUint32(at);
    const type = String.fromCharCode(...file.subarray(at + 4, at + 8));
    if (at + 12 + length > file.length)
      throw mismatch(
        name,
        `offset ${String(at)}`,
        `${String(length)} bytes of chunk ${JSON.stringify(type)}`,
        String(Math.max(0, file.length - at - 12)),
        'the file is cut short',
      );
    const content = file.subarray(at + 8, at + 8 + length);
    if (type === 'IHDR') {
      checkCrc(name, file, view, at, length);
      header = headerOf(name, content);
    } else if (type === 'PLTE') palette = Uint8Array.from(content);
    else if (type === 'IDAT') {
      checkCrc(name, file, view, at, length);
      data.push(content);
    } else if (type === 'IEND') break;
    if (header === undefined)
      throw mismatch(name, `offset ${String(at)}`, 'the chunk IHDR first', JSON.stringify(type));
    at += 12 + length;
  }
  const [first] = data;
  if (first === undefined || header === undefined)
    throw mismatch(name, null, 'a PNG with image data', 'one without (no chunk IDAT)');
  return { header, palette, data: data.length === 1 ? first : Buffer.concat(data) };
}

function checkCrc(
  name: string,
  file: Uint8Array,
  view: DataView,
  at: number,
  length: number,
): void {
  const expected = view.getUint32(at + 8 + length);
  const found = crc32(file.subarray(at + 4, at + 8 + length));
  if (found !== expected)
    throw mismatch(
      name,
      `offset ${String(at)}`,
      `a chunk with checksum ${expected.toString(16)}`,
      found.toString(16),
      'the file is damaged',
    );
}

function headerOf(name: string, content: Uint8Array): Header {
  if (content.length !== 13) throw mismatch(name, 'chunk IHDR', '13 bytes', String(content.length));
  const view = new DataView(content.buffer, content.byteOffset, content.byteLength);
  const [width, height, depth, colour] = [
    view.getUint32(0),
    view.getUint32(4),
    view.getUint8(8),
    view.getUint8(9),
  ];
  if (TYPES.get(colour)?.depths.includes(depth) !== true)
    throw mismatch(
      name,
      'chunk IHDR',
      'a colour type and depth of PNG',
      `type ${String(colour)} with ${String(depth)} bits`,
    );
  checkPixels(name, width, height);
  return { width, height, depth, colour, interlaced: view.getUint8(12) === 1 };
}

function inflated(name: string, data: Uint8Array, expected: number): Uint8Array {
  let raw: Uint8Array;
  try {
    // One byte more than expected distinguishes a stream that continues from one that ends.
    // Inflated in one piece, so that a large image is in memory once, and no longer than needed,
    // since every buffer is zeroed first.
    raw = inflateSync(data, {
      maxOutputLength: expected + 1,
      chunkSize: Math.max(LEAST_PIECE, expected + 1),
    });
  } catch (error) {
    throw broken(name, 'chunk IDAT', 'a whole image', error);
  }
  if (raw.length !== expected)
    throw mismatch(
      name,
      'chunk IDAT',
      `${String(expected)} bytes of pixels`,
      raw.length > expected ? 'more' : String(raw.length),
    );
  return raw;
}

/** Reverts the filters of one grid's rows in place; each row is a filter number and its bytes. */
function unfilter(
  name: string,
  raw: Uint8Array,
  from: number,
  stride: number,
  rows: number,
  pixel: number,
): void {
  for (let row = 0; row < rows; row++) {
    const start = from + row * (stride + 1);
    const filter = defined(raw[start]);
    const at = start + 1;
    const above = row === 0 ? -1 : at - stride - 1;
    if (filter === 0) continue;
    else if (filter === 1) {
      for (let i = pixel; i < stride; i++)
        raw[at + i] = defined(raw[at + i]) + defined(raw[at + i - pixel]);
    } else if (filter === 2) {
      if (above >= 0)
        for (let i = 0; i < stride; i++)
          raw[at + i] = defined(raw[at + i]) + defined(raw[above + i]);
    } else if (filter === 3) {
      for (let i = 0; i < stride; i++) {
        const left = i < pixel ? 0 : defined(raw[at + i - pixel]);
        raw[at + i] =
          defined(raw[at + i]) + ((left + (above < 0 ? 0 : defined(raw[above + i]))) >> 1);
      }
    } else if (filter === 4) paeth(raw, at, above, stride, pixel);
    else throw mismatch(name, `row ${String(row)}`, 'a filter from 0 to 4', String(filter));
  }
}

/**
 * Without a row above it predicts the pixel to the left; without a pixel to the left, the one
 * above.
 */
function paeth(raw: Uint8Array, at: number, above: number, stride: number, pixel: number): void {
  if (above < 0) {
    for (let i = at + pixel; i < at + stride; i++)
      raw[i] = defined(raw[i]) + defined(raw[i - pixel]);
    return;
  }
  const up = stride + 1;
  for (let i = at; i < at + pixel; i++) raw[i] = defined(raw[i]) + defined(raw[i - up]);
  for (let i = at + pixel; i < at + stride; i++) {
    const a = defined(raw[i - pixel]);
    const b = defined(raw[i - up]);
    const c = defined(raw[i - up - pixel]);
    const pa = absolute(b - c);
    const pb = absolute(a - c);
    const pc = absolute(a + b - 2 * c);
    // Masks instead of branches, which no processor can predict in noise: -1 where a is not the
    // nearest; where c is nearer than b.
    const notA = ((pb - pa) | (pc - pa)) >> 31;
    const overB = (pc - pb) >> 31;
    raw[i] = defined(raw[i]) + ((a & ~notA) | (((b & ~overB) | (c & overB)) & notA));
  }
}

function absolute(n: number): number {
  const sign = n >> 31;
  return (n ^ sign) - sign;
}

interface Grid {
  readonly x: number;
  readonly y: number;
  readonly dx: number;
  readonly dy: number;
  readonly width: number;
}

/** Copies one channel of a row: every `step`th byte to every `dx`th pixel. */
function spread(
  raw: Uint8Array,
  at: number,
  step: number,
  pixels: Uint8Array,
  to: number,
  dx: number,
  width: number,
): void {
  for (let i = 0, end = to + width * dx; to < end; i += step, to += dx)
    pixels[to] = defined(raw[at + i]);
}

/** Copies one row of a grid into the planes. */
function place(
  name: string,
  raw: Uint8Array,
  at: number,
  header: Header,
  grid: Grid,
  row: number,
  pixels: Uint8Array,
  palette: Uint8Array,
): void {
  const { width, height, depth, colour } = header;
  const plane = width * height;
  let to = (grid.y + row * grid.dy) * width + grid.x;
  const bytes = depth === 16 ? 2 : 1;
  if (colour === 2 || colour === 6) {
    const step = bytes * (colour === 2 ? 3 : 4);
    for (let c = 0; c < 3; c++)
      spread(raw, at + c * bytes, step, pixels, to + c * plane, grid.dx, grid.width);
  } else if (colour !== PALETTE && depth >= 8) {
    const step = bytes * (colour === 0 ? 1 : 2);
    spread(raw, at, step, pixels, to, grid.dx, grid.width);
  } else {
    const most = (1 << depth) - 1;
    for (let i = 0; i < grid.width; i++, to += grid.dx) {
      const value =
        (defined(raw[at + ((i * depth) >> 3)]) >> (8 - depth - ((i * depth) & 7))) & most;
      if (colour !== PALETTE) pixels[to] = (value * 255) / most;
      else {
        if (3 * value + 2 >= palette.length)
          throw mismatch(
            name,
            'chunk PLTE',
            `at least ${value + 1} colours`,
            String(Math.floor(palette.length / 3)),
          );
        for (let c = 0; c < 3; c++) pixels[to + c * plane] = defined(palette[3 * value + c]);
      }
    }
  }
}
