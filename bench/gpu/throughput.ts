/**
 * Trained samples per second on a card by network and lanes, beside PyTorch and JAX on the card.
 */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { peer, peerPython } from '../processes.ts';
import type { BenchRow } from '../row.ts';
import { networkOf } from '../training-subject.ts';
import type { Throughput } from './throughput-process.ts';
import type { Clock } from './clock.ts';

const execute = promisify(execFile);

/** PyTorch one model at a time; a population by torch.func; JAX; `fit` of tfjs-node-gpu. */
type PeerName = 'eager' | 'vmap' | 'jax' | 'fit';

interface Case {
  readonly executor?: 'tensorflow';
  readonly preset: string;
  readonly lanes: number;
  readonly evaluate?: boolean;
  readonly against: PeerName;
  /** Least multiple of the peer. */
  readonly ratio: number;
  /** Least samples per second, on an H100. */
  readonly least?: number;
}

const CASES: readonly Case[] = [
  {
    preset: 'mnist-paper',
    lanes: 256,
    evaluate: true,
    against: 'jax',
    ratio: 9,
    least: 25e6,
  },
  { preset: 'cnn', lanes: 64, against: 'jax', ratio: 1, least: 0.9e6 },
  { preset: 'cnn', lanes: 64, against: 'vmap', ratio: 1 },
  { preset: 'mnist-paper', lanes: 1, against: 'eager', ratio: 2 },
  { preset: 'cnn', lanes: 1, against: 'eager', ratio: 2 },
  { preset: 'resnet-20', lanes: 1, against: 'eager', ratio: 2 },
  { preset: 'resnet-20', lanes: 16, against: 'eager', ratio: 6 },
  { preset: 'efficientnet-b0', lanes: 1, against: 'eager', ratio: 3 },
  { preset: 'efficientnet-b0', lanes: 8, against: 'eager', ratio: 6 },
  { executor: 'tensorflow', preset: 'mnist-paper', lanes: 64, against: 'fit', ratio: 10 },
  { executor: 'tensorflow', preset: 'cnn', lanes: 16, against: 'fit', ratio: 10 },
];

/** Networks that a card's emulation on the CPU takes minutes for. */
const DEEP = new Set(['resnet-20', 'efficientnet-b0']);

export interface ThroughputOptions {
  /** True if the card is emulated on the CPU: small sizes, no figures of interest. */
  readonly software: boolean;
  /** True if TensorFlow with CUDA is installed. */
  readonly cuda: boolean;
}

export async function throughput(
  { software, cuda }: ThroughputOptions,
  clock: Clock,
): Promise<BenchRow[]> {
  const peers = new Peers(software);
  const rows: BenchRow[] = [];
  for (const each of CASES) {
    if (each.executor === 'tensorflow' && !cuda) {
      clock.say(`${nameOf(each)}: skipped, TensorFlow with CUDA is not installed`);
      continue;
    }
    const lanes = software ? Math.min(2, each.lanes) : each.lanes;
    if (software && DEEP.has(each.preset)) {
      clock.say(`${nameOf(each)}: skipped, too slow on the CPU`);
      continue;
    }
    const measured = await clock.run(nameOf(each), 60, (signal) =>
      measure(each, lanes, software, signal),
    );
    if (measured === null) continue;
    const theirs = await clock.run(`${each.against}, ${each.preset}`, 90, (signal) =>
      peers.figure(each.against, each.preset, lanes, signal),
    );
    const found = row({ ...each, lanes }, measured, theirs);
    rows.push(software ? { ...found, held: null } : found);
  }
  return rows;
}

function nameOf({ executor, preset, lanes, evaluate }: Case): string {
  const company = `${String(lanes)} ${lanes === 1 ? 'lane' : 'lanes'}`;
  const evaluation = evaluate === true ? ['with evaluation'] : [];
  return [preset, company, ...evaluation, executor ?? 'webgpu'].join(', ');
}

