/**
 * Importing MNIST, CIFAR-10, 60,000 PNGs and 60,000 JPEGs by the command, beside torchvision reading the same in the same run. CPU time of whole
 * processes on ours, of the reading alone on the peer's: a shared machine's clock lies, and one core's time is more than two cores' clock.
 */
import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { crc32, deflateSync } from 'node:zlib';
import { buildIfStale } from '../build/build-if-stale.mjs';
import { PURPOSE, Stream } from '../src/core/random.ts';
import { jpegEncoder } from './jpeg-encoder.ts';
import { peer, peerPython } from './processes.ts';
import type { BenchRow } from './row.ts';
import { inTemporaryFolder } from './temporary-folder.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const MNIST = join(ROOT, 'resources', 'datasets', 'mnist');
const REPEATS = 3;
const IMAGES = 60_000;
const BATCH = 10_000;
const PIXELS = 3072;

/** Prints what the process took, with its threads. */
const WATCH = `data:text/javascript,${encodeURIComponent(`
  import { isMainThread } from 'node:worker_threads';
  if (isMainThread) process.on('exit', () => { const { user, system } = process.cpuUsage(); process.stderr.write('cpu ' + (user + system)); });
`)}`;

export async function run(): Promise<BenchRow[]> {
  await buildIfStale(ROOT);
  return inTemporaryFolder(async (folder) => {
    const [cifar, pngs, jpegs] = [join(folder, 'cifar'), join(folder, 'pngs'), join(folder, 'jpegs')];
    writeImages(cifar, pngs, jpegs, await jpegEncoder());
    const python = peerPython('torchvision');
    const theirs = python === null ? null : await peer(python, 'torchvision-import.py', [MNIST, cifar, pngs, jpegs]);
    const name = theirs === null ? null : `torchvision ${String(theirs['torchvision'])}`;
    const row = (
      what: string,
      seconds: number,
      theirSeconds: number | null,
      goal: Pick<BenchRow, 'goal' | 'held'>,
      images: number | null,
    ): BenchRow => ({
      bench: 'import',
      case: what,
      value: images === null ? seconds : images / seconds,
      unit: images === null ? 's of CPU' : 'images/s of CPU',
      peer: name,
      peerValue: theirSeconds === null ? null : images === null ? theirSeconds : images / theirSeconds,
      ratio: theirSeconds === null ? null : theirSeconds / seconds,
      ...goal,
      ...(theirs === null ? { note: 'no peer: no Python with torchvision; set GALAPAGOS_PEER_PYTHON' } : {}),
    });
    const peerSeconds = (key: string): number | null => (theirs === null ? null : Number(theirs[key]));
    const mnist = await imported(MNIST, folder);
    const binary = await imported(cifar, folder);
    const png = await imported(pngs, folder);
    const jpeg = await imported(jpegs, folder);
    return [
      row('MNIST, IDX in gzip', mnist, peerSeconds('mnist'), { goal: '≤ 1 s', held: mnist <= 1 }, null),
      row('CIFAR-10, 60,000 images, binary', binary, peerSeconds('cifar'), { goal: '≤ 5 s', held: binary <= 5 }, null),
      row('60,000 PNGs of 32×32 in folders', png, peerSeconds('png'), { goal: '≥ 5,000 images/s', held: IMAGES / png >= 5000 }, IMAGES),
      row('60,000 JPEGs of 32×32 in folders', jpeg, peerSeconds('jpeg'), { goal: '≥ 5,000 images/s', held: IMAGES / jpeg >= 5000 }, IMAGES),
    ];
  });
}

/** The best of some imports, in seconds of CPU of the whole command. */
async function imported(path: string, folder: string): Promise<number> {
  let best = Infinity;
  for (let repeat = 0; repeat < REPEATS; repeat++) {
    const child = spawn(
      process.execPath,
      ['--import', WATCH, join(ROOT, 'out/main/cli.js'), 'datasets', 'import', path, '--name', 'bench', '--replace', '--json'],
      {
        env: { ...process.env, GALAPAGOS_HOME: join(folder, 'home') },
        stdio: ['ignore', 'ignore', 'pipe'],
      },
    );
    let stderr = '';
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    const code = await new Promise((resolve) => child.once('close', resolve));
    const cpu = /cpu (\d+)$/.exec(stderr);
    if (code !== 0 || cpu === null) throw new Error(`the import of ${path} failed: ${stderr}`);
    best = Math.min(best, Number(cpu[1]) / 1e6);
  }
  return best;
}

/** The same images as CIFAR's binary batches, as PNGs and as JPEGs: waves with noise, which compress about as photographs do. */
function writeImages(cifar: string, pngs: string, jpegs: string, encode: Awaited<ReturnType<typeof jpegEncoder>>): void {
  mkdirSync(cifar, { recursive: true });
  for (const split of ['train', 'test'])
    for (let c = 0; c < 10; c++) for (const folder of [pngs, jpegs]) mkdirSync(join(folder, split, String(c)), { recursive: true });
  const stream = new Stream(1, { purpose: PURPOSE.synthetic, ordinal: 0, trial: 0 });
  const noise = Uint8Array.from({ length: 65_536 + PIXELS }, () => Math.floor(stream.uniform() * 12));
  const rgba = new Uint8Array(4096).fill(255);
  for (let batch = 0; batch < IMAGES / BATCH; batch++) {
    const records = Buffer.alloc(BATCH * (1 + PIXELS));
    const test = batch === 5;
    for (let i = 0; i < BATCH; i++) {
      const record = records.subarray(i * (1 + PIXELS), (i + 1) * (1 + PIXELS));
      const n = batch * BATCH + i;
      record[0] = n % 10;
      const from = (n * 131) % 65_536;
      for (let p = 0; p < PIXELS; p++)
        record[1 + p] = 100 + ((((p & 31) * (n % 7) + ((p >> 5) & 31) * (n % 5)) >> 1) & 127) + (noise[from + p] ?? 0);
      const place = join(test ? 'test' : 'train', String(n % 10), String(n));
      writeFileSync(join(pngs, `${place}.png`), png(record.subarray(1)));
      for (let p = 0; p < PIXELS; p++) rgba[4 * (p & 1023) + (p >> 10)] = record[1 + p] ?? 0;
      writeFileSync(join(jpegs, `${place}.jpg`), encode(rgba, 32, 32));
    }
    writeFileSync(join(cifar, test ? 'test_batch.bin' : `data_batch_${String(batch + 1)}.bin`), records);
  }
}

/** 32×32 in colour, rows filtered by the difference to the row above, as encoders choose most often. */
function png(planar: Uint8Array): Buffer {
  const rows = Buffer.alloc(32 * 97);
  for (let i = 0; i < 1024; i++) {
    const [y, x] = [i >> 5, i & 31];
    for (let c = 0; c < 3; c++)
      rows[y * 97 + 1 + x * 3 + c] = (planar[c * 1024 + i] ?? 0) - (y === 0 ? 0 : (planar[c * 1024 + i - 32] ?? 0));
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
