/** Comparison of an executor's numbers with the reference's, for the contract of executors. */
import { expect } from 'vitest';
import type { LaneMetrics, LaneState } from '../../src/training/executors/executor.ts';
import { ReferenceExecutor } from '../../src/training/executors/reference/reference.ts';
import type { Params } from '../../src/training/objective/objective.ts';
import type { SmallSubject } from '../support/networks.ts';
import { firstWeights, walkReference } from '../support/reference-walk.ts';
import { byWeight, worst } from '../support/training.ts';
import { SEED, Session } from './executor-session.ts';

/** Distance from a kink within which float32 may fall on the other side. */
const NEAR = 1e-5;

export function expectMetrics(
  found: LaneMetrics | null | undefined,
  expected: LaneMetrics | null | undefined,
  tolerance: number,
  what: string,
): void {
  expect([found?.samples, found?.correct, found?.diverged], what).toEqual([
    expected?.samples,
    expected?.correct,
    false,
  ]);
  expect(
    worst([found?.lossSum ?? NaN], [expected?.lossSum ?? NaN], 0.1),
    `${what}: loss`,
  ).toBeLessThanOrEqual(tolerance);
}

/**
 * Compares the changes since the start, weight by weight. The true gradient of a bias before a norm
 * is 0, so differences are relative to the largest change of the layer's and the network's weights.
 * The rounding of stored float32 weights (half a unit in the last place per step) is not counted as
 * an error.
 */
export function expectState(
  { plan }: SmallSubject,
  start: LaneState,
  found: LaneState,
  expected: LaneState,
  tolerance: number,
  what: string,
): void {
  const since = (packed: Float32Array, first: Float32Array): Float32Array =>
    packed.map((v, i) => v - (first[i] ?? 0));
  const rounded = found.weights.map((v, i) => {
    const right = expected.weights[i] ?? NaN;
    const stored = 2 ** -24 * Math.abs(right) * Math.max(1, found.step);
    return Math.abs(v - right) <= stored ? right : v - Math.sign(v - right) * stored;
  });
  const blocks = [
    [since(rounded, start.weights), since(expected.weights, start.weights), 'change'],
    ...expected.slots.map(
      (slot, k) => [found.slots[k] ?? new Float32Array(), slot, `slot ${String(k)}`] as const,
    ),
  ] as const;
  for (const [left, right, block] of blocks) {
    const parts = byWeight(plan, right);
    const largest = parts.map(({ values }) => values.reduce((a, v) => Math.max(a, Math.abs(v)), 0));
    const layerOf = (weight: string): string => weight.slice(0, weight.lastIndexOf('.'));
    const whole = Math.max(...largest, 1e-7) / 100;
    byWeight(plan, left).forEach(({ name: weight, values }, k) => {
      const layer = Math.max(
        ...parts.map((part, i) => (layerOf(part.name) === layerOf(weight) ? (largest[i] ?? 0) : 0)),
      );
      const error = worst(values, parts[k]?.values ?? [], Math.max(whole, layer / 20));
      expect(error, `${what}: ${block} of ${weight}`).toBeLessThanOrEqual(tolerance);
    });
  }
  expect(found.statistics.length).toBe(expected.statistics.length);
  expect(
    worst(found.statistics, expected.statistics, 0.1),
    `${what}: statistics`,
  ).toBeLessThanOrEqual(tolerance);
  expect(found.step).toBe(expected.step);
}

/** Returns whether the lane of trial 0 stays away from every kink in the two steps of `compare`. */
export async function isSmooth(subject: SmallSubject, params: Params): Promise<boolean> {
  const { plan, view } = subject;
  const perEpoch = Math.ceil(view.samples / plan.batch);
  const order = Uint32Array.from({ length: view.samples }, (_, i) => i);
  const weights = firstWeights(subject, SEED, { trial: 0, shared: false });
  if (
    walkReference(subject, weights, { indices: order.subarray(0, plan.batch), perEpoch }, params)
      .gap < NEAR
  )
    return false;
  const oracle = await Session.open(new ReferenceExecutor(), subject, [{ trial: 0, params }]);
  await oracle.run(0, 0, 1);
  const { weights: packed } = await oracle.state();
  const second = byWeight(plan, packed).map(({ values }) => Float64Array.from(values));
  const place = {
    indices: order.subarray((perEpoch - 1) * plan.batch),
    epoch: 1,
    step: 2 * perEpoch - 1,
    perEpoch,
  };
  return walkReference(subject, second, place, params).gap >= NEAR;
}
