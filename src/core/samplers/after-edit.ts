/**
 * A sampler of a study whose search was edited. It sees the earlier trials that are inside its
 * search space, followed by the trials since the edit, and proposes in the searched parameters
 * only. The sampler inside numbers the former 0 … t − 1 and the latter from t on, so every sampler
 * works as on a history of its own. A pure function of the study, as every sampler.
 */
import { at } from '../at.ts';
import { PURPOSE, Stream } from '../random.ts';
import type { EncodedParams } from '../search-space/distribution.ts';
import { ReducedSpace } from '../search-space/reduced-space.ts';
import type { Direction } from '../study/direction.ts';
import type { HistoryView } from '../study/history.ts';
import { Leaderboard } from '../study/leaderboard.ts';
import type { StepValue } from '../study/reports.ts';
import { sameProposals, searchOf, withSearch } from '../study/search-edit.ts';
import type { Search, SearchEdit } from '../study/search-edit.ts';
import type { StudySpec } from '../study/study-spec.ts';
import type { TrialColumns } from '../study/trial-columns.ts';
import { createSampler } from './create-sampler.ts';
import type { Proposal, Sampler } from './sampler.ts';
import { learns } from './with-history.ts';

/** The parts of a study that its proposals depend on. */
export type SampledSpec = Pick<
  StudySpec,
  'sampler' | 'searchSpace' | 'only' | 'edits' | 'direction' | 'objectives' | 'seed' | 'history'
>;

/** Number of the best that are always at hand. */
const BOARD = 16;

/**
 * Creates the sampler of a study, edited or not.
 * @throws InvalidInput with every problem of its spec
 */
export function samplerOf(spec: SampledSpec): Sampler {
  const { sampler, searchSpace, only, direction, seed, history, edits = [] } = spec;
  const edit = [...edits].reverse().find(({ told }) => told !== null);
  if (edit === undefined) return createSampler(sampler, searchSpace, direction, seed, history);
  const space = new ReducedSpace(searchSpace, only);
  // Another seed, so that the sampler does not repeat the draws of the search before.
  const position = { purpose: PURPOSE.edited, trial: edit.first };
  const ownSeed = Math.floor(new Stream(seed, position).uniform53() * 2 ** 53);
  const ancestors: number[] = [];
  const kept = (history ?? []).flatMap((trial, i) => {
    const inside = space.inside(trial.params);
    if (inside === null) return [];
    ancestors.push(i);
    return [{ ...trial, params: inside }];
  });
  const inner = createSampler(sampler, space.space, direction, ownSeed, kept);
  return afterEdit(inner, { space, ancestors, first: edit.first, told: edit.told ?? 0 });
}

/** Number of earlier trials from which a study's sampler must first read that are read at once. */
const MOST_READ_AT_ONCE = 4096;
/** Number of trials between two yields of `countInside`. */
const PIECE = 1024;

/**
 * Returns whether the first proposal of a study's sampler reads so many earlier trials that it
 * would hold the event loop. A function of the spec, so the same before and after a restart.
 */
export function readsManyFirst({
  edits = [],
  history = [],
}: Pick<SampledSpec, 'edits' | 'history'>): boolean {
  const first = edits.reduce((last, edit) => (edit.told === null ? last : edit.first), 0);
  return first + history.length > MOST_READ_AT_ONCE;
}

/** Number of the trials below `until` that are inside a search space. */
export interface CountedTrials {
  readonly until: number;
  readonly inside: number;
}

/**
 * Counts the trials of a study that are inside a search space, yielding after each thousand.
 * Parameters of a trial never change, so the count stays right while further trials are proposed.
 */
export function* countInside(
  { searchSpace, only }: Pick<SampledSpec, 'searchSpace' | 'only'>,
  columns: Pick<TrialColumns, 'size' | 'params'>,
): Generator<void, CountedTrials> {
  const space = new ReducedSpace(searchSpace, only);
  let inside = 0;
  let until = 0;
  for (; until < columns.size; until++) {
    if (until % PIECE === PIECE - 1) yield;
    if (isInside(space, columns.params(until))) inside += 1;
  }
  return { until, inside };
}

export interface EditCircumstances {
  readonly columns: Pick<TrialColumns, 'size' | 'params'>;
  /** Unix milliseconds. */
  readonly date: number;
  readonly samplerFor?: (spec: StudySpec) => Sampler;
  /** The first trials, already counted; default: none. */
  readonly counted?: CountedTrials | undefined;
}

