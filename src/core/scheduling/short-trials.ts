/**
 * Handling of short attempts. Where an attempt takes less time than its messages, a cohort carries
 * several, evaluated one after another: only where proposals do not depend on results, so that the
 * search is not impaired, and never a trial that has crashed or died before, so that a faulty one
 * is identified alone.
 */
import type { LabState, OpenTrial, Study } from './state.ts';

/** Number of cohorts after which the duration of their trials is considered known. */
const ENOUGH = 16;

/**
 * Number of trials of the study that a cohort on this device may carry because they are short; 1:
 * they are not short.
 */
export function bundleOf(
  { options: { bundleMs, bundleAtMost } }: LabState,
  { sampler, speeds }: Study,
  device: string,
): number {
  const trialMs = speeds.get(device)?.trialMs;
  if (sampler.barrier === null || trialMs === undefined || trialMs.count < ENOUGH) return 1;
  const each = trialMs.value;
  return each * bundleAtMost <= bundleMs ? bundleAtMost : Math.max(1, Math.floor(bundleMs / each));
}

export function mayBeBundled({ crashes, deaths }: OpenTrial): boolean {
  return crashes === 0 && deaths === 0;
}
