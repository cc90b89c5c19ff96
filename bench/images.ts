/** 60,000 small colour images as CIFAR's binary batches, and as PNGs and JPEGs in class folders. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32, deflateSync } from 'node:zlib';
import { PURPOSE, Stream } from '../src/core/random.ts';
import type { jpegEncoder } from './jpeg-encoder.ts';

export const IMAGES = 60_000;
const BATCH = 10_000;
const PIXELS = 3072;
const RECORD = 1 + PIXELS;
export const BATCH_FILES = [1, 2, 3, 4, 5]
  .map((batch) => `data_batch_${batch}.bin`)
  .concat('test_batch.bin');

/**
 * Waves with noise, which compress about as well as photographs, in six batches as in CIFAR-10; the
 * last is the test set.
 */
export function* waveBatches(): Generator<Buffer> {
  const stream = new Stream(1, { purpose: PURPOSE.synthetic, ordinal: 0, trial: 0 });
  const noise = Uint8Array.from({ length: 65_536 + PIXELS }, () =>
    Math.floor(stream.uniform() * 12),
  );
  for (let batch = 0; batch < IMAGES / BATCH; batch++) {
    const records = Buffer.alloc(BATCH * RECORD);
    for (let i = 0; i < BATCH; i++) {
      const record = records.subarray(i * RECORD, (i + 1) * RECORD);
      const n = batch * BATCH + i;
      record[0] = n % 10;
      const from = (n * 131) % 65_536;
      for (let p = 0; p < PIXELS; p++)
        record[1 + p] =
          100 +
          ((((p & 31) * (n % 7) + ((p >> 5) & 31) * (n % 5)) >> 1) & 127) +
          (noise[from + p] ?? 0);
    }
    yield records;
  }
}

export interface ImageFolders {
  readonly cifar: string;
  readonly pngs: string;
  readonly jpegs?: {
    readonly folder: string;
    readonly encode: Awaited<ReturnType<typeof jpegEncoder>>;
  };
}

export function writeImages(batches: Iterable<Buffer>, { cifar, pngs, jpegs }: ImageFolders): void {
  mkdirSync(cifar, { recursive: true });
  for (const split of ['train', 'test'])
    for (let c = 0; c < 10; c++)
      for (const folder of jpegs === undefined ? [pngs] : [pngs, jpegs.folder])
        mkdirSync(join(folder, split, String(c)), { recursive: true });
  const rgba = new Uint8Array(4096).fill(255);
  let batch = 0;
  for (const records of batches) {
    for (let i = 0; i < records.length / RECORD; i++) {
      const record = records.subarray(i * RECORD, (i + 1) * RECORD);
      const place = join(
        batch === 5 ? 'test' : 'train',
        String(record[0] ?? 0),
        String(batch * BATCH + i),
      );
      writeFileSync(join(pngs, `${place}.png`), png(record.subarray(1)));
      if (jpegs === undefined) continue;
      for (let p = 0; p < PIXELS; p++) rgba[4 * (p & 1023) + (p >> 10)] = record[1 + p] ?? 0;
      writeFileSync(join(jpegs.folder, `${place}.jpg`), jpegs.encode(rgba, 32, 32));
    }
    writeFileSync(join(cifar, BATCH_FILES[batch] ?? ''), records);
    batch += 1;
  }
}

/**
 * 32×32 in colour; rows are filtered by the difference to the row above, the most frequent choice
 * of encoders.
 */
function png(planar: Uint8Array): Buffer {
  const rows = Buffer.alloc(32 * 97);
  for (let i = 0; i < 1024; i++) {
    const [y, x] = [i >> 5, i & 31];
    for (let c = 0; c < 3; c++)
      rows[y * 97 + 1 + x * 3 + c] =
        (planar[c * 1024 + i] ?? 0) - (y === 0 ? 0 : (planar[c * 1024 + i - 32] ?? 0));
    rows[y * 97] = 2;
  }
  const chunk = (type: string, content: Buffer): Buffer => {
    const body = Buffer.concat([Buffer.from(type), content]);
    const [length, crc] = [Buffer.alloc(4), Buffer.alloc(4)];
    length.writeUInt32BE(content.length);
    crc.writeUInt32BE(crc32(body));
    return Buffer.concat([length, body, crc]);
  };
  const header = Buffer.from([0, 0, 0, 32, 0, 0, 0, 32, 8, 2, 0, 0, 0]);
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(rows)),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}
