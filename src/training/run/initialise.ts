/**
 * Initial weights of a lane: drawn in float64 and rounded once to float32; a function of seed,
 * weight and trial only.
 */
import { defined } from '../../core/at.ts';
import { normalQuantile } from '../../core/elementary.ts';
import { keyOf, philox, PURPOSE } from '../../core/random.ts';
import { withoutPauses, type Pausable } from '../../runtime/pausable.ts';
import type { LaneSeed } from '../executors/executor.ts';
import { blockSize, elements, type Plan } from '../plan/plan.ts';

/** Number of draws between pauses; takes a few milliseconds. */
const DRAWS_A_PART = 65_536;

/** @returns the padded weight block (float32) */
export function initialWeights(
  plan: Pick<Plan, 'weights'>,
  seed: number,
  lane: LaneSeed,
): Float32Array {
  return withoutPauses(drawing(plan, seed, lane));
}

/** `initialWeights` as a computation that can be paused. */
export function* drawing(
  plan: Pick<Plan, 'weights'>,
  seed: number,
  lane: LaneSeed,
): Pausable<Float32Array> {
  const block = new Float32Array(blockSize(plan));
  const key = keyOf(seed);
  const words = new Uint32Array(4);
  for (const [ordinal, weight] of plan.weights.entries()) {
    const count = elements(weight.shape);
    for (let i = 0; i < count; i++) {
      if (i % DRAWS_A_PART === 0) yield;
      if ((i & 3) === 0)
        philox(key, i >>> 2, 0, counterOf(lane), (PURPOSE.initialise << 24) | ordinal, words);
      block[weight.offset + i] = draw(weight.init, weight.spread, defined(words[i & 3]));
    }
  }
  return block;
}

/** Word c2 of the generator's counter: the trial's own stream, or the study's. */
export function counterOf(lane: LaneSeed): number {
  return lane.shared ? 0 : lane.trial + 1;
}

function draw(init: Plan['weights'][number]['init'], spread: number, word: number): number {
  switch (init) {
    case 'uniform':
      return ((word >>> 8) * 2 ** -24 * 2 - 1) * spread;
    case 'normal':
      return normalQuantile((word + 0.5) * 2 ** -32) * spread;
    case 'zero':
      return 0;
    case 'one':
      return 1;
  }
}
