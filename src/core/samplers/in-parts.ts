/**
 * Which samplers divide trainings into trials. Apart from `create-sampler.ts`, so that the first
 * script of the window asks without loading every sampler.
 */
import type { SamplerSpec } from './sampler.ts';

/** Returns whether the sampler's trials are parts of trainings, which go on from checkpoints. */
export function trainsInParts({ name }: SamplerSpec): boolean {
  return name === 'pbt';
}
