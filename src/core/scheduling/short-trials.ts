/**
 * Handling of short attempts. Where an attempt takes less time than its messages, a cohort carries
 * several, evaluated one after another: only where proposals do not depend on results, so that the
 * search is not impaired, and never a trial that has crashed or died before, so that a faulty one
 * is identified alone. Cohorts queue only behind short ones.
 */
import type { LabOptions } from './options.ts';
import type { LabState, OpenTrial, Study } from './state.ts';

/** Number of attempts after which their duration is considered known. */
const ENOUGH = 16;

/**
 * Number of trials of the study that a cohort may carry because they are short; 1: they are not
 * short.
 */
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
 * Returns whether another cohort of the study may wait behind a running one; true while their
 * duration is unknown.
 */
export function mayQueue({ queueBelowMs }: LabOptions, { durations }: Study): boolean {
  return durations.value < queueBelowMs;
}
