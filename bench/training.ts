/** Training the seed CNN on one core, against PyTorch with one thread in the same run. CPU time on both sides: a shared machine's clock lies. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { BenchRow } from './row.ts';
import { Trainer, type TrainObjective } from '../src/training/trainer.ts';

const SAMPLES = 60000;
const TEST_SAMPLES = 10000;
const REPEATS = 5;

const OBJECTIVE: TrainObjective = {
  kind: 'train',
  dataset: 'mnist',
  network: 'mnist-paper',
  settings: {
    batch: 128,
    epochs: 1,
    optimizer: { type: 'sgd', learningRate: { $param: 'learningRate' }, momentum: { $param: 'momentum' } },
    shuffle: false,
    sameStart: true,
  },
  metric: 'accuracy',
  selectOn: 'test',
};
const PARAMS = { learningRate: 0.1, momentum: 0.5, dropout: 0.1 };

export async function run(): Promise<BenchRow[]> {
  const peer = await pytorch();
  const trainer = new Trainer({ resources: fileURLToPath(new URL('../resources', import.meta.url)) });
  try {
    await trained(trainer, 1); // data and code are loaded once a worker, not once a trial
    const rows: BenchRow[] = [];
    for (const lanes of [1, 4]) rows.push(row(lanes, await trained(trainer, lanes), peer));
    return rows;
  } finally {
    await trainer.dispose();
  }
}

/** Best samples per second of CPU over the repeats; a sample of the evaluation, forward only, is counted as a third, which is less than it costs. */
async function trained(trainer: Trainer, lanes: number): Promise<number> {
  let best = 0;
  for (let repeat = 0; repeat < REPEATS; repeat++) {
    const requests = Array.from({ length: lanes }, (_, trial) => ({
      request: { trial, params: PARAMS },
      signal: new AbortController().signal,
    }));
    const before = process.cpuUsage();
    await trainer.train(OBJECTIVE, 1, requests);
    const used = process.cpuUsage(before);
    const seconds = (used.user + used.system) / 1e6;
    best = Math.max(best, (lanes * (SAMPLES + TEST_SAMPLES / 3)) / seconds);
  }
  return best;
}

function row(lanes: number, value: number, peer: Peer): BenchRow {
  const ratio = peer.value === null ? null : value / peer.value;
  return {
    bench: 'training',
    case: `seed CNN, one core, ${String(lanes)} ${lanes === 1 ? 'lane' : 'lanes'}`,
    value: Math.round(value),
    unit: 'samples/s of CPU',
    peer: peer.name,
    peerValue: peer.value === null ? null : Math.round(peer.value),
    ratio,
    goal: '≥ 4 × PyTorch, one thread',
    held: ratio === null ? null : ratio >= 4,
    ...(peer.note === undefined ? {} : { note: peer.note }),
  };
}

interface Peer {
  readonly name: string | null;
  readonly value: number | null;
  readonly note?: string;
}

async function pytorch(): Promise<Peer> {
  const python = process.env['GALAPAGOS_PEER_PYTHON'] ?? 'python3';
  const script = fileURLToPath(new URL('peers/pytorch-training.py', import.meta.url));
  try {
    const { stdout } = await promisify(execFile)(python, [script, String(REPEATS)]);
    const { torch, samplesPerSecond } = JSON.parse(stdout) as { torch: string; samplesPerSecond: number };
    return { name: `PyTorch ${torch}, 1 thread`, value: samplesPerSecond };
  } catch (error) {
    const reason = error instanceof Error ? (error.message.trim().split('\n').at(-1) ?? '') : String(error);
    return { name: null, value: null, note: `no peer: ${python} cannot run PyTorch (${reason}); set GALAPAGOS_PEER_PYTHON` };
  }
}
