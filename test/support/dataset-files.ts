/**
 * Writes files of datasets as other programs do: archives, images, arrays. The writers check
 * nothing, so that tests can write invalid files.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { crc32, deflateRawSync, deflateSync } from 'node:zlib';

export type Files = Readonly<Record<string, Uint8Array | string>>;

/** Writes files below a folder and returns the folder. */
export function written(folder: string, files: Files): string {
  for (const [name, content] of Object.entries(files)) {
    const path = join(folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
  }
  return folder;
}

export interface ZipOptions {
  readonly stored?: boolean;
  /** Written instead of the true size. */
  readonly size?: number;
}

export function zip(files: Files, { stored = false, size }: ZipOptions = {}): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const [name, given] of Object.entries(files)) {
    const content = Buffer.from(given);
    const packed = stored ? content : deflateRawSync(content);
    const fields = Buffer.alloc(26);
    fields.writeUInt16LE(20, 0);
    fields.writeUInt16LE(stored ? 0 : 8, 4);
    fields.writeUInt32LE(crc32(content), 10);
    fields.writeUInt32LE(packed.length, 14);
    fields.writeUInt32LE(size ?? content.length, 18);
    fields.writeUInt16LE(Buffer.byteLength(name), 22);
    const local = Buffer.concat([
      Buffer.from('PK\x03\x04', 'latin1'),
      fields,
      Buffer.from(name),
      packed,
    ]);
    const place = Buffer.alloc(14);
    place.writeUInt32LE(offset, 10);
    directory.push(
      Buffer.concat([Buffer.from('PK\x01\x02\x14\0', 'latin1'), fields, place, Buffer.from(name)]),
    );
    parts.push(local);
    offset += local.length;
  }
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt16LE(directory.length, 8);
  end.writeUInt16LE(directory.length, 10);
  end.writeUInt32LE(Buffer.concat(directory).length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...parts, ...directory, end]);
}

/**
 * A zip64 archive of one stored entry: all fields that have a 64-bit form use it.
 * @param count written instead of the true number of entries
 */
export function zip64(name: string, text: string, { count = 1 }: { count?: number } = {}): Buffer {
  const content = Buffer.from(text);
  const plain = zip({ [name]: content }, { stored: true });
  const directory = plain.lastIndexOf('PK\x01\x02', undefined, 'latin1');
  const central = Buffer.from(plain.subarray(directory, directory + 46 + Buffer.byteLength(name)));
  const extra = Buffer.alloc(28);
  extra.writeUInt16LE(1, 0);
  extra.writeUInt16LE(24, 2);
  extra.writeBigUInt64LE(BigInt(content.length), 4);
  extra.writeBigUInt64LE(BigInt(content.length), 12);
  central.fill(0xff, 20, 28);
  central.fill(0xff, 42, 46);
  central.writeUInt16LE(extra.length, 30);
  const end64 = Buffer.alloc(56);
  end64.write('PK\x06\x06', 'latin1');
  end64.writeBigUInt64LE(44n, 4);
  end64.writeBigUInt64LE(BigInt(count), 24);
  end64.writeBigUInt64LE(BigInt(count), 32);
  end64.writeBigUInt64LE(BigInt(central.length + extra.length), 40);
  end64.writeBigUInt64LE(BigInt(directory), 48);
  const locator = Buffer.alloc(20);
  locator.write('PK\x06\x07', 'latin1');
  locator.writeBigUInt64LE(BigInt(directory + central.length + extra.length), 8);
  locator.writeUInt32LE(1, 16);
  const end = Buffer.alloc(22, 0xff);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt32LE(0, 4);
  end.writeUInt16LE(0, 20);
  return Buffer.concat([plain.subarray(0, directory), central, extra, end64, locator, end]);
}

export function tar(files: Files): Buffer {
  const parts: Buffer[] = [];
  for (const [name, given] of Object.entries(files)) {
    const content = Buffer.from(given);
    // Longer names come in a pax header before the entry.
    if (name.length > 100) parts.push(tarEntry('pax', paxPath(name), 'x'));
    parts.push(tarEntry(name.slice(0, 100), content, '0'));
  }
  return Buffer.concat([...parts, Buffer.alloc(1024)]);
}

function paxPath(name: string): Buffer {
  const length = ` path=${name}\n`.length;
  const digits = String(length + String(length).length).length;
  return Buffer.from(`${String(length + digits)} path=${name}\n`);
}

/**
 * Header, content and padding of an entry.
 * @param change is called with the header before its checksum is computed
 */