/**
 * Returns the spec of a study after an edit, and the edit. Its `told` is null if the study goes on
 * with the same sampler on the same search space.
 */
export function specAfterEdit(
  spec: StudySpec,
  search: Search,
  { columns, date, samplerFor = samplerOf, counted }: EditCircumstances,
): { readonly spec: StudySpec; readonly edit: SearchEdit } {
  const before = searchOf(spec);
  const untold = { first: columns.size, date, told: null, before };
  const params = (number: number): EncodedParams | null => columns.params(number);
  const toldNumber = (): number => {
    const sampler = samplerFor({
      ...withSearch(spec, search, { ...untold, told: 0 }),
      // Not read before the first proposal, and long to prepare.
      history: [],
    });
    return toldAfter(search, sampler, columns.size, params, counted);
  };
  const edit = { ...untold, told: sameProposals(before, search) ? null : toldNumber() };
  return { spec: withSearch(spec, search, edit), edit };
}

/**
 * Returns the number of trials below `first` that the sampler of a study learns from after an edit.
 * @param sampler the study's own after the edit, whatever it is told
 * @param params of a trial in the whole space
 * @param counted the first of these trials, already counted; default: none
 */
function toldAfter(
  { searchSpace, only }: Pick<SampledSpec, 'searchSpace' | 'only'>,
  sampler: Sampler,
  first: number,
  params: (number: number) => EncodedParams | null,
  counted: CountedTrials = { until: 0, inside: 0 },
): number {
  if (!learns(sampler)) return 0;
  const space = new ReducedSpace(searchSpace, only);
  let { until, inside } = counted;
  for (; until < first; until++) if (isInside(space, params(until))) inside += 1;
  return inside;
}

function isInside(space: ReducedSpace, params: EncodedParams | null): boolean {
  return params !== null && space.inside(params) !== null;
}

interface Boundary extends Pick<SearchEdit, 'first'> {
  readonly space: ReducedSpace;
  readonly told: number;
  /** Positions of the trials of other searches that the sampler inside sees. */
  readonly ancestors: readonly number[];
}

function afterEdit(inner: Sampler, boundary: Boundary): Sampler {
  const { first, told, space, ancestors } = boundary;
  const { barrier, size } = inner;
  const view = new EditedView(boundary);
  const untried = size === null ? null : new Untried(inner, size);
  /** As the sampler inside numbers a trial since the edit. */
  const own = (number: number): number => number - first + told;
  return {
    ...inner,
    size: size === null ? null : first + size,
    barrier:
      barrier === null
        ? null
        : (number) => {
            const ended = number < first ? 0 : barrier(own(number));
            return ended <= told ? Math.min(ended, 1) * first : first + ended - told;
          },
    propose(number, count, history) {
      const shown = barrier === null ? Infinity : barrier(own(number));
      const seen = view.of(history, shown);
      const proposals =
        untried === null
          ? inner.propose(own(number), count, seen)
          : untried.propose(own(number), count, seen);
      return proposals.map(({ params, origin }): Proposal => ({
        params: space.whole(params),
        origin: {
          ...origin,
          parents: origin.parents.map((parent) => view.numberOf(parent)),
          ...(origin.ancestors === undefined
            ? {}
            : { ancestors: origin.ancestors.map((i) => at(ancestors, i)) }),
        },
      }));
    },
  };
}

/**
 * Proposals of a sampler with a list of points, a grid, without those that trials before the edit
 * have. It learns from no trial, so its own numbers begin with 0 at the edit.
 */
class Untried {
  readonly #inner: Sampler;
  readonly #size: number;
  readonly #proposals: Proposal[] = [];
  #next = 0;

  constructor(inner: Sampler, size: number) {
    this.#inner = inner;
    this.#size = size;
  }

  propose(first: number, count: number, view: HistoryView): readonly Proposal[] {
    for (; this.#proposals.length < first + count && this.#next < this.#size; this.#next++) {
      const [proposal] = this.#inner.propose(this.#next, 1, view);
      if (proposal !== undefined && !view.has(proposal.params, 0)) this.#proposals.push(proposal);
    }
    return this.#proposals.slice(first, first + count);
  }
}

