/**
 * A sampler that sees trials of other searches before the study's own. The sampler inside numbers
 * them 0 … h − 1 and the study's trials from h on, so a history of at least its founders makes them
 * founders. It stays a pure function: the history never changes.
 */
import { at } from '../at.ts';
import { axesOf } from '../search-space/axis.ts';
import type { EncodedParams, SearchSpace } from '../search-space/distribution.ts';
import { DuplicateSet } from '../study/duplicate-set.ts';
import type { HistoryView } from '../study/history.ts';
import type { StepValue } from '../study/reports.ts';
import type { HistoryTrial } from '../study/start-history.ts';
import type { Direction } from '../study/direction.ts';
import type { Origin, Proposal, Sampler } from './sampler.ts';

/** Returns whether a sampler learns from finished trials of another search. */
export function learns({ window, ownTrialsOnly }: Sampler): boolean {
  return window.kind !== 'none' && ownTrialsOnly !== true;
}

/** Returns the sampler itself if there is no history, or it learns from none. */
export function withHistory(
  sampler: Sampler,
  space: SearchSpace,
  trials: readonly HistoryTrial[],
): Sampler {
  if (trials.length === 0 || !learns(sampler)) return sampler;
  const length = trials.length;
  const view = new ExtendedView(space, trials);
  const { barrier } = sampler;
  return {
    ...sampler,
    barrier: barrier === null ? null : (n) => Math.max(0, barrier(n + length) - length),
    propose: (first, count, own) => {
      const shown = barrier === null ? length : Math.min(length, barrier(first + length));
      const proposals = sampler.propose(first + length, count, view.of(own, shown));
      return proposals.map((proposal) => ownNumbers(proposal, length));
    },
  };
}

/** Separates the parents of the history from those of the study. */
function ownNumbers({ params, origin }: Proposal, length: number): Proposal {
  const ancestors = origin.parents.filter((parent) => parent < length);
  const parents = origin.parents.filter((parent) => parent >= length);
  const made: Origin = { ...origin, parents: parents.map((parent) => parent - length) };
  return { params, origin: ancestors.length === 0 ? made : { ...made, ancestors } };
}

/** The history followed by a view of the study's own trials. */
class ExtendedView implements HistoryView {
  readonly #trials: readonly HistoryTrial[];
  readonly #points: DuplicateSet;
  /** Numbers of the history, best first; null before the first use. */
  #ranking: readonly number[] | null = null;
  #own: HistoryView | null = null;
  #shown = 0;

  constructor(space: SearchSpace, trials: readonly HistoryTrial[]) {
    this.#trials = trials;
    this.#points = new DuplicateSet(axesOf(space), (number) => at(trials, number).params, true);
    for (const [number, { params }] of trials.entries()) this.#points.add(number, params);
  }

  /** @returns itself, showing the first `shown` trials of the history and the given view */
  of(own: HistoryView, shown: number): HistoryView {
    if (shown !== this.#shown) this.#ranking = null;
    this.#own = own;
    this.#shown = shown;
    return this;
  }

  get #rest(): HistoryView {
    if (this.#own === null) throw new RangeError('a history without a view of the study');
    return this.#own;
  }

  get direction(): Direction {
    return this.#rest.direction;
  }

  get directions(): readonly Direction[] {
    return this.#rest.directions;
  }

  get size(): number {
    return this.#trials.length + this.#rest.size;
  }

  get count(): number {
    return this.#shown + this.#rest.count;
  }

  completion(i: number): number {
    if (i < this.#shown) return i;
    return this.#trials.length + this.#rest.completion(i - this.#shown);
  }

  ended(number: number): boolean {
    const length = this.#trials.length;
    return number < length ? number < this.#shown : this.#rest.ended(number - length);
  }

  value(number: number): number {
    const trial = this.#trials[number];
    return trial === undefined ? this.#rest.value(this.#ownNumber(number)) : at(trial.values, 0);
  }

  isPruned(number: number): boolean {
    return number >= this.#trials.length && this.#rest.isPruned(this.#ownNumber(number));
  }

  lastReport(number: number): StepValue | null {
    return number < this.#trials.length ? null : this.#rest.lastReport(this.#ownNumber(number));
  }

  values(number: number): ArrayLike<number> {
    return this.#trials[number]?.values ?? this.#rest.values(this.#ownNumber(number));
  }

  violation(number: number): number {
    const trial = this.#trials[number];
    if (trial !== undefined) return trial.violation ?? 0;
    return this.#rest.violation(this.#ownNumber(number));
  }

  params(number: number): EncodedParams | null {
    return this.#trials[number]?.params ?? this.#rest.params(this.#ownNumber(number));
  }

  generation(number: number): number {
    return number < this.#trials.length ? 0 : this.#rest.generation(this.#ownNumber(number));
  }

  parents(number: number): readonly number[] {
    const length = this.#trials.length;
    if (number < length) return [];
    return this.#rest.parents(number - length).map((parent) => parent + length);
  }

  best(k: number): readonly number[] {
    const own = this.#rest.best(k).map((number) => number + this.#trials.length);
    return [...this.#bestOfHistory(k), ...own].sort(this.#order).slice(0, k);
  }

  has(params: EncodedParams, before: number): boolean {
    const number = this.#points.find(params);
    if (number !== null && number < before) return true;
    return this.#rest.has(params, before - this.#trials.length);
  }

  #bestOfHistory(k: number): readonly number[] {
    this.#ranking ??= Array.from({ length: this.#shown }, (_, number) => number).sort(this.#order);
    return this.#ranking.slice(0, k);
  }

  /** Better values first, ties by smaller number. */
  readonly #order = (a: number, b: number): number => {
    const sign = this.direction === 'minimize' ? 1 : -1;
    const [x, y] = [this.value(a), this.value(b)];
    return x === y ? a - b : sign * (x < y ? -1 : 1);
  };

  #ownNumber(number: number): number {
    return number - this.#trials.length;
  }
}
