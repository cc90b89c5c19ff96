/**
 * Ordinals in CMA-ES with Margin: integer centering of the samples (Marty et al. 2024), and the
 * margin, a smallest probability with which each ordinal leaves the value of the mean (Hamano et
 * al. 2022). Without it, an ordinal whose σ falls below its step never changes again.
 */
import { at } from '../../at.ts';
import { normalQuantile } from '../../elementary.ts';
import { normalDistribution } from '../tpe/gaussian-mass.ts';
import type { Gaussian } from './distribution.ts';
import { boundary, cellAt } from './mixed-space.ts';
import type { Ladder } from './mixed-space.ts';
import { EPSILON } from './strategy.ts';
import type { Strategy } from './strategy.ts';

/**
 * Moves the selected samples in place: those that changed an ordinal to its value exactly, the
 * others towards the mean's value, so that the moves together are unbiased.
 * @param samples best first; NaN where the parameter is inactive
 * @returns for each ordinal, whether a selected sample changed it
 */
export function centred(
  { space, selected }: Strategy,
  mean: Float64Array,
  samples: readonly Float64Array[],
): readonly boolean[] {
  const best = samples.slice(0, selected);
  return space.ladders.map((ladder, i) => centredAlong(ladder, space.continuous + i, mean, best));
}

function centredAlong(
  ladder: Ladder,
  index: number,
  mean: Float64Array,
  samples: readonly Float64Array[],
): boolean {
  const home = cellAt(ladder, at(mean, index));
  const unchanged: Float64Array[] = [];
  let bias = 0;
  let [up, down] = [0, 0];
  let hasChanged = false;
  for (const sample of samples) {
    const value = at(sample, index);
    if (Number.isNaN(value)) continue;
    const cell = cellAt(ladder, value);
    const move = ladder.position(cell) - value;
    if (cell === home) {
      unchanged.push(sample);
      if (move > 0) up += move;
      else down += move;
    } else {
      hasChanged = true;
      sample[index] = ladder.position(cell);
      bias += ladder.position(cell) - value;
    }
  }
  const opposite = bias > 0 ? down : up;
  const share = bias * opposite < 0 ? Math.min(1, -bias / opposite) : 0;
  for (const sample of unchanged) {
    const value = at(sample, index);
    const move = ladder.position(home) - value;
    if (bias * move < 0) sample[index] = value + share * move;
  }
  return hasChanged;
}

/** Returns the Gaussian with mean and A corrected so that each ordinal keeps its margin. */
export function withMargin(
  { space, numeric, margin }: Strategy,
  gaussian: Gaussian,
  changed: readonly boolean[],
): Gaussian {
  const mean = gaussian.mean.slice();
  const scale = gaussian.scale.slice();
  const leaving = gaussian.leaving.slice();
  for (const [i, ladder] of space.ladders.entries()) {
    const index = space.continuous + i;
    const deviation = gaussian.sigma * Math.sqrt(at(gaussian.covariance, index * (numeric + 1)));
    const corrected = correctedAlong(ladder, {
      mean: at(mean, index),
      scale: at(scale, index),
      leaving: at(leaving, i),
      deviation,
      margin,
      hasChanged: at(changed, i),
    });
    mean[index] = corrected.mean;
    scale[index] = corrected.scale;
    leaving[i] = corrected.leaving;
  }
  return { ...gaussian, mean, scale, leaving };
}

interface Coordinate {
  readonly mean: number;
  readonly scale: number;
  readonly leaving: number;
}

interface Correction extends Coordinate {
  /** Standard deviation without A. */
  readonly deviation: number;
  readonly margin: number;
  readonly hasChanged: boolean;
}

function correctedAlong(ladder: Ladder, now: Correction): Coordinate {
  const cell = cellAt(ladder, now.mean);
  const lower = boundary(ladder, Math.max(0, cell - 1));
  const upper = boundary(ladder, Math.min(ladder.cells - 2, cell));
  const wide = now.scale * now.deviation;
  const below = normalDistribution((lower - now.mean) / wide);
  const above = normalDistribution((now.mean - upper) / wide);
  return lower === upper
    ? atEnd(now, Math.min(below, above), upper, ladder.position(cell))
    : between(now, below, above, lower, upper);
}

/** The mean is at the first or the last value, so there is one boundary. */
function atEnd(
  { mean, scale, leaving, deviation, margin, hasChanged }: Correction,
  probability: number,
  limit: number,
  value: number,
): Coordinate {
  const wanted = Math.max(probability, margin);
  const kept = clipped(hasChanged ? wanted : Math.min(wanted, leaving));
  const wider = Math.max(scale, Math.abs(value - limit) / (deviation * upperQuantile(margin)));
  const distance = deviation * wider * upperQuantile(kept);
  return { mean: limit + Math.sign(mean - limit) * distance, scale: wider, leaving: kept };
}

/** The mean is at a value between two others. */
function between(
  { leaving, deviation, margin, hasChanged }: Correction,
  below: number,
  above: number,
  lower: number,
  upper: number,
): Coordinate {
  const half = margin / 2;
  const inside = 1 - (below + above);
  const low = Math.max(below, half);
  const high = Math.max(above, half);
  const middle = hasChanged ? inside : Math.max(inside, 1 - leaving);
  const excess = 1 - low - high - middle;
  const divisor = low + high + middle - (hasChanged ? 3 * half : margin + (1 - leaving));
  const share = divisor === 0 ? 0 : excess / divisor;
  const downwards = clipped(low + share * (low - half));
  const upwards = clipped(high + share * (high - half));
  const [down, up] = [upperQuantile(downwards), upperQuantile(upwards)];
  return {
    mean: (lower * up + upper * down) / (down + up),
    scale: (upper - lower) / ((down + up) * deviation),
    leaving: downwards + upwards,
  };
}

/** Φ⁻¹(1 − p). */
function upperQuantile(probability: number): number {
  return -normalQuantile(probability);
}

function clipped(probability: number): number {
  return Math.max(EPSILON, Math.min(0.5 - EPSILON, probability));
}
