/**
 * Bayesian optimization with a Gaussian process alone: of many candidates over the whole space, the
 * one of highest expected improvement. The model, the candidates and the local search are those of
 * `guided-evolution`, without its sum of kernels of one parameter, its transformed values and its
 * asks that consider children only. The first trials are a Latin hypercube.
 */
import type { Axis } from '../search-space/axis.ts';
import { modelSampler } from './guided-evolution/guided-evolution.ts';
import type { Sampler } from './sampler.ts';

export function gp(axes: readonly Axis[], seed: number): Sampler {
  return modelSampler('gp', axes, seed, { alwaysWide: true, power: false, additive: false });
}
