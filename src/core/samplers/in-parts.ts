/**
 * Which samplers divide trainings into trials. Apart from `create-sampler.ts`, so that the first
 * script of the window asks without loading every sampler.
 */
import type { SamplerSpec } from './sampler.ts';

/** Members of a population whose study names no number, as in `pbt.ts`. */
export const DEFAULT_POPULATION = 8;

/** Returns whether the sampler's trials are parts of trainings, which go on from checkpoints. */
export function trainsInParts({ name }: SamplerSpec): boolean {
  return name === 'pbt';
}

/** Returns the number of trials in which all members train to their end; null: no such number. */
export function trialsInParts(sampler: SamplerSpec): number | null {
  if (!trainsInParts(sampler)) return null;
  const { population = DEFAULT_POPULATION, rounds } = sampler;
  return typeof population === 'number' && typeof rounds === 'number' ? population * rounds : null;
}
