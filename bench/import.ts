/**
 * Imports MNIST, CIFAR-10, 60,000 PNGs and 60,000 JPEGs by the command, beside torchvision reading
 * the same in the same run. CPU time of whole processes for Galapagos, of the reading alone for the
 * peer: wall time is unreliable on a shared machine.
 */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildIfStale } from '../build/build-if-stale.mjs';
import { IMAGES, waveBatches, writeImages } from './images.ts';
import { jpegEncoder } from './jpeg-encoder.ts';
import { peer, peerPython } from './processes.ts';
import type { BenchRow } from './row.ts';
import { inTemporaryFolder } from './temporary-folder.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const MNIST = join(ROOT, 'resources', 'datasets', 'mnist');
const REPEATS = 3;

/** Prints the CPU time of the process with its threads. */
const WATCH = `data:text/javascript,${encodeURIComponent(`
  import { isMainThread } from 'node:worker_threads';
  if (isMainThread) process.on('exit', () => { const { user, system } = process.cpuUsage(); process.stderr.write('cpu ' + (user + system)); });
`)}`;

export async function run(): Promise<BenchRow[]> {
  await buildIfStale(ROOT);
  return inTemporaryFolder(async (folder) => {
    const [cifar, pngs, jpegs] = [
      join(folder, 'cifar'),
      join(folder, 'pngs'),
      join(folder, 'jpegs'),
    ];
    writeImages(waveBatches(), {
      cifar,
      pngs,
      jpegs: { folder: jpegs, encode: await jpegEncoder() },
    });
    const python = peerPython('torchvision');
    const theirs =
      python === null
        ? null
        : await peer(python, 'torchvision-import.py', [MNIST, cifar, pngs, jpegs]);
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
      peerValue:
        theirSeconds === null ? null : images === null ? theirSeconds : images / theirSeconds,
      ratio: theirSeconds === null ? null : theirSeconds / seconds,
      ...goal,
      ...(theirs === null
        ? { note: 'no peer: no Python with torchvision; set GALAPAGOS_PEER_PYTHON' }
        : {}),
    });
    const peerSeconds = (key: string): number | null =>
      theirs === null ? null : Number(theirs[key]);
    const mnist = await imported(MNIST, folder);
    const binary = await imported(cifar, folder);
    const png = await imported(pngs, folder);
    const jpeg = await imported(jpegs, folder);
    return [
      row(
        'MNIST, IDX in gzip',
        mnist,
        peerSeconds('mnist'),
        { goal: '≤ 1 s', held: mnist <= 1 },
        null,
      ),
      row(
        'CIFAR-10, 60,000 images, binary',
        binary,
        peerSeconds('cifar'),
        { goal: '≤ 5 s', held: binary <= 5 },
        null,
      ),
      row(
        '60,000 PNGs of 32×32 in folders',
        png,
        peerSeconds('png'),
        { goal: '≥ 5,000 images/s', held: IMAGES / png >= 5000 },
        IMAGES,
      ),
      row(
        '60,000 JPEGs of 32×32 in folders',
        jpeg,
        peerSeconds('jpeg'),
        { goal: '≥ 5,000 images/s', held: IMAGES / jpeg >= 5000 },
        IMAGES,
      ),
    ];
  });
}

/** The best of several imports, in CPU seconds of the whole command. */
async function imported(path: string, folder: string): Promise<number> {
  let best = Infinity;
  for (let repeat = 0; repeat < REPEATS; repeat++) {
    const child = spawn(
      process.execPath,
      [
        '--import',
        WATCH,
        join(ROOT, 'out/main/cli.js'),
        'datasets',
        'import',
        path,
        '--name',
        'bench',
        '--replace',
        '--json',
      ],
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
