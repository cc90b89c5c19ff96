/**
 * Decides when a study needs no more trials. `trials` and, for synchronous samplers, `target` lower
 * the limit: trials from that number on are not wanted. `minutes`, and `target` for asynchronous
 * samplers, end the study.
 */
import type { Limits } from '../study/study-spec.ts';
import { hasAudits } from './audits.ts';
import { trialsOf } from './dormant.ts';
import { recallFrom } from './recall.ts';
import type { LabState, Study } from './state.ts';
import { write } from './step-output.ts';
import { activeMs, giveGrace, moveStudy } from './studies.ts';
import type { EndedState } from './words.ts';

/**
 * Records a trial's end: best, target, frontier.
 * @returns whether it is the best so far, or on the front of a study that lists objectives
 */
export function afterEnd(
  lab: LabState,
  study: Study,
  number: number,
  state: EndedState,
  value: number,
): boolean {
  const { columns } = study;
  while (columns.hasEnded(study.frontier)) study.frontier += 1;
  if (state !== 'complete' || !Number.isFinite(value)) return false;
  if (columns.front !== null) return columns.front.numbers.includes(number);
  const isBest =
    study.best === null ||
    isBetter(study, value, study.best.value) ||
    (value === study.best.value && number < study.best.number);
  if (isBest) study.best = { number, value };
  if (reaches(study, value) && number < (study.firstHit ?? Infinity)) {
    study.firstHit = number;
    if (study.sampler.barrier !== null) setLimit(lab, study, wantedLimit(study));
    else if (study.state === 'running') end(lab, study, 'target');
  }
  return isBest;
}

export function isBetter(study: Pick<Study, 'spec'>, a: number, b: number): boolean {
  return study.spec.direction === 'minimize' ? a < b : a > b;
}

/** Returns whether a trial with this value reaches the study's target. */
export function reaches(study: Pick<Study, 'spec' | 'limits'>, value: number): boolean {
  const { target } = study.limits;
  return target !== null && !isBetter(study, target, value);
}

/**
 * Returns the number from which on trials are not wanted. A synchronous study that reaches its
 * target keeps the whole barrier block of the hit with the smallest number (without a barrier: up
 * to the hit), so that its trials do not depend on the order of completion.
 */
export function wantedLimit(study: Study): number {
  const { sampler, limits, firstHit } = study;
  const trials = limits.trials ?? Infinity;
  return firstHit === null || sampler.barrier === null
    ? trials
    : Math.min(trials, endOfBlock(sampler.barrier, firstHit));
}

/** Returns one past the last number that waits for the same trials as `number`. */
function endOfBlock(barrier: (n: number) => number, number: number): number {
  if (barrier(Number.MAX_SAFE_INTEGER) === barrier(0)) return number + 1;
  const block = barrier(number);
  let end = number + 1;
  while (barrier(end) === block) end += 1;
  return end;
}

/** Writes a changed limit and recalls attempts beyond it. */
export function setLimit(lab: LabState, study: Study, limit: number): void {
  if (limit === study.limit) return;
  study.limit = limit;
  study.wanted = 0;
  for (const number of study.open.keys()) if (number < limit) study.wanted += 1;
  writeLimits(lab, study);
  recallFrom(lab, study, limit, 'beyond the limit');
}

export function writeLimits(lab: LabState, study: Study): void {
  const limit = study.limit === Infinity ? null : study.limit;
  write(lab, { op: 'limits', uid: study.uid, limits: study.limits, limit });
}

/** Changes the limits: searches all trials for the target and recomputes the limit. */
export function editLimits(lab: LabState, study: Study, limits: Limits): void {
  study.limits = limits;
  study.firstHit = firstHit(study);
  const limit = wantedLimit(study);
  if (limit === study.limit) writeLimits(lab, study);
  else setLimit(lab, study, limit);
}

/** The smallest number of a trial that reached the target; null: none. O(trials). */
export function firstHit(study: Study): number | null {
  const { columns } = study;
  if (study.limits.target === null) return null;
  for (let number = 0; number < columns.size; number++) {
    if (
      columns.state(number) === 'complete' &&
      Number.isFinite(columns.value(number)) &&
      reaches(study, columns.value(number))
    )
      return number;
  }
  return null;
}

/** The stop rule that applies; null: none. */
export function ruleThatHolds(lab: LabState, study: Study): string | null {
  const { limits } = study;
  if (limits.activeMs !== null && activeMs(lab, study) >= limits.activeMs) return 'minutes';
  if (study.firstHit !== null && study.sampler.barrier === null) return 'target';
  if (study.wanted > 0 || trialsOf(study) < study.limit) return null;
  return study.limit < (limits.trials ?? Infinity) ? 'target' : 'trials';
}

/**
 * Ends a study: no ask and no dispatch from now on; after the grace period running attempts are
 * recalled.
 */
export function end(
  lab: LabState,
  study: Study,
  reason: string,
  graceMs = lab.options.graceMs,
): void {
  moveStudy(lab, study, 'ending', reason);
  giveGrace(lab, study, graceMs);
}

/**
 * Ends a running study whose minutes are used, or whose target an asynchronous sampler has reached.
 */
export function enforceRules(lab: LabState, study: Study): void {
  if (study.state !== 'running') return;
  const rule = ruleThatHolds(lab, study);
  if (rule === 'minutes' || (rule === 'target' && study.sampler.barrier === null))
    end(lab, study, rule);
}

/**
 * Last part of a step: moves studies on whose last attempt is settled or whose last trial has
 * ended.
 */
export function settleStudies(lab: LabState): void {
  for (const study of lab.active) {
    if (study.live > 0) continue;
    if (study.state === 'ending') {
      moveStudy(lab, study, 'finished', study.reason);
      continue;
    }
    const spent = study.columns.size >= study.limit;
    const done = study.wanted === 0 && (spent || study.exhausted);
    if (study.state === 'pausing') moveStudy(lab, study, 'paused', study.reason);
    if (done && !hasAudits(lab, study))
      moveStudy(
        lab,
        study,
        'finished',
        spent ? (ruleThatHolds(lab, study) ?? 'trials') : 'exhausted',
      );
    else if (study.state === 'paused') lab.active.delete(study);
  }
}
