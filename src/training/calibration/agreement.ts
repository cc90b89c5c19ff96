/** Compares what two executors train a plan to, in a few steps on synthetic data. */
import { defined } from '../../core/at.ts';
import type { Executor } from '../executors/executor.ts';
import type { Plan } from '../plan/plan.ts';
import { syntheticData } from './measure.ts';

const STEPS = 4;
/** Largest difference of a weight, as a share of the largest change: rounding is far below. */
const TOLERANCE = 0.02;
const RATE = 0.01;

/**
 * Returns whether both train to the same weights within rounding.
 * @throws TrainingError as `compile` and `run`
 */
export async function agree(
  one: Pick<Executor, 'compile'>,
  other: Pick<Executor, 'compile'>,
  plan: Plan,
): Promise<boolean> {
  const [found, expected] = [await trained(one, plan), await trained(other, plan)];
  const change = (weight: number, i: number): number =>
    Math.abs(weight - defined(expected.start[i]));
  const largest = expected.end.reduce((most, weight, i) => Math.max(most, change(weight, i)), 0);
  // A difference that is not a number compares as false, so that it never agrees.
  return found.end.every(
    (weight, i) => Math.abs(weight - defined(expected.end[i])) <= TOLERANCE * largest,
  );
}

interface Trained {
  readonly start: Float32Array;
  readonly end: Float32Array;
}

async function trained(executor: Pick<Executor, 'compile'>, plan: Plan): Promise<Trained> {
  const { signal } = new AbortController();
  const executable = await executor.compile(plan, 1, signal);
  try {
    await executable.loadDataset(syntheticData(plan));
    await executable.begin(0, [{ trial: 0, shared: false }]);
    const { weights: start } = await executable.readWeights(0);
    const order = Uint32Array.from({ length: STEPS * plan.batch }, (_, i) => i);
    const hyper = movingRow(plan);
    await executable.run({
      ...{ epoch: 0, firstStep: 0, steps: STEPS, rows: 'run' },
      ...{ order, hyper, signal },
    });
    const { weights: end } = await executable.readWeights(0);
    return { start, end };
  } finally {
    await executable.dispose();
  }
}

/** Hyper-parameters with which each optimiser follows the gradient, without memory or decay. */
function movingRow({ hyper }: Plan): Uint32Array {
  const row = hyper.map(({ name }) => {
    if (/^(learningRate|stepSize)$/.test(name)) return RATE;
    return /^(rest\d?|correction|epsilon|clip|shrink)$|\.scale$/.test(name) ? 1 : 0;
  });
  return new Uint32Array(Float32Array.from(row).buffer);
}
