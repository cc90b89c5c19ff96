/**
 * Memory of every trial of a study: rows in typed columns, the order of completion, the best few,
 * and which points were proposed. About 40 bytes a trial, 8 for each parameter where all are kept,
 * as `columns-for.ts` does, and what `reports.ts` states per report. Not the trials' stories or
 * attempts: those are in the lab file.
 *
 * Numbers are proposed densely from 0, and each ends at most once. O(1) amortised apart from what a
 * method says.
 */
import { at } from '../at.ts';
import type { HistoryWindow, Origin } from '../samplers/sampler.ts';
import { axesOf } from '../search-space/axis.ts';
import type { EncodedParams, SearchSpace } from '../search-space/distribution.ts';
import { Column } from './column.ts';
import { emptyIncrement } from './column-increment.ts';
import type { ColumnIncrement, ColumnPosition } from './column-increment.ts';
import { DuplicateSet } from './duplicate-set.ts';
import { AsynchronousView, SynchronousView } from './history-views.ts';
import type { HistoryView } from './history.ts';
import { Front } from './front.ts';
import { Leaderboard } from './leaderboard.ts';
import { ParamStore } from './param-store.ts';
import { Reports } from './reports.ts';
import { endedStates, trialOutcomes } from './row-codes.ts';
import type { EndedState, TrialOutcome } from './row-codes.ts';
import type { Direction } from './study-spec.ts';

/** Values by which a trial is ranked in a study that lists its objectives. */
export interface RankedValues {
  /** One for each objective. */
  readonly values: readonly number[];
  /** Total violation of the constraints; 0: feasible. */
  readonly violation: number;
}

/** Number of the best that are always at hand, whatever the sampler's window. */
const SMALLEST_BOARD = 16;

export class TrialColumns {
  readonly direction: Direction;
  /** Numbers below this have been proposed. */
  size = 0;
  /** Number of trials that have ended. */
  ended = 0;
  /** Directions of the objectives; one objective: `[direction]`. */
  readonly directions: readonly Direction[];
  /** The front of a study that lists its objectives; null: it lists none. */
  readonly front: Front | null;
  readonly #values = new Column((length) => new Float64Array(length));
  /** Values by objective and the violation of constraints, where objectives are listed. */
  readonly #ranked: Column<Float64Array>;
  /** State and outcome; 0 in the first: has not ended. */
  readonly #codes = new Column((length) => new Uint8Array(length), 2);
  readonly #finishes = new Column((length) => new Uint32Array(length));
  readonly #completions = new Column((length) => new Uint32Array(length));
  readonly #historyLengths = new Column((length) => new Uint32Array(length));
  readonly #generations = new Column((length) => new Uint32Array(length));
  /** Number + 1; 0: none. */
  readonly #parents = new Column((length) => new Uint32Array(length), 2);
  /** Intermediate values of each trial's last attempt. */
  readonly reports = new Reports();
  readonly #params: ParamStore;
  readonly #points: DuplicateSet;
  readonly #board: Leaderboard;
  readonly #byCompletion: AsynchronousView;
  readonly #byNumber: SynchronousView;

