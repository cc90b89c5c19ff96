/**
 * Summary of every study for the list of studies: counts, best trial and staircase, updated from
 * the scheduler's columns. Not its trials.
 */
import type { StoredHead, Study } from '../../core/scheduling/index.ts';
import type { Staircase } from '../../protocol/window/study-stream.ts';
import type { StudyMoments } from '../../storage/lab-reader.ts';
import { GraceCount } from '../../studies/grace-count.ts';
import { Pace } from './pace.ts';
import type { EstimateTimeLeft } from './pace.ts';

export class StudyWatch {
  readonly study: Study;
  readonly pace: Pace;
  readonly grace = new GraceCount();
  readonly counts = { complete: 0, pruned: 0, failed: 0, diverged: 0 };
  readonly staircase: Staircase = { ended: [], trials: [], values: [], activeMs: [] };
  /** Number of epochs that the pruned trials trained, together. */
  prunedEpochs = 0;
  best: { readonly trial: number; readonly value: number; readonly at: number | null } | null =
    null;
  /** Milliseconds since 1970; null: unknown. */
  created: number | null;
  since: number | null;
  /** Number of ended trials already counted. */
  #seen = 0;

  /** @param created null: unknown */
  constructor(study: Study, created: number | null, estimateTimeLeft: EstimateTimeLeft) {
    this.study = study;
    this.pace = new Pace(estimateTimeLeft);
    this.created = created;
    this.since = created;
    if (created !== null) return;
    if (study.dormant !== null) this.#take(study.dormant.head);
    else this.advance(study.columns.ended, null, null);
  }

  /** Takes the summary of a dormant study: the same as counting the ends of its trials. */
  #take({ trials, counts, prunedEpochs, best, improvements }: StoredHead): void {
    this.#seen = trials;
    this.prunedEpochs = prunedEpochs;
    Object.assign(this.counts, counts);
    this.best = best === null ? null : { trial: best.number, value: best.value, at: null };
    for (const { number, value, finishSeq } of improvements) {
      this.staircase.ended.push(finishSeq + 1);
      this.staircase.trials.push(number);
      this.staircase.values.push(value);
      this.staircase.activeMs.push(null);
    }
  }

  /** Takes the moments that the lab file contains. */
  remember({ created, best }: StudyMoments): void {
    this.created ??= created;
    if (this.best?.at === null) this.best = { ...this.best, at: best };
  }

  get ended(): number {
    return this.#seen;
  }

  /**
   * Counts the ends up to the `count`-th.
   * @param at time of these ends, milliseconds since 1970
   * @param activeMs running time of the study at these ends
   */
  advance(count: number, at: number | null, activeMs: number | null): void {
    const { columns, spec } = this.study;
    for (; this.#seen < Math.min(count, columns.ended); this.#seen++) {
      const number = columns.completion(this.#seen);
      const state = columns.state(number);
      if (state === null) continue;
      this.counts[state] += 1;
      if (columns.outcome(number) === 'diverged') this.counts.diverged += 1;
      if (state === 'pruned') this.prunedEpochs += (columns.reports.last(number)?.step ?? -1) + 1;
      const value = columns.value(number);
      if (state !== 'complete' || !Number.isFinite(value)) continue;
      // No single trial is the best by several objectives.
      if (spec.objectives !== undefined) continue;
      // Among equal values the smallest number counts, but it is no improvement.
      if (this.best?.value === value && number < this.best.trial)
        this.best = { trial: number, value, at };
      if (
        this.best !== null &&
        !(spec.direction === 'minimize' ? value < this.best.value : value > this.best.value)
      )
        continue;
      this.best = { trial: number, value, at };
      this.staircase.ended.push(this.#seen + 1);
      this.staircase.trials.push(number);
      this.staircase.values.push(value);
      this.staircase.activeMs.push(activeMs);
    }
  }
}
