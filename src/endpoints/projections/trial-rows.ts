/**
 * The trials of one study as typed columns in the format of the wire. A row comes from the lab
 * file, from notifications, or from both: notifications received since the reading began take
 * precedence, and fields without a notification are taken from the file.
 */
import { defined } from '../../core/at.ts';
import type { Origin } from '../../core/samplers/sampler.ts';
import type { TrialOutcome, TrialState } from '../../core/scheduling/index.ts';
import { Column } from '../../core/study/column.ts';
import { outcomeCodes, trialStates } from '../../protocol/window/columns.ts';
import type { TrialBlock } from '../../protocol/window/columns.ts';
import type { RowBlock } from '../../storage/row-block.ts';

export const NOT_ENDED = 2 ** 32 - 1;

/** The immutable fields of the trial are known. */
const BORN = 1;
/** Its outcome is known from a notification, newer than any file. */
const LIVE = 2;

export interface Birth {
  readonly params: Float64Array;
  readonly origin: Origin;
  readonly historyLength: number;
}

const u8 = (length: number): Uint8Array<ArrayBuffer> => new Uint8Array(length);
const u16 = (length: number): Uint16Array<ArrayBuffer> => new Uint16Array(length);
const u32 = (length: number): Uint32Array<ArrayBuffer> => new Uint32Array(length);
const f32 = (length: number): Float32Array<ArrayBuffer> => new Float32Array(length);
const f64 = (length: number): Float64Array<ArrayBuffer> => new Float64Array(length);

export class TrialRows {
  /** Trials with numbers below this may have a row. */
  size = 0;
  /** Number of trials that have a row. */
  known = 0;
  /** Number of parameters. */
  readonly width: number;
  readonly #has = new Column(u8);
  readonly #state = new Column(u8);
  readonly #outcome = new Column(u8);
  readonly #value = new Column(f64);
  readonly #generation = new Column(u32);
  readonly #parents = new Column(u32, 2);
  readonly #operator = new Column(u8);
  readonly #finish = new Column(u32);
  readonly #historyLength = new Column(u32);
  readonly #started = new Column(f64);
  readonly #ended = new Column(f64);
  readonly #took = new Column(f32);
  readonly #slot = new Column(u16);
  readonly #reports = new Column(u16);
  readonly #attempts = new Column(u8);
  readonly #params: Column<Float64Array>;

  constructor(width: number) {
    this.width = width;
    this.#params = new Column(f64, Math.max(1, width));
  }

  state(number: number): TrialState | null {
    return this.#has.get(number) === 0 ? null : (trialStates[this.#state.get(number)] ?? null);
  }

  reports(number: number): number {
    return this.#reports.get(number);
  }

  attempts(number: number): number {
    return this.#attempts.get(number);
  }

  /** Whether its parameters and origin are known. */
  isBorn(number: number): boolean {
    return (this.#has.get(number) & BORN) !== 0;
  }

  born(number: number, { params, origin, historyLength }: Birth, operator: number): void {
    this.#touch(number, BORN);
    this.#generation.set(number, origin.generation);
    for (const place of [0, 1]) this.#parents.set(number, (origin.parents[place] ?? -1) + 1, place);
    this.#operator.set(number, operator);
    this.#historyLength.set(number, historyLength);
    if (this.width > 0) this.#params.setRow(number, params);
  }

  waiting(number: number): void {
    this.#touch(number, LIVE);
    this.#state.set(number, trialStates.indexOf('waiting'));
    this.#value.set(number, NaN);
    this.#reports.set(number, 0);
  }

  started(number: number, attemptNumber: number, slot: number, at: number): void {
    this.#touch(number, LIVE);
    this.#state.set(number, trialStates.indexOf('running'));
    this.#value.set(number, NaN);
    this.#started.set(number, at);
    this.#ended.set(number, NaN);
    this.#took.set(number, NaN);
    this.#slot.set(number, slot);
    this.#reports.set(number, 0);
    this.#attempts.set(number, Math.min(attemptNumber, 255));
  }

  reported(number: number, value: number, reports: number): void {
    this.#touch(number, LIVE);
    this.#state.set(number, trialStates.indexOf('running'));
    this.#value.set(number, value);
    this.#reports.set(number, Math.min(reports, 65_535));
  }

  ended(
    number: number,
    end: {
      readonly state: TrialState;
      readonly outcome: TrialOutcome;
      readonly value: number;
      readonly finish: number;
      readonly at: number;
      /** NaN: unknown. */
      readonly took: number;
      /** The attempt that ended it; null: none. */
      readonly attempt: { readonly attemptNumber: number; readonly slot: number } | null;
    },
  ): void {
    this.#touch(number, LIVE);
    this.#state.set(number, trialStates.indexOf(end.state));
    this.#outcome.set(number, outcomeCodes.indexOf(end.outcome) + 1);
    this.#value.set(
      number,
      end.state === 'failed' || !Number.isFinite(end.value) ? NaN : end.value,
    );
    this.#finish.set(number, end.finish);
    this.#ended.set(number, end.at);
    this.#took.set(number, end.took);
    if (end.attempt !== null) {
      this.#attempts.set(number, Math.min(end.attempt.attemptNumber, 255));
      this.#slot.set(number, end.attempt.slot);
    }
    // The attempt may have waited behind another one after it was sent.
    if (!Number.isNaN(end.took)) this.#started.set(number, end.at - end.took);
  }