async function measure(
  each: Case,
  lanes: number,
  software: boolean,
  signal: AbortSignal,
): Promise<Throughput> {
  const script = fileURLToPath(new URL('throughput-process.ts', import.meta.url));
  const args = [
    ...['--import', 'tsx', script],
    each.executor ?? 'webgpu',
    each.preset,
    String(lanes),
    software ? '8' : '128',
    '2',
    ...(each.evaluate === true ? ['evaluate'] : []),
  ];
  const { stdout } = await execute(process.execPath, args, { signal, killSignal: 'SIGKILL' });
  return JSON.parse(stdout) as Throughput;
}

function row(each: Case, measured: Throughput, theirs: PeerFigure | null): BenchRow {
  const value = measured.samplesPerSecond;
  const peerValue = theirs?.samplesPerSecond ?? null;
  const ratio = peerValue === null ? null : value / peerValue;
  const { least, against } = each;
  const onH100 = least === undefined ? '' : `; H100: ≥ ${String(least / 1e6)} M`;
  const missing = peerValue === null ? `; no ${against} on this machine` : '';
  const compiledMs = Math.round(measured.compileMilliseconds);
  return {
    bench: 'gpu',
    case: nameOf(each),
    value: Math.round(value),
    unit: 'samples/s',
    peer: theirs?.name ?? null,
    peerValue: peerValue === null ? null : Math.round(peerValue),
    ratio,
    goal: `≥ ${String(each.ratio)} ×${onH100}`,
    held: ratio === null ? null : ratio >= each.ratio,
    note: `${measured.label}, compiled in ${String(compiledMs)} ms${missing}`,
  };
}

interface PeerFigure {
  readonly name: string;
  readonly samplesPerSecond: number;
}

/** Figures of PyTorch and JAX on the card, each measured once. */
class Peers {
  readonly #python = {
    eager: peerPython('torch'),
    vmap: peerPython('torch'),
    jax: peerPython('jax'),
  };
  readonly #known = new Map<string, Promise<PeerFigure | null>>();
  readonly #device: string;

  constructor(software: boolean) {
    this.#device = software ? 'cpu' : 'cuda';
  }

  /** Null: the peer is not installed, or does not find the card. */
  figure(
    name: PeerName,
    preset: string,
    lanes: number,
    signal: AbortSignal,
  ): Promise<PeerFigure | null> {
    const key = [name, preset, ...(name === 'eager' ? [] : [lanes])].join(' ');
    const figure = this.#known.get(key) ?? this.#measure(name, preset, lanes, signal);
    this.#known.set(key, figure);
    return figure;
  }

  async #measure(
    name: PeerName,
    preset: string,
    lanes: number,
    signal: AbortSignal,
  ): Promise<PeerFigure | null> {
    if (name === 'fit') return fit(preset, signal);
    const python = this.#python[name];
    if (python === null) return null;
    const network = networkOf(preset);
    const script = name === 'jax' ? 'jax-gpu.py' : 'pytorch-gpu.py';
    const work = { network, lanes, form: name, device: this.#device };
    const { version, samplesPerSecond } = await peer(
      python,
      script,
      [],
      JSON.stringify(work),
      signal,
    );
    if (typeof samplesPerSecond !== 'number') return null;
    return { name: `${String(version)}, ${name}`, samplesPerSecond };
  }
}

async function fit(preset: string, signal: AbortSignal): Promise<PeerFigure> {
  const script = fileURLToPath(new URL('../peers/tfjs-fit.ts', import.meta.url));
  const args = ['--import', 'tsx', script, preset, '60', '3', 'gpu'];
  const { stdout } = await execute(process.execPath, args, { signal, killSignal: 'SIGKILL' });
  const { samplesPerSecond } = JSON.parse(stdout) as { readonly samplesPerSecond: number };
  return { name: 'LayersModel.fit of tfjs-node-gpu', samplesPerSecond };
}
