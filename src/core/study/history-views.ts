/**
 * The two views of a study's columns for samplers: by completion (asynchronous) and by number
 * (synchronous).
 */
import type { EncodedParams } from '../search-space/distribution.ts';
import type { HistoryView } from './history.ts';
import { Leaderboard } from './leaderboard.ts';
import type { Reports, StepValue } from './reports.ts';
import type { EndedState } from './row-codes.ts';
import type { Direction } from './study-spec.ts';

/** The data that views read; implemented by `TrialColumns`. */
interface Columns {
  readonly direction: Direction;
  readonly size: number;
  readonly ended: number;
  hasEnded(number: number): boolean;
  value(number: number): number;
  state(number: number): EndedState | null;
  readonly reports: Pick<Reports, 'last'>;
  readonly directions: readonly Direction[];
  values(number: number): ArrayLike<number>;
  violation(number: number): number;
  finishSeq(number: number): number;
  completion(i: number): number;
  generation(number: number): number;
  parents(number: number): readonly number[];
  params(number: number): EncodedParams | null;
  find(params: EncodedParams): number | null;
  best(k: number): readonly number[];
}

/**
 * A view of the first `count` trials in an order. Remembers the best of them and moves forward
 * cheaply.
 */
abstract class View implements HistoryView {
  protected readonly columns: Columns;
  readonly #boardSize: number;
  #board: Leaderboard;
  /** Number of trials of the order that the board has seen. */
  #seen = 0;
  count = 0;

  constructor(columns: Columns, boardSize: number) {
    this.columns = columns;
    this.#boardSize = boardSize;
    this.#board = new Leaderboard(columns.direction, boardSize);
  }

  abstract completion(i: number): number;
  abstract ended(number: number): boolean;

  get direction(): Direction {
    return this.columns.direction;
  }

  get directions(): readonly Direction[] {
    return this.columns.directions;
  }

  get size(): number {
    return this.columns.size;
  }

  value(number: number): number {
    return this.columns.value(number);
  }

  isPruned(number: number): boolean {
    return this.columns.state(number) === 'pruned';
  }

  lastReport(number: number): StepValue | null {
    return this.isPruned(number) ? this.columns.reports.last(number) : null;
  }

  values(number: number): ArrayLike<number> {
    return this.columns.values(number);
  }

  violation(number: number): number {
    return this.columns.violation(number);
  }

  params(number: number): EncodedParams | null {
    return this.columns.params(number);
  }

  generation(number: number): number {
    return this.columns.generation(number);
  }

  parents(number: number): readonly number[] {
    return this.columns.parents(number);
  }

  has(params: EncodedParams, before: number): boolean {
    const number = this.columns.find(params);
    return number !== null && number < before;
  }

  best(k: number): readonly number[] {
    if (k > this.#boardSize && this.count > this.#boardSize) return this.#sorted().slice(0, k);
    if (this.count < this.#seen) {
      this.#board = new Leaderboard(this.direction, this.#boardSize);
      this.#seen = 0;
    }
    for (; this.#seen < this.count; this.#seen++) {
      const number = this.completion(this.#seen);
      this.#board.offer(number, this.value(number));
    }
    return this.#board.best(k);
  }

  #sorted(): number[] {
    const sign = this.direction === 'minimize' ? 1 : -1;
    const all = Array.from({ length: this.count }, (_, i) => this.completion(i));
    return all.sort((a, b) => sign * Math.sign(this.value(a) - this.value(b)) || a - b);
  }
}

export class AsynchronousView extends View {
  /** @returns itself, showing the first `historyLength` completions */
  at(historyLength: number): HistoryView {
    if (historyLength > this.columns.ended)
      throw new RangeError(
        `the first ${historyLength} completions asked for, but only ${this.columns.ended} trials ended`,
      );
    this.count = historyLength;
    return this;
  }

  override best(k: number): readonly number[] {
    return this.count === this.columns.ended ? this.columns.best(k) : super.best(k);
  }

  completion(i: number): number {
    return this.columns.completion(i);
  }

  ended(number: number): boolean {
    return this.columns.hasEnded(number) && this.columns.finishSeq(number) < this.count;
  }
}

export class SynchronousView extends View {
  /** @returns itself, showing numbers 0 … n − 1, which must have ended */
  at(n: number): HistoryView {
    for (let number = this.count; number < n; number++) {
      if (!this.columns.hasEnded(number))
        throw new RangeError(`trials 0 … ${n - 1} asked for, but trial ${number} has not ended`);
    }
    this.count = n;
    return this;
  }

  completion(i: number): number {
    return i;
  }

  ended(number: number): boolean {
    return number < this.count;
  }
}
