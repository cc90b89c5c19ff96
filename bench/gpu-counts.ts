/**
 * Dispatches of a training step and traffic of a sample for each preset on `webgpu`, counted from
 * the emitted kernels: a kernel counts each result that it reads or writes once. The peer is the
 * same network with every result stored. No card is needed.
 */
import { PRESETS } from '../src/training/models/presets.ts';
import { resolveNetwork } from '../src/training/models/resolve.ts';
import { Scope } from '../src/training/models/scope.ts';
import { trafficOf } from '../src/training/executors/webgpu/kernel.ts';
import { lower } from '../src/training/executors/webgpu/program.ts';
import { cardTile } from '../src/training/executors/webgpu/tiles.ts';
import { compilePlan } from '../src/training/plan/compile.ts';
import type { Plan } from '../src/training/plan/plan.ts';
import type { BenchRow } from './row.ts';

const BATCH = 128;

export interface Counts {
  readonly dispatches: number;
  /** Bytes that the kernels of a step read and write for one sample of one lane. */
  readonly traffic: number;
  /** Bytes of one lane's activations and partial sums. */
  readonly memory: number;
}

/** The plan of a preset with SGD, momentum and a rate of dropout of its own. */
export function presetPlan(name: string): Plan {
  const network = resolveNetwork(PRESETS.get(name), new Scope({ dropout: 0.2 }));
  if (network === undefined) throw new RangeError(`there is no preset ${name}`);
  const optimizer = {
    type: 'sgd',
    ...{ learningRate: 0.1, momentum: 0.9, nesterov: false, weightDecay: 0 },
    decay: 'all',
  } as const;
  return compilePlan(network, { batch: BATCH, optimizer });
}

/** @param fusing as `lower` */
export function countsOf(plan: Plan, fusing: boolean): Counts {
  const { train, places } = lower(plan, cardTile, fusing);
  const bytes = train.reduce((sum, kernel) => sum + trafficOf(kernel), 0);
  return {
    dispatches: train.length,
    traffic: Math.round(bytes / plan.batch),
    memory: 4 * (places.arena + places.scratch),
  };
}

export function run(): Promise<BenchRow[]> {
  const rows = [...PRESETS.keys()].flatMap((name) => {
    const plan = presetPlan(name);
    const [fused, stored] = [countsOf(plan, true), countsOf(plan, false)];
    const row = (what: string, unit: string, value: number, before: number): BenchRow => ({
      ...{ bench: 'gpu-counts', case: `${name}, ${what}`, value, unit },
      ...{ peer: 'every result stored', peerValue: before, ratio: value / before },
      ...{ goal: 'reported', held: null },
    });
    return [
      row('a step', 'dispatches', fused.dispatches, stored.dispatches),
      row('a sample', 'kB of traffic', fused.traffic / 1000, stored.traffic / 1000),
      row('a lane', 'MB', fused.memory / 1e6, stored.memory / 1e6),
    ];
  });
  return Promise.resolve(rows);
}