/** The trials that the sampler inside sees, by its own numbers, in the searched parameters. */
class EditedView implements HistoryView {
  readonly #boundary: Boundary;
  /** Numbers of the told trials below the boundary; null before the first use. */
  #told: number[] | null = null;
  readonly #ownNumbers = new Map<number, number>();
  readonly #params: (EncodedParams | undefined)[] = [];
  /** Own numbers of told trials in the order of completion, among the first `#seen` completions. */
  #completions: number[] = [];
  #seen = 0;
  #board: Leaderboard | null = null;
  #onBoard = 0;
  #rest: HistoryView | null = null;
  #shown = Infinity;

  constructor(boundary: Boundary) {
    this.#boundary = boundary;
  }

  /** @returns itself, showing at most `shown` completions of the told trials of a view */
  of(view: HistoryView, shown: number): HistoryView {
    this.#rest = view;
    this.#shown = shown;
    this.#told ??= this.#readTold(view);
    if (view.count < this.#seen) {
      this.#seen = 0;
      this.#completions = [];
    }
    for (; this.#seen < view.count; this.#seen++) {
      const own = this.#ownNumber(view.completion(this.#seen));
      if (own !== null) this.#completions.push(own);
    }
    if (this.#onBoard > this.count) {
      this.#board = null;
      this.#onBoard = 0;
    }
    return this;
  }

  /** Returns the study's number of a trial. */
  numberOf(own: number): number {
    const { first, told } = this.#boundary;
    return own < told ? at(this.#told ?? [], own) : own - told + first;
  }

  get direction(): Direction {
    return this.#view.direction;
  }

  get directions(): readonly Direction[] {
    return this.#view.directions;
  }

  get size(): number {
    const { first, told } = this.#boundary;
    return this.#view.size - first + told;
  }

  get count(): number {
    return Math.min(this.#completions.length, this.#shown);
  }

  completion(i: number): number {
    return at(this.#completions, i);
  }

  ended(own: number): boolean {
    // Completions of synchronous views are in number order.
    return own < this.#shown && this.#view.ended(this.numberOf(own));
  }

  value(own: number): number {
    return this.#view.value(this.numberOf(own));
  }

  isPruned(own: number): boolean {
    return this.#view.isPruned(this.numberOf(own));
  }

  lastReport(own: number): StepValue | null {
    return this.#view.lastReport(this.numberOf(own));
  }

  values(own: number): ArrayLike<number> {
    return this.#view.values(this.numberOf(own));
  }

  violation(own: number): number {
    return this.#view.violation(this.numberOf(own));
  }

  params(own: number): EncodedParams | null {
    const known = this.#params[own];
    if (known !== undefined) return known;
    const params = this.#view.params(this.numberOf(own));
    const inside = params === null ? null : this.#boundary.space.inside(params);
    if (inside !== null) this.#params[own] = inside;
    return inside;
  }

  generation(own: number): number {
    return this.#view.generation(this.numberOf(own));
  }

  parents(own: number): readonly number[] {
    const parents = this.#view.parents(this.numberOf(own));
    return parents.flatMap((parent) => this.#ownNumber(parent) ?? []);
  }

  best(k: number): readonly number[] {
    if (k > BOARD) return this.#sorted().slice(0, k);
    this.#board ??= new Leaderboard(this.direction, BOARD);
    for (; this.#onBoard < this.count; this.#onBoard++) {
      const own = this.completion(this.#onBoard);
      this.#board.offer(own, this.value(own));
    }
    return this.#board.best(k);
  }

  has(params: EncodedParams, before: number): boolean {
    const { space, first, told } = this.#boundary;
    return this.#view.has(space.whole(params), before - told + first);
  }

  #sorted(): number[] {
    const sign = this.direction === 'minimize' ? 1 : -1;
    const all = this.#completions.slice(0, this.count);
    return all.sort((a, b) => sign * Math.sign(this.value(a) - this.value(b)) || a - b);
  }

  get #view(): HistoryView {
    if (this.#rest === null) throw new RangeError('a sampler after an edit without a history');
    return this.#rest;
  }

  #ownNumber(number: number): number | null {
    const { first, told } = this.#boundary;
    return number < first ? (this.#ownNumbers.get(number) ?? null) : number - first + told;
  }

  #readTold(view: HistoryView): number[] {
    const { first, told, space } = this.#boundary;
    const numbers: number[] = [];
    for (let number = 0; told > 0 && number < first; number++) {
      if (!isInside(space, view.params(number))) continue;
      this.#ownNumbers.set(number, numbers.length);
      numbers.push(number);
    }
    if (numbers.length !== told)
      throw new RangeError(
        `the edit before trial ${first} told the sampler of ${told} trials, but ${numbers.length} are inside its search space`,
      );
    return numbers;
  }
}
