/**
 * Training on one core: every preset by the wasm executor against PyTorch with one thread in the
 * same run, and compile times. CPU time on both sides, because wall time is unreliable on a shared
 * machine. GALAPAGOS_BENCH_NODE names another Node to measure as well, because relaxed SIMD
 * requires Node 22.
 */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { peer, peerPython } from './processes.ts';
import type { BenchRow } from './row.ts';
import type { Measured } from './training-process.ts';
import { networkOf } from './training-subject.ts';

const REPEATS = 3;

interface Case {
  readonly preset: string;
  readonly lanes: readonly number[];
  /** Batches of a repeat. */
  readonly steps: number;
  /** Goal as a multiple of PyTorch, without and with fused multiply-add. */
  readonly goal?: { readonly wasm: number; readonly 'wasm-fma': number };
  readonly compileGoal?: number;
}

const CASES: readonly Case[] = [
  {
    preset: 'mnist-paper',
    lanes: [1, 4],
    steps: 200,
    goal: { wasm: 5, 'wasm-fma': 5 },
    compileGoal: 50,
  },
  { preset: 'lenet-5', lanes: [1], steps: 20 },
  { preset: 'mlp', lanes: [1], steps: 20 },
  { preset: 'cnn', lanes: [1], steps: 8, goal: { wasm: 0.6, 'wasm-fma': 1 } },
  { preset: 'resnet-20', lanes: [1], steps: 2, goal: { wasm: 0.25, 'wasm-fma': 0.4 } },
  {
    preset: 'efficientnet-b0',
    lanes: [1],
    steps: 2,
    goal: { wasm: 0.5, 'wasm-fma': 0.7 },
    compileGoal: 1000,
  },
];

export async function run(): Promise<BenchRow[]> {
  const nodes = [process.execPath, process.env['GALAPAGOS_BENCH_NODE']].filter(
    (node) => node !== undefined,
  );
  const theirs = await pytorch();
  const rows: BenchRow[] = [];
  for (const each of CASES) {
    for (const node of nodes) {
      for (const lanes of each.lanes) {
        const measured = await measure(node, each, lanes);
        rows.push(speedRow(each, lanes, measured, theirs));
        if (lanes === 1) rows.push(compileRow(each, measured));
      }
    }
  }
  return rows;
}

async function measure(
  node: string,
  { preset, steps }: Case,
  lanes: number,
): Promise<Measured & { readonly node: string }> {
  const script = fileURLToPath(new URL('training-process.ts', import.meta.url));
  const { stdout } = await promisify(execFile)(node, [
    '--import',
    'tsx',
    script,
    preset,
    ...[lanes, steps, REPEATS].map(String),
  ]);
  const { stdout: version } = await promisify(execFile)(node, ['--version']);
  return { ...(JSON.parse(stdout) as Measured), node: version.trim() };
}

function speedRow(
  { preset, goal }: Case,
  lanes: number,
  measured: Measured & { readonly node: string },
  peer: Peer,
): BenchRow {
  const value = measured.samplesPerSecond;
  const peerValue = peer.figures?.[preset] ?? null;
  const ratio = peerValue === null ? null : value / peerValue;
  const wanted = goal?.[measured.label === 'wasm-fma' ? 'wasm-fma' : 'wasm'];
  return {
    bench: 'training',
    case: `${preset}, one core, ${String(lanes)} ${lanes === 1 ? 'lane' : 'lanes'}, ${measured.label}, Node ${measured.node}`,
    value: Math.round(value),
    unit: 'samples/s of CPU',
    peer: peer.name,
    peerValue: peerValue === null ? null : Math.round(peerValue),
    ratio,
    goal: wanted === undefined ? '–' : `≥ ${String(wanted)} × PyTorch, one thread`,
    held: ratio === null || wanted === undefined ? null : ratio >= wanted,
    ...(peer.note === undefined ? {} : { note: peer.note }),
  };
}

function compileRow(
  { preset, compileGoal }: Case,
  measured: Measured & { readonly node: string },
): BenchRow {
  const value = measured.compileMilliseconds;
  return {
    bench: 'training',
    case: `${preset}, plan to code, ${measured.label}, Node ${measured.node}`,
    value,
    unit: 'ms',
    peer: null,
    peerValue: null,
    ratio: null,
    goal: compileGoal === undefined ? '–' : `≤ ${String(compileGoal)} ms`,
    held: compileGoal === undefined ? null : value <= compileGoal,
    note: `${String(Math.round(measured.moduleBytes / 1024))} KiB of code`,
  };
}

interface Peer {
  readonly name: string | null;
  /** Samples per second by preset. */
  readonly figures: Readonly<Record<string, number>> | null;
  readonly note?: string;
}

async function pytorch(): Promise<Peer> {
  const python = peerPython('torch');
  if (python === null) return { name: null, figures: null, note: 'PyTorch is not installed' };
  const networks = CASES.map(({ preset, steps }) => ({
    network: networkOf(preset),
    steps,
  }));
  const { torch, samplesPerSecond } = await peer(
    python,
    'pytorch-training.py',
    [String(REPEATS)],
    JSON.stringify(networks),
  );
  return {
    name: `PyTorch ${String(torch)}, 1 thread`,
    figures: samplesPerSecond as Peer['figures'],
  };
}