  /**
   * Merges rows of the file below the fields known from notifications.
   * @param operatorOf from the block's codes to those of this projection, likewise `slotOf` (0
   *   stays none)
   * @returns the numbers of changed rows
   */
  merge(block: RowBlock, operatorOf: readonly number[], slotOf: readonly number[]): number[] {
    const changed: number[] = [];
    for (let i = 0; i < block.number.length; i++) {
      const number = defined(block.number[i]);
      const has = this.#has.get(number);
      if (has === (BORN | LIVE)) continue;
      changed.push(number);
      this.#touch(number, BORN);
      this.#layBirth(number, block, i, operatorOf);
      if ((has & LIVE) === 0) this.#layLife(number, block, i, slotOf);
      else if (this.#attempts.get(number) === 0) this.#layAttempt(number, block, i, slotOf);
    }
    return changed;
  }

  /** Returns their rows in the format of the wire. */
  block(numbers: readonly number[]): TrialBlock {
    const n = numbers.length;
    const copy = (
      column: { get(row: number, at?: number): number },
      into: RowBlock[keyof RowBlock],
      width = 1,
    ): Uint8Array<ArrayBuffer> => {
      for (let i = 0; i < n; i++) {
        const number = defined(numbers[i]);
        if (width === 1) into[i] = column.get(number);
        else for (let at = 0; at < width; at++) into[i * width + at] = column.get(number, at);
      }
      return new Uint8Array(into.buffer);
    };
    return {
      number: new Uint8Array(Uint32Array.from(numbers).buffer),
      state: copy(this.#state, u8(n)),
      outcome: copy(this.#outcome, u8(n)),
      value: copy(this.#value, f64(n)),
      generation: copy(this.#generation, u32(n)),
      parents: copy(this.#parents, u32(2 * n), 2),
      operator: copy(this.#operator, u8(n)),
      finish: copy(this.#finish, u32(n)),
      historyLength: copy(this.#historyLength, u32(n)),
      started: copy(this.#started, f64(n)),
      ended: copy(this.#ended, f64(n)),
      took: copy(this.#took, f32(n)),
      slot: copy(this.#slot, u16(n)),
      reports: copy(this.#reports, u16(n)),
      attempts: copy(this.#attempts, u8(n)),
      params:
        this.width === 0 ? new Uint8Array(0) : copy(this.#params, f64(n * this.width), this.width),
    };
  }

  #touch(number: number, what: number): void {
    const has = this.#has.get(number);
    if (has === 0) {
      this.known += 1;
      this.#value.set(number, NaN);
      this.#finish.set(number, NOT_ENDED);
      this.#started.set(number, NaN);
      this.#ended.set(number, NaN);
      this.#took.set(number, NaN);
      this.size = Math.max(this.size, number + 1);
    }
    this.#has.set(number, has | what);
  }

  #layBirth(number: number, block: RowBlock, i: number, operatorOf: readonly number[]): void {
    this.#generation.set(number, defined(block.generation[i]));
    this.#parents.set(number, defined(block.parents[2 * i]), 0);
    this.#parents.set(number, defined(block.parents[2 * i + 1]), 1);
    this.#operator.set(number, defined(operatorOf[defined(block.operator[i])]));
    this.#historyLength.set(number, defined(block.historyLength[i]));
    if (this.width > 0)
      this.#params.setRow(number, block.params.subarray(i * this.width, (i + 1) * this.width));
  }

  #layLife(number: number, block: RowBlock, i: number, slotOf: readonly number[]): void {
    this.#state.set(number, defined(block.state[i]));
    this.#outcome.set(number, defined(block.outcome[i]));
    this.#value.set(number, defined(block.value[i]));
    this.#finish.set(number, defined(block.finish[i]));
    this.#ended.set(number, defined(block.ended[i]));
    this.#took.set(number, defined(block.took[i]));
    this.#reports.set(number, defined(block.reports[i]));
    this.#layAttempt(number, block, i, slotOf);
  }

  #layAttempt(number: number, block: RowBlock, i: number, slotOf: readonly number[]): void {
    this.#started.set(number, defined(block.started[i]));
    this.#slot.set(number, defined(slotOf[defined(block.slot[i])]));
    this.#attempts.set(number, defined(block.attempts[i]));
  }
}
