/**
 * Cost of an ask of the samplers with a model, 6 parameters and 4 running trials, beside Optuna's
 * samplers of the same kind on as many finished trials. Times are processor time of the process, so
 * that a busy machine changes them little.
 */
import { at } from '../src/core/at.ts';
import { createSampler, samplerNames } from '../src/core/samplers/create-sampler.ts';
import type { EncodedParams, SearchSpace } from '../src/core/search-space/distribution.ts';
import { TrialColumns } from '../src/core/study/trial-columns.ts';
import { LinePeer } from './line-peer.ts';
import { peerPython } from './processes.ts';
import type { BenchRow } from './row.ts';
import { median } from './statistics.ts';

interface AskCase {
  readonly sampler: string;
  readonly finished: number;
  readonly asks: number;
  readonly goal: { readonly median: number; readonly ninetieth?: number };
  /** Optuna's sampler of the same kind, and how many of its asks are timed. */
  readonly peer: { readonly sampler: string; readonly asks: number } | null;
}

interface Latency {
  readonly median: number;
  readonly ninetieth: number;
}

const space: SearchSpace = {
  learningRate: { type: 'float', low: 1e-5, high: 1, log: true },
  momentum: { type: 'float', low: 0, high: 0.999 },
  dropout: { type: 'float', low: 0, high: 0.9 },
  weightDecay: { type: 'float', low: 1e-8, high: 1e-2, log: true },
  units: { type: 'int', low: 16, high: 1024, step: 16 },
  activation: { type: 'categorical', choices: ['relu', 'tanh', 'gelu', 'silu'] },
};
const RUNNING = 4;

const guided = { median: 15, ninetieth: 50 };
const cases: readonly AskCase[] = [
  { sampler: 'guided-evolution', finished: 64, asks: 65, goal: guided, peer: null },
  { sampler: 'guided-evolution', finished: 128, asks: 101, goal: guided, peer: null },
  {
    sampler: 'guided-evolution',
    finished: 400,
    asks: 101,
    goal: guided,
    peer: { sampler: 'tpe', asks: 31 },
  },
  {
    sampler: 'guided-evolution',
    finished: 10_000,
    asks: 101,
    goal: { median: 10 },
    peer: { sampler: 'tpe', asks: 11 },
  },
  {
    sampler: 'tpe',
    finished: 1_000,
    asks: 101,
    goal: { median: 5 },
    peer: { sampler: 'tpe', asks: 31 },
  },
  {
    sampler: 'tpe',
    finished: 10_000,
    asks: 101,
    goal: { median: 5 },
    peer: { sampler: 'tpe', asks: 11 },
  },
  {
    sampler: 'gp',
    finished: 200,
    asks: 31,
    goal: { median: 100 },
    peer: { sampler: 'gp', asks: 11 },
  },
];

export async function modelRows(): Promise<BenchRow[]> {
  const rows: BenchRow[] = [];
  for (const each of cases) {
    if (!samplerNames.some(({ name }) => name === each.sampler)) continue;
    const own = latencyOf(each);
    rows.push(rowOf(each, own, await peerLatency(each)));
  }
  return rows;
}

function latencyOf({ sampler: name, finished, asks }: AskCase): Latency {
  const sampler = createSampler({ name }, space, 'minimize', 1);
  const columns = new TrialColumns(space, 'minimize', sampler.window);
  const random = createSampler({ name: 'random' }, space, 'minimize', 2);
  const running: { readonly number: number; readonly params: EncodedParams }[] = [];
  const ask = (asked: typeof sampler): number => {
    const number = columns.size;
    const view = columns.asynchronousView(columns.ended);
    const before = process.cpuUsage();
    const [proposal] = asked.propose(number, 1, view);
    const { user, system } = process.cpuUsage(before);
    const took = (user + system) / 1000;
    if (proposal === undefined) throw new RangeError(`${name} has no point left`);
    columns.proposed(number, proposal.params, view.count, proposal.origin);
    running.push({ number, params: proposal.params });
    if (running.length < RUNNING) return took;
    const ended = at(running, 0);
    running.shift();
    columns.end(ended.number, 'complete', 'succeeded', valueOf(ended.params));
    return took;
  };
  while (columns.ended < finished) ask(random);
  // The first asks compile and fill caches.
  for (let i = 0; i < 3; i++) ask(sampler);
  return summary(Array.from({ length: asks }, () => ask(sampler)));
}

/** Null: Optuna, or a package that its sampler needs, is not installed. */
async function peerLatency({ peer, finished }: AskCase): Promise<Latency | null> {
  if (peer === null) return null;
  const needs = peer.sampler === 'gp' ? ['optuna', 'torch'] : ['optuna'];
  const python = peerPython(...needs);
  if (python === null) return null;
  const optuna = new LinePeer(python, 'optuna_asks.py');
  try {
    await optuna.ask({ sampler: peer.sampler, seed: 1, direction: 'minimize', space });
    await optuna.ask({ fill: finished - RUNNING });
    const times: number[] = [];
    const running: { readonly number: number; readonly params: EncodedParams }[] = [];
    for (let i = 0; i < RUNNING + peer.asks; i++) {
      const { number, params, seconds } = (await optuna.ask({ ask: true })) as {
        readonly number: number;
        readonly params: readonly number[];
        readonly seconds: number;
      };
      if (i >= RUNNING) times.push(1000 * seconds);
      running.push({ number, params: Float64Array.from(params) });
      const ended = running.length < RUNNING ? undefined : running.shift();
      if (ended !== undefined)
        await optuna.ask({ tell: ended.number, value: valueOf(ended.params) });
    }
    return summary(times);
  } finally {
    optuna.close();
  }
}

function summary(times: readonly number[]): Latency {
  const sorted = [...times].sort((a, b) => a - b);
  return { median: median(sorted), ninetieth: at(sorted, Math.ceil(0.9 * sorted.length) - 1) };
}

function rowOf(
  { sampler, finished, asks, goal, peer }: AskCase,
  own: Latency,
  theirs: Latency | null,
): BenchRow {
  const limit = goal.ninetieth === undefined ? '' : `, 90 % ≤ ${goal.ninetieth} ms`;
  const absent = peer !== null && theirs === null ? '; the peer is not installed' : '';
  return {
    bench: 'ask',
    case: `${sampler}, ${finished.toLocaleString('en')} finished, 6 parameters`,
    value: own.median,
    unit: 'ms',
    peer: peer === null ? null : `Optuna ${peer.sampler}`,
    peerValue: theirs?.median ?? null,
    ratio: theirs === null ? null : own.median / theirs.median,
    goal: `≤ ${goal.median} ms${limit}`,
    held:
      own.median <= goal.median &&
      (goal.ninetieth === undefined || own.ninetieth <= goal.ninetieth),
    note: `processor time; 90 % of ${asks} asks ≤ ${own.ninetieth.toFixed(1)} ms${absent}`,
  };
}

/** A smooth function with one minimum, which trials are given as their value. */
export function valueOf(params: Float64Array): number {
  return params.reduce((sum, value) => sum + (Math.log(1 + Math.abs(value)) - 1) ** 2, 0);
}