export function tarEntry(
  name: string,
  content: Buffer,
  type: string,
  change: (header: Buffer) => void = () => undefined,
): Buffer {
  const header = Buffer.alloc(512);
  header.write(name, 0);
  header.write('0000644\0', 100);
  header.write(`${content.length.toString(8).padStart(11, '0')}\0`, 124);
  header.write('        ', 148);
  header.write(type, 156);
  header.write('ustar\x0000', 257, 'latin1');
  change(header);
  header.write(
    `${header
      .reduce((sum, byte) => sum + byte, 0)
      .toString(8)
      .padStart(6, '0')}\0 `,
    148,
  );
  return Buffer.concat([header, content, Buffer.alloc((512 - (content.length % 512)) % 512)]);
}

export interface PngOptions {
  /** PNG's colour type; default 0 for one channel, 2 for three. */
  readonly colour?: number;
  readonly depth?: number;
  readonly palette?: readonly number[];
  /** Filter of each row, by PNG's number. */
  readonly filter?: (row: number) => number;
  readonly interlaced?: boolean;
}

const ADAM7 = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
] as const;

/** @param sample the raw samples of a pixel, each below 2^depth */
export function png(
  width: number,
  height: number,
  sample: (x: number, y: number) => readonly number[],
  options: PngOptions = {},
): Buffer {
  const samples = sample(0, 0).length;
  const {
    colour = samples === 1 ? 0 : 2,
    depth = 8,
    palette,
    filter = () => 0,
    interlaced = false,
  } = options;
  const pixelBytes = Math.max(1, (samples * depth) >> 3);
  const rows: Buffer[] = [];
  for (const [x0, y0, dx, dy] of interlaced ? ADAM7 : ([[0, 0, 1, 1]] as const)) {
    let above: Buffer | null = null;
    for (let y = y0, row = 0; y < height; y += dy, row++) {
      let bits = '';
      for (let x = x0; x < width; x += dx)
        for (const value of sample(x, y)) bits += value.toString(2).padStart(depth, '0');
      if (bits === '') break;
      const raw = Buffer.from(
        Array.from({ length: Math.ceil(bits.length / 8) }, (_, i) =>
          parseInt(bits.slice(8 * i, 8 * i + 8).padEnd(8, '0'), 2),
        ),
      );
      rows.push(
        Buffer.concat([Buffer.from([filter(row)]), filtered(raw, above, pixelBytes, filter(row))]),
      );
      above = raw;
    }
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([depth, colour, 0, 0, interlaced ? 1 : 0], 8);
  return pngFile([
    ['IHDR', header],
    ...(palette === undefined ? [] : ([['PLTE', Buffer.from(palette)]] as const)),
    ['IDAT', deflateSync(Buffer.concat(rows))],
    ['IEND', Buffer.alloc(0)],
  ]);
}

export function pngFile(chunks: readonly (readonly [type: string, content: Buffer])[]): Buffer {
  const parts = chunks.map(([type, content]) => {
    const body = Buffer.concat([Buffer.from(type), content]);
    const length = Buffer.alloc(4);
    const crc = Buffer.alloc(4);
    length.writeUInt32BE(content.length);
    crc.writeUInt32BE(crc32(body));
    return Buffer.concat([length, body, crc]);
  });
  return Buffer.concat([Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]), ...parts]);
}

/** PNG's filters 0 to 4, forwards. */
function filtered(raw: Buffer, above: Buffer | null, pixelBytes: number, filter: number): Buffer {
  return Buffer.from(
    raw.map((value, i) => {
      const a = i < pixelBytes ? 0 : (raw[i - pixelBytes] ?? 0);
      const b = above?.[i] ?? 0;
      const c = i < pixelBytes ? 0 : (above?.[i - pixelBytes] ?? 0);
      const p = a + b - c;
      const nearest = [a, b, c].reduce((best, one) =>
        Math.abs(p - one) < Math.abs(p - best) ? one : best,
      );
      return value - ([0, a, b, (a + b) >> 1, nearest][filter] ?? 0);
    }),
  );
}

/** @param type numpy's: `|u1`, `<f4` … */
export function npy(
  type: string,
  shape: readonly number[],
  content: Uint8Array,
  order = 'False',
): Buffer {
  const text = `{'descr': '${type}', 'fortran_order': ${order}, 'shape': (${shape.join(', ')},), }`;
  const header = Buffer.from(`${text.padEnd(117 - (text.length > 117 ? -64 : 0))}\n`);
  const length = Buffer.alloc(2);
  length.writeUInt16LE(header.length);
  return Buffer.concat([Buffer.from('\x93NUMPY\x01\0', 'latin1'), length, header, content]);
}

export function idx(dimensions: readonly number[], values: Uint8Array, type = 8): Buffer {
  const header = Buffer.alloc(4 + 4 * dimensions.length);
  header.set([0, 0, type, dimensions.length]);
  dimensions.forEach((n, attemptNumber) => header.writeUInt32BE(n, 4 + 4 * attemptNumber));
  return Buffer.concat([header, values]);
}
