/**
 * The best trials of a study, from which the Tree-structured Parzen Estimator builds its good
 * density, as Optuna ranks them: complete trials by value, then pruned ones by the step that they
 * reached, highest first, then by the value they reported there. Failed and diverged trials are
 * never among them.
 */
import type { HistoryView } from '../../study/history.ts';

/** Maximum number of good trials. */
const MOST_GOOD = 25;

interface Rank {
  readonly number: number;
  /** Step of a pruned trial's last report, −1 if it reported nothing; ∞ of a complete trial. */
  readonly step: number;
  /** Smaller is better. */
  readonly loss: number;
}

/** Number of good trials among `finished` ones: a tenth, rounded up, at most 25. */
export function goodCount(finished: number): number {
  return Math.min(Math.ceil(0.1 * finished), MOST_GOOD);
}

export class GoodTrials {
  #best: Rank[] = [];
  /** Number of completions seen. */
  #seen = 0;

  /** Returns the numbers of the good trials of a view, ascending. */
  of(history: HistoryView): readonly number[] {
    if (history.count < this.#seen) {
      this.#best = [];
      this.#seen = 0;
    }
    for (; this.#seen < history.count; this.#seen++)
      this.#offer(history, history.completion(this.#seen));
    return this.#best
      .slice(0, goodCount(history.count))
      .map(({ number }) => number)
      .sort((a, b) => a - b);
  }

  #offer(history: HistoryView, number: number): void {
    const value = history.value(number);
    if (!Number.isFinite(value)) return;
    const sign = history.direction === 'minimize' ? 1 : -1;
    const isPruned = history.isPruned(number);
    const last = history.lastReport(number);
    const rank: Rank = {
      number,
      step: isPruned ? (last?.step ?? -1) : Infinity,
      loss: isPruned ? sign * (last?.value ?? 0) : sign * value,
    };
    let place = this.#best.length;
    while (place > 0 && isBefore(rank, this.#best[place - 1])) place -= 1;
    this.#best.splice(place, 0, rank);
    if (this.#best.length > MOST_GOOD) this.#best.pop();
  }
}

/** Ties go to the smaller number. */
function isBefore(a: Rank, b: Rank | undefined): boolean {
  if (b === undefined) return true;
  if (a.step !== b.step) return a.step > b.step;
  if (a.loss !== b.loss) return a.loss < b.loss;
  return a.number < b.number;
}
