/**
 * What follows from attempts being short. Where one takes less time than its messages, a cohort
 * carries several, evaluated one after another: only where proposals do not depend on results, so
 * that nothing is searched worse for it, and never a trial that has crashed or died before, so that
 * a bad one is found out alone. And only behind short ones does another wait.
 */
import type { LabOptions } from './options.ts';
import type { LabState, OpenTrial, Study } from './state.ts';

/** So many attempts tell how long one takes. */
const ENOUGH = 16;

/** How many trials of the study a cohort may carry for their shortness; 1: they are not short. */
export function bundleOf(
  { options: { bundleMs, bundleAtMost } }: LabState,
  { sampler, durations }: Study,
): number {
  if (sampler.barrier === null || durations.count < ENOUGH) return 1;
  const each = durations.value;
  return each * bundleAtMost <= bundleMs ? bundleAtMost : Math.max(1, Math.floor(bundleMs / each));
}

export function mayBeBundled({ crashes, deaths }: OpenTrial): boolean {
  return crashes === 0 && deaths === 0;
}

/**
 * Whether another of the study's cohorts may wait behind one that runs; yes while nothing is known
 * of how long they take.
 */
export function mayQueue({ queueBelowMs }: LabOptions, { durations }: Study): boolean {
  return durations.value < queueBelowMs;
}
