/**
 * One study as windows see it: trials in columns, curves of reporting trials, executors. Merges
 * notifications and rows of the lab file, and notifies watchers of changed rows. The study's head
 * is in `study-row.ts`.
 */
import type { Change } from '../../core/scheduling/index.ts';
import type { RowBlock, RowWidths } from '../../protocol/window/row-columns.ts';
import type { RowNames } from '../../storage/row-block.ts';
import { KeptCurves } from './kept-curves.ts';
import { Names } from './names.ts';
import { TrialRows } from './trial-rows.ts';
import type { Birth } from './trial-rows.ts';

export interface ProjectionListener {
  /** A trial's row may have changed. */
  row(number: number): void;
  /** The curves, the names of codes, or the loading progress have changed. */
  other(): void;
}

export class StudyProjection {
  readonly rows: TrialRows;
  readonly curves = new KeptCurves();
  readonly operators = new Names(256);
  readonly slots = new Names(65_535);
  readonly executors = new Map<string, string | null>();
  /** Number of trials read from the file; null: all, or none are needed. */
  loaded: number | null = null;
  readonly #listeners = new Set<ProjectionListener>();

  constructor(widths: RowWidths) {
    this.rows = new TrialRows(widths);
  }

  listen(listener: ProjectionListener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Adds a trial that waits for its first attempt, or whose proposal was not notified. */
  born(number: number, birth: Birth): void {
    if (this.rows.isBorn(number)) return;
    this.rows.born(number, birth, this.#operator(birth.origin.operator));
    if (this.rows.state(number) === null) this.rows.waiting(number);
    this.#row(number);
  }

  /**
   * @param at milliseconds since 1970
   * @param historyLength of the trial it is about
   */
  observe(change: Change, at: number, historyLength: number): void {
    switch (change.kind) {
      case 'trialStarted': {
        const { number, attemptNumber } = change.attempt;
        this.#birth(number, { ...change, historyLength });
        // A trial that has another attempt is reported anew; any other goes on from what it kept.
        if (this.rows.state(number) === 'running') this.curves.begin(number);
        this.rows.started(number, attemptNumber, this.#slot(change.slot), at);
        this.rows.kept(number, this.curves.lengthOf(number));
        this.#row(number);
        return;
      }
      case 'trialReported': {
        const { attempt, report } = change;
        this.rows.reported(
          attempt.number,
          report.value,
          this.curves.report(attempt.number, report.step, report.value),
        );
        this.#row(attempt.number);
        return;
      }
      case 'trialBack': {
        const { number } = change.attempt;
        this.curves.begin(number);
        for (const { step, value } of change.kept) this.curves.report(number, step, value);
        if (change.outcome === 'paused') this.rows.paused(number);
        else this.rows.waiting(number);
        this.rows.kept(number, change.kept.length);
        this.#row(number);
        return;
      }
      case 'trialEnded':
        this.#ended(change, at, historyLength);
        return;
      case 'attemptEnded':
      case 'auditEnded':
      case 'study':
      case 'studyDescribed':
      case 'searchEdited':
      case 'studyRemoved':
        this.#other();
        return;
      default:
        change satisfies never;
    }
  }

  /** Merges rows of the file, in any order; `loaded`: number of rows read so far, null: all. */
  merge(block: RowBlock, names: RowNames, loaded: number | null): void {
    const operators = names.operators.map((name) => this.#operator(name));
    const slots = [0, ...names.slots.map((name) => this.#slot(name))];
    for (const { label, reason } of names.executors) this.#trained(label, reason);
    for (const number of this.rows.merge(block, operators, slots)) this.#row(number);
    this.loaded = loaded;
    this.#other();
  }

  /** Merges reports of the running attempt `k` from the file. */
  mergeCurve(
    number: number,
    attemptNumber: number,
    steps: readonly number[],
    values: readonly number[],
  ): void {
    if (
      this.rows.state(number) !== 'running' ||
      this.rows.attempts(number) !== Math.min(attemptNumber, 255)
    )
      return;
    const reports = this.curves.prepend(number, steps, values);
    if (reports > this.rows.reports(number))
      this.rows.reported(number, values.at(-1) ?? NaN, reports);
    this.#row(number);
  }

  /** The file has been read, or cannot be. */
  allMerged(): void {
    this.loaded = null;
    this.#other();
  }

  #ended(change: Extract<Change, { kind: 'trialEnded' }>, at: number, historyLength: number): void {
    const { number, state, outcome, value, figures, attempt, slot, result } = change;
    this.#birth(number, { ...change, historyLength });
    // All reports of the attempt, whether or not they were received before.
    let reports = this.rows.reports(number);
    for (const report of result?.reports ?? [])
      reports = this.curves.report(number, report.step, report.value);
    if (reports > this.rows.reports(number)) this.rows.reported(number, value, reports);
    const by =
      attempt === null || slot === null
        ? null
        : { attemptNumber: attempt.attemptNumber, slot: this.#slot(slot) };
    this.rows.ended(number, {
      state,
      outcome,
      value,
      finish: change.finishSeq,
      at,
      took: result?.ms ?? NaN,
      attempt: by,
      metrics: result?.metrics,
      figures,
    });
    if (result?.executor !== undefined)
      this.#trained(result.executor, result.executorReason ?? null);
    this.#row(number);
  }

  #birth(number: number, birth: Birth): void {
    if (!this.rows.isBorn(number))
      this.rows.born(number, birth, this.#operator(birth.origin.operator));
  }

  #trained(label: string, reason: string | null): void {
    if (this.executors.has(label)) return;
    this.executors.set(label, reason);
    this.#other();
  }

  #operator(name: string): number {
    const before = this.operators.size;
    const code = this.operators.codeOf(name);
    if (this.operators.size !== before) this.#other();
    return code;
  }

  /** Index + 1. */
  #slot(name: string): number {
    const before = this.slots.size;
    const code = this.slots.codeOf(name);
    if (this.slots.size !== before) this.#other();
    return code + 1;
  }

  #row(number: number): void {
    for (const listener of this.#listeners) listener.row(number);
  }

  #other(): void {
    for (const listener of this.#listeners) listener.other();
  }
}