  /**
   * @param listed directions of the objectives that the study lists; absent: it lists none
   * @param kept whose parameters are kept, at least those of the window; default: the window's
   */
  constructor(
    space: SearchSpace,
    direction: Direction,
    window: HistoryWindow,
    listed?: readonly Direction[],
    kept = window,
  ) {
    const axes = axesOf(space);
    this.direction = direction;
    this.directions = listed ?? [direction];
    this.front = listed === undefined ? null : new Front(listed);
    this.#ranked = new Column((length) => new Float64Array(length), this.directions.length + 1);
    const boardSize = Math.max(SMALLEST_BOARD, window.kind === 'best' ? window.count : 0);
    this.#params = new ParamStore(axes.length, kept);
    this.#points = new DuplicateSet(
      axes,
      (number) => this.#params.get(number),
      kept.kind === 'all',
    );
    this.#board = new Leaderboard(direction, boardSize);
    this.#byCompletion = new AsynchronousView(this, boardSize);
    this.#byNumber = new SynchronousView(this, boardSize);
  }

  /**
   * The next trial.
   * @param number must equal `size`
   * @param historyLength number of completions that its sampler was shown
   */
  proposed(number: number, params: EncodedParams, historyLength: number, origin: Origin): void {
    if (number !== this.size)
      throw new RangeError(`trial ${number} proposed, but the next number is ${this.size}`);
    this.#points.add(number, params);
    this.#params.open(number, params);
    this.#codes.set(number, 0);
    this.#historyLengths.set(number, historyLength);
    this.#generations.set(number, origin.generation);
    for (const [place, parent] of origin.parents.slice(0, 2).entries())
      this.#parents.set(number, parent + 1, place);
    this.size += 1;
  }

  /**
   * The trial's end; calls come in completion order.
   * @param value what it ranks by: failed trials and values that are not finite become the worst
   * @param ranked values and violation where objectives are listed; null: all become the worst
   * @returns its completion number
   */
  end(
    number: number,
    state: EndedState,
    outcome: TrialOutcome,
    value: number,
    ranked: RankedValues | null = null,
  ): number {
    if (number >= this.size || number < 0)
      throw new RangeError(`trial ${number} ended, but only ${this.size} were proposed`);
    if (this.hasEnded(number)) throw new RangeError(`trial ${number} ended twice`);
    const isRanked = state !== 'failed' && Number.isFinite(value);
    if (this.front !== null)
      this.#rank(
        number,
        isRanked && ranked !== null ? [...ranked.values, ranked.violation] : this.#worstRow(),
        state === 'complete',
      );
    return this.#end(
      number,
      isRanked ? value : this.worst,
      1 + endedStates.indexOf(state),
      trialOutcomes.indexOf(outcome),
    );
  }

  #end(number: number, ranked: number, state: number, outcome: number): number {
    this.#values.set(number, ranked);
    this.#codes.set(number, state, 0);
    this.#codes.set(number, outcome, 1);
    const finish = this.ended;
    this.#finishes.set(number, finish);
    this.#completions.set(finish, number);
    this.ended += 1;
    const displaced = this.#board.offer(number, ranked);
    if (displaced !== null) this.#params.displaced(displaced);
    return finish;
  }

  #rank(number: number, row: ArrayLike<number>, isComplete: boolean): void {
    this.#ranked.setRow(number, row);
    if (isComplete) this.front?.offer(number, this.values(number), this.violation(number));
  }

  #worstRow(): number[] {
    const worst = this.directions.map((each) => (each === 'minimize' ? Infinity : -Infinity));
    return [...worst, Infinity];
  }

  /** The value worse than any other. */
  get worst(): number {
    return this.direction === 'minimize' ? Infinity : -Infinity;
  }

  hasEnded(number: number): boolean {
    return number < this.size && this.#codes.get(number) !== 0;
  }

  /** Of an ended trial; ±∞ where it failed or diverged. */
  value(number: number): number {
    return this.#values.get(number);
  }

  /** Of an ended trial, one for each objective; ±∞ where it failed or diverged. */
  values(number: number): ArrayLike<number> {
    if (this.front === null) return [this.value(number)];
    return this.#ranked.row(number).subarray(0, this.directions.length);
  }

  /** Total violation of the constraints by an ended trial; 0: feasible, or no constraints. */
  violation(number: number): number {
    return this.front === null ? 0 : this.#ranked.get(number, this.directions.length);
  }

  /** Null while the trial has not ended. */
  state(number: number): EndedState | null {
    return endedStates[this.#codes.get(number) - 1] ?? null;
  }

  outcome(number: number): TrialOutcome | null {
    return this.hasEnded(number) ? (trialOutcomes[this.#codes.get(number, 1)] ?? null) : null;
  }

  /** Of an ended trial: how many ended before it. */
  finishSeq(number: number): number {
    return this.#finishes.get(number);
  }

  /** The trial that ended as the i-th, 0 ≤ i < ended. */
  completion(i: number): number {
    return this.#completions.get(i);
  }

  historyLength(number: number): number {
    return this.#historyLengths.get(number);
  }

  generation(number: number): number {
    return this.#generations.get(number);
  }

  /** At most the first two. */
  parents(number: number): readonly number[] {
    return [this.#parents.get(number, 0), this.#parents.get(number, 1)]
      .filter((parent) => parent > 0)
      .map((parent) => parent - 1);
  }

  /** Null where they are outside the sampler's window. */
  params(number: number): EncodedParams | null {
    return number < this.size ? this.#params.get(number) : null;
  }

  /** The smallest number with this point, ended or not; null where there is none. */
  find(params: EncodedParams): number | null {
    return this.#points.find(params);
  }

  /** The best `k` ended trials; O(k) up to 16 or the window's count, O(n log n) beyond. */
  best(k: number): readonly number[] {
    if (k <= this.#board.capacity || this.ended <= this.#board.capacity) return this.#board.best(k);
    const sign = this.direction === 'minimize' ? 1 : -1;
    const all = Array.from({ length: this.ended }, (_, i) => this.completion(i));
    return all.sort((a, b) => sign * Math.sign(this.value(a) - this.value(b)) || a - b).slice(0, k);
  }

  /**
   * Returns the history that an asynchronous sampler is shown: the first `historyLength`
   * completions. O(1) for lengths that do not fall from call to call; one that does costs
   * O(historyLength). The view is good until the next call of this method.
   */
  asynchronousView(historyLength: number): HistoryView {
    return this.#byCompletion.at(historyLength);
  }

  /**
   * Returns the history that a synchronous sampler is shown: the first `n` numbers, all ended, in
   * number order. Costs as above.
   */
  synchronousView(n: number): HistoryView {
    return this.#byNumber.at(n);
  }

  /** Number of all entries; `since` of it is empty. */
  get position(): ColumnPosition {
    return { size: this.size, ended: this.ended };
  }

  /**
   * Copies what views show of the trials proposed and ended since a position, in arrays that may
   * be moved to a thread. O(what was added).
   * @param to position up to which is copied; default: all
   */
  since(from: ColumnPosition, to = this.position): ColumnIncrement {
    const width = this.front === null ? 0 : this.directions.length + 1;
    const increment = emptyIncrement(from, to, this.#params.dimensions, width);
    const { trials, ends } = increment;
    for (let number = from.size; number < to.size; number++) {
      const row = number - from.size;
      trials.generations[row] = this.#generations.get(number);
      trials.parents.set([this.#parents.get(number, 0), this.#parents.get(number, 1)], 2 * row);
      const params = this.#params.get(number);
      if (params !== null) {
        trials.isKept[row] = 1;
        trials.params.set(params, row * this.#params.dimensions);
      }
      const hashes = this.#points.hashesOf(number);
      if (hashes === null) continue;
      trials.isDistinct[row] = 1;
      trials.hashes.set([hashes.first, hashes.second], 2 * row);
    }
    for (let finish = from.ended; finish < to.ended; finish++) {
      const row = finish - from.ended;
      const number = this.#completions.get(finish);
      ends.numbers[row] = number;
      ends.values[row] = this.#values.get(number);
      if (width > 0) ends.ranked.set(this.#ranked.row(number), row * width);
      ends.codes.set([this.#codes.get(number, 0), this.#codes.get(number, 1)], 2 * row);
      const last = this.state(number) === 'pruned' ? this.reports.last(number) : null;
      if (last !== null) ends.reported.set([last.step, last.value], 2 * row);
    }
    return increment;
  }

  /**
   * Appends what `since` returned for this position of other columns with the same space,
   * direction and window; every view is then the same as theirs.
   */
  apply({ from, trials, ends }: ColumnIncrement): void {
    if (from.size !== this.size || from.ended !== this.ended)
      throw new RangeError(
        `an increment from ${from.size} trials, ${from.ended} of them ended, but there are ` +
          `${this.size} and ${this.ended}`,
      );
    const { dimensions } = this.#params;
    for (const [row, generation] of trials.generations.entries()) {
      const number = this.size;
      const { [2 * row]: first = 0, [2 * row + 1]: second = 0 } = trials.hashes;
      if (trials.isDistinct[row] === 1) this.#points.addHashed(number, { first, second });
      if (trials.isKept[row] === 1)
        this.#params.open(number, trials.params.slice(row * dimensions, (row + 1) * dimensions));
      this.#codes.set(number, 0);
      this.#generations.set(number, generation);
      for (const place of [0, 1])
        this.#parents.set(number, at(trials.parents, 2 * row + place), place);
      this.size += 1;
    }
    for (const [row, number] of ends.numbers.entries()) {
      const { [2 * row]: state = 0, [2 * row + 1]: outcome = 0 } = ends.codes;
      const width = this.directions.length + 1;
      if (this.front !== null)
        this.#rank(
          number,
          ends.ranked.subarray(row * width, (row + 1) * width),
          endedStates[state - 1] === 'complete',
        );
      const { [2 * row]: step = NaN, [2 * row + 1]: value = NaN } = ends.reported;
      if (!Number.isNaN(step)) this.reports.add(number, step, value);
      this.#end(number, at(ends.values, row), state, outcome);
    }
  }

  /** Bytes held in columns and tables. */
  get bytes(): number {
    const columns = [
      this.#values,
      this.#ranked,
      this.#codes,
      this.#finishes,
      this.#completions,
      this.#historyLengths,
      this.#generations,
      this.#parents,
    ];
    return (
      columns.reduce((sum, column) => sum + column.bytes, 0) +
      this.#params.bytes +
      this.#points.bytes +
      this.reports.bytes
    );
  }
}
