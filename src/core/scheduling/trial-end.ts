/** Ends a trial exactly once: state, value, charge and completion number in one step. */
import type { AttemptResult } from './events.ts';
import { considerAudit } from './audits.ts';
import { revoke } from './recall.ts';
import type { Attempt, LabState, OpenTrial } from './state.ts';
import { show, write } from './step-output.ts';
import { afterEnd } from './stop-rules.ts';
import { record } from './story.ts';
import { moveTrial } from './trials.ts';
import { violationOf, worstFigures } from '../study/objectives.ts';
import type { Figures, Listed } from '../study/objectives.ts';
import type { RankedValues } from '../study/trial-columns.ts';
import { SUPERSEDED } from './words.ts';
import type { EndedState, TrialOutcome } from './words.ts';

export interface End {
  readonly state: EndedState;
  readonly outcome: TrialOutcome;
  /** ±∞ for the worst, NaN if there is none. */
  readonly value: number;
  /** The attempt that produced it, settled or live; null: none ran. */
  readonly attempt: Attempt | null;
  readonly result: AttemptResult | null;
  /** Why the attempt crashed: its error, or how its worker ended; absent: it did not. */
  readonly detail?: string | null;
  /** Values where the study lists objectives; absent or null: none, which counts as the worst. */
  readonly figures?: Figures | null;
}

/**
 * Returns what a study that lists objectives ranks a trial by; null: the worst, or it lists none.
 */
export function rankedOf(spec: Listed, figures: Figures | null | undefined): RankedValues | null {
  if (spec.objectives === undefined || figures === null || figures === undefined) return null;
  return { values: figures.values, violation: violationOf(spec, figures) };
}

/** Returns the values that a complete trial is stored and shown with. */
export function endFigures(
  spec: Listed,
  { state, figures }: Pick<End, 'state' | 'figures'>,
): { readonly figures?: Figures } {
  if (spec.objectives === undefined || state !== 'complete') return {};
  return { figures: figures ?? worstFigures(spec) };
}

export function endTrial(lab: LabState, trial: OpenTrial, end: End): void {
  const { study, number, params, origin } = trial;
  const { state, outcome, value, attempt, result, detail } = end;
  moveTrial(lab, trial, state);
  record(lab, trial, `${state}: ${outcome}${state === 'failed' ? '' : ` with ${value}`}`);
  const superseded = attempt !== null && !trial.live.includes(attempt);
  for (const live of [...trial.live]) {
    const timedOut = live === attempt && outcome === 'timedOut';
    revoke(lab, live, timedOut ? 'timedOut' : 'cancelled', superseded ? SUPERSEDED : outcome);
  }
  study.waiting.remove(trial);
  study.open.delete(number);
  if (number < study.limit) study.wanted -= 1;
  const ending = attempt?.id.attemptNumber ?? trial.attemptNumber;
  study.lastAttemptNumber.set(number, Math.min(ending, 255));
  const { spec } = study;
  const figures = endFigures(spec, end);
  const told = state === 'pruned' ? (trial.verdict?.expected ?? value) : value;
  const finishSeq = study.columns.end(number, state, outcome, told, rankedOf(spec, end.figures));
  const attemptNumber = attempt?.id.attemptNumber ?? 0;
  write(lab, {
    op: 'trialEnded',
    uid: study.uid,
    number,
    state,
    outcome,
    value,
    ...figures,
    finishSeq,
    attemptNumber,
    story: trial.story.lines(),
  });
  const isBest = afterEnd(lab, study, number, state, value);
  show(lab, study, {
    kind: 'trialEnded',
    number,
    state,
    outcome,
    value,
    ...figures,
    finishSeq,
    params,
    origin,
    attempt: attempt?.id ?? null,
    slot: attempt?.slot ?? null,
    result,
    ...(typeof detail === 'string' ? { detail } : {}),
    isBest,
  });
  if (outcome === 'succeeded' || outcome === 'diverged' || outcome === 'pruned')
    considerAudit(lab, study, attempt, outcome, result);
}
