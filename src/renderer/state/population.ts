/**
 * Figures of all trials together: the value scale, which gives each trial its height and colour in
 * all views, the elite, and who displaced whom. Updated incrementally with the table. No drawing
 * and no runes: views call `update` before they draw.
 */
import { poolOf, Lifelines } from '../../core/analysis/lifelines.ts';
import type { Life, Pool } from '../../core/analysis/lifelines.ts';
import { createSampler } from '../../core/samplers/create-sampler.ts';
import { axesOf } from '../../core/search-space/axis.ts';
import type { Axis } from '../../core/search-space/axis.ts';
import type { SearchSpace } from '../../core/search-space/distribution.ts';
import type { Direction } from '../../core/study/direction.ts';
import type { StudyHead } from '../../protocol/window/study-stream.ts';
import { domainOf, floorOf, scaleKindFor, valueScale } from '../charts/scales.ts';
import type { ScaleKind, ValueScale } from '../charts/scales.ts';
import type { TrialTable } from './trial-table.ts';

/** Maximum number of values from which the scale is computed. */
const SAMPLE = 4096;
/** Minimum time between changes of the scale, in milliseconds. */
const STEADY_MS = 2000;

export type Head = Pick<
  StudyHead,
  | 'key'
  | 'direction'
  | 'metric'
  | 'split'
  | 'searched'
  | 'operators'
  | 'objectives'
  | 'parameters'
  | 'state'
  | 'limits'
  | 'chance'
>;

export class Population {
  readonly table: TrialTable;
  direction: Direction = 'maximize';
  metric: StudyHead['metric'] = 'value';
  /** Metric by which trials are placed, where the study lists several objectives; else null. */
  objective: string | null = null;
  /**
   * The samples that scores are computed on; null when there are none, or for a study of another
   * program.
   */
  split: StudyHead['split'] = null;
  operators: readonly string[] = [];
  /** Accuracy up to which a trial counts as guessing; null when unknown. */
  chance: number | null = null;
  /**
   * Axes of the search space, with the ranges before edits of the search included, in the order of
   * the table's parameters; empty for a study of another program.
   */
  axes: readonly Axis[] = [];
  /** Null when the sampler has no parents. */
  pool: Pool | null = null;
  /** Null when no trial has a value. */
  scale: ValueScale | null = null;
  /** The best complete trial; null when there is none. */
  best: number | null = null;
  /** Members of the Pareto front; null for a study with one objective. */
  front: ReadonlySet<number> | null = null;
  /** Number of complete trials with a finite value. */
  valued = 0;
  /** Number of complete trials at chance level. */
  guessed = 0;
  /** Increases when trials must be laid out again. */
  layout = 0;
  readonly #watchers = new Set<() => void>();
  #head: Head | null = null;
  #lifelines: Lifelines | null = null;
  #kind: ScaleKind | null = null;
  #valuedAtFit = 0;
  #fitAt = -Infinity;
  #smallest = Infinity;
  /** Smallest value and smallest error above 0. */
  readonly #least = { value: Infinity, error: Infinity };
  #seen = -1;
  #counted = new Uint8Array(0);
  readonly #pending: number[] = [];
  #anew = true;

  constructor(table: TrialTable) {
    this.table = table;
    table.listen({
      rows: (numbers) => {
        for (const number of numbers) this.#pending.push(number);
      },
      reset: () => (this.#anew = true),
    });
  }

  /** @returns whether the scale, or anything else that positions every trial, has changed */
  update(head: Head, loading: boolean, now: number): boolean {
    const before = this.layout;
    if (this.#head === null || isOther(this.#head, head)) this.#anew = true;
    this.#head = head;
    this.operators = head.operators;
    this.chance = head.chance;
    if (this.#anew) this.#begin(head);
    if (this.#seen !== this.table.version) {
      this.#seen = this.table.version;
      this.#count();
    }
    // Trials that ended while the study was loading are processed once it is loaded.
    if (!loading) this.#lifelines?.update();
    if (this.#mustFit() && (this.#isProvisional || now - this.#fitAt >= STEADY_MS)) this.fit(now);
    if (before === this.layout) return false;
    for (const told of this.#watchers) told();
    return true;
  }

  /**
   * Calls back when an update moves trials. Several views share a population: whichever updates it
   * first, all must repaint.
   * @returns a function that stops watching
   */
  watch(told: () => void): () => void {
    this.#watchers.add(told);
    return () => this.#watchers.delete(told);
  }

  /** Shows other members of the Pareto front. */
  setFront(members: readonly number[]): void {
    this.front = new Set(members);
    for (const told of this.#watchers) told();
  }

  /** Fits the scale to the current values. */
  fit(now: number): void {
    const { table } = this;
    const values: number[] = [];
    const stride = Math.max(1, Math.floor(table.size / SAMPLE));
    for (let number = 0; number < table.size; number += stride)
      if (table.isFinite(number)) values.push(table.value(number));
    this.#fitAt = now;
    this.#valuedAtFit = this.valued;
    const chosen = this.kinds.find((kind) => kind === this.#kind);
    const kind = chosen ?? scaleKindFor(this.metric, this.direction, this.#smallest);
    const domain = domainOf(values, this.direction, kind, this.chance);
    if (domain === null) {
      if (this.scale !== null) this.layout += 1;
      this.scale = null;
      return;
    }
    const best = this.best === null ? domain.best : table.value(this.best);
    const floor = floorOf(kind, [kind === 'log-error' ? 1 - this.#least.error : this.#least.value]);
    const { scale } = this;
    if (
      scale?.kind === kind &&
      scale.best === best &&
      scale.worst === domain.worst &&
      scale.floor === floor
    )
      return;
    this.scale = valueScale(kind, domain.worst, best, floor, this.metric, this.direction);
    this.layout += 1;
  }

  /**
   * @param kind null for the kind that suits the measure, which is also used when the values do not
   * allow the given kind
   */
  setScaleKind(kind: ScaleKind | null, now: number): void {
    if (kind === this.#kind) return;
    this.#kind = kind;
    if (this.#head !== null) this.fit(now);
  }

  /** Kinds of scale that the values allow. */
  get kinds(): readonly ScaleKind[] {
    const kinds: ScaleKind[] = ['linear'];
    if (this.#smallest >= 0 && Number.isFinite(this.#smallest)) kinds.unshift('log');
    if (this.metric === 'accuracy' && this.direction === 'maximize') kinds.unshift('log-error');
    return kinds;
  }

  /**
   * Position of a value on the scale: 0 for the worst that is drawn to scale, 1 for the best; NaN
   * without a scale.
   */
  unit(value: number): number {
    return this.scale?.unit(value) ?? NaN;
  }

  /** Position of a trial on the scale, like `unit`. */
  unitOf(number: number): number {
    return this.unit(this.table.value(number));
  }

  /** Returns whether a complete trial is no better than guessing. */
  atChance(number: number): boolean {
    return (
      this.chance !== null && this.table.isFinite(number) && this.table.value(number) <= this.chance
    );
  }

  /**
   * Returns whether a trial is drawn in the well at the foot: failed, diverged, or below the scale.
   */
  inWell(number: number): boolean {
    return !(this.unitOf(number) >= -1e-9);
  }

  operator(number: number): string {
    return this.operators[this.table.columns.operator[number] ?? 0] ?? '';
  }

  /** Trials that can become parents now, the best first. */
  get alive(): readonly number[] {
    return this.#lifelines?.alive ?? [];
  }

  life(number: number): Life {
    return this.#lifelines?.life(number) ?? 'open';
  }

  displacedBy(number: number): number | null {
    return this.#lifelines?.displacedBy(number) ?? null;
  }

  /**
   * Number or generation of the first trial after the displacement; null for waiting, running or
   * elite trials, and without parents.
   */
  displacedAt(number: number): number | null {
    return this.#lifelines?.displacedAt(number) ?? null;
  }

  #begin(head: Head): void {
    this.#anew = false;
    this.direction = head.direction;
    this.metric = head.metric;
    this.split = head.split;
    this.objective = head.objectives?.[0] ?? null;
    this.axes = head.searched === null ? [] : axesOf(spaceOf(head.searched));
    this.pool = head.searched === null ? null : poolOfStudy(head.searched, head.direction);
    this.#lifelines =
      this.pool === null ? null : new Lifelines(lifeTrials(this.table, head.direction), this.pool);
    this.front = head.searched?.objectives === undefined ? null : (this.front ?? new Set());
    this.scale = null;
    this.best = null;
    this.valued = this.guessed = this.#valuedAtFit = 0;
    this.#smallest = Infinity;
    this.#least.value = this.#least.error = Infinity;
    this.#fitAt = -Infinity;
    this.#seen = -1;
    this.#counted = new Uint8Array(0);
    this.#pending.length = 0;
    for (let number = 0; number < this.table.size; number++) this.#pending.push(number);
    this.layout += 1;
  }

  #count(): void {
    if (this.#counted.length < this.table.size) {
      const longer = new Uint8Array(Math.ceil(this.table.size * 1.5));
      longer.set(this.#counted);
      this.#counted = longer;
    }
    for (const number of this.#pending) {
      if (this.#counted[number] === 1 || !this.table.isFinite(number)) continue;
      this.#counted[number] = 1;
      this.valued += 1;
      if (this.atChance(number)) this.guessed += 1;
      const value = this.table.value(number);
      if (value < this.#smallest) this.#smallest = value;
      if (value > 0 && value < this.#least.value) this.#least.value = value;
      if (value < 1 && 1 - value < this.#least.error) this.#least.error = 1 - value;
      if (this.best === null || this.#better(number, this.best)) this.best = number;
    }
    this.#pending.length = 0;
  }

  /**
   * Returns whether the best value left the scale, or the number of values has doubled, so that its
   * foot moves.
   */
  #mustFit(): boolean {
    if (this.valued === 0) return false;
    if (this.scale === null) return true;
    const best = this.best === null ? NaN : this.table.value(this.best);
    return (
      (best !== this.scale.best && this.scale.unit(best) > 1) ||
      this.valued >= 2 * this.#valuedAtFit
    );
  }

  /** True if the scale is that of a single value, whose range says nothing of the next ones. */
  get #isProvisional(): boolean {
    return this.scale !== null && this.scale.worst === this.scale.best;
  }

  #better(a: number, b: number): boolean {
    const by =
      (this.table.value(a) - this.table.value(b)) * (this.direction === 'maximize' ? 1 : -1);
    return by > 0 || (by === 0 && a < b);
  }
}

function poolOfStudy(
  { searchSpace, sampler, seed }: NonNullable<Head['searched']>,
  direction: Direction,
): Pool | null {
  try {
    return poolOf(createSampler(sampler, searchSpace, direction, seed));
  } catch {
    // A study of another version with an unknown sampler: drawn without life lines.
    return null;
  }
}

function lifeTrials(
  table: TrialTable,
  direction: Direction,
): ConstructorParameters<typeof Lifelines>[0] {
  return {
    direction,
    get size() {
      return table.size;
    },
    get ended() {
      return table.ended;
    },
    completion: (i) => table.completion(i),
    finishSeq: (number) => table.finishSeq(number),
    value: (number) => table.ranked(number, direction),
    historyLength: (number) => table.historyLength(number),
  };
}

/** Ranges of axes: all that trials of the study had, so that none is drawn outside. */
function spaceOf({ everSearched, searchSpace }: NonNullable<Head['searched']>): SearchSpace {
  return everSearched ?? searchSpace;
}

function isOther(a: Head, b: Head): boolean {
  return (
    a.key !== b.key ||
    a.direction !== b.direction ||
    a.metric !== b.metric ||
    a.split !== b.split ||
    a.chance !== b.chance ||
    (a.searched === null) !== (b.searched === null) ||
    a.parameters.length !== b.parameters.length ||
    a.searched?.edits?.length !== b.searched?.edits?.length
  );
}

const populations = new WeakMap<TrialTable, Population>();

/** The population of a table, always the same object. */
export function populationOf(table: TrialTable): Population {
  const held = populations.get(table);
  if (held !== undefined) return held;
  const population = new Population(table);
  populations.set(table, population);
  return population;
}
