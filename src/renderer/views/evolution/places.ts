/**
 * Positions of trials in Evolution: x by number, generation or time; y by value, with the well at
 * the foot for trials without a value or with one of the worst. Also maintains the staircase and,
 * beyond 5,000 trials, the density. Pure geometry; `draw-base.ts` and `draw-overlay.ts` draw.
 */
import { at } from '../../../core/at.ts';
import { beeswarm } from '../../charts/beeswarm.ts';
import { Density } from '../../charts/density.ts';
import { GridIndex } from '../../charts/grid-index.ts';
import { footLabel, niceCountStep, valueTicks } from '../../charts/scales.ts';
import type { Tick } from '../../charts/scales.ts';
import { Staircase } from '../../charts/staircase.ts';
import type { Population } from '../../state/population.ts';

export type Along = 'births' | 'generations' | 'time';

export interface Span {
  readonly low: number;
  readonly high: number;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** Height of the well, in px. */
export const WELL = 34;
const [RIGHT, TOP, BOTTOM] = [28, 8, 40];
/** Least space left of the plot; space between its edge and the labels of the values. */
const [LEFT, LABEL_GAP] = [56, 8];
/** Width of a character of a label that is not too small in any system's font, in px. */
const CHARACTER = 7;
/** Minimum distance of the labels along y, in px. */
const APART = 34;
/** Space above the best value, for its label. */
const HEADROOM = 26;
/** Height of the row above the plot with the captions of founders and offspring. */
const CAPTIONS = 18;
/** Space left of the first and right of the last trial. */
const PAD = 10;
const SWARM = 13;

/** Maximum number of trials for which everything is drawn, and for which each trial is a dot. */
export const ALL = 500;
export const DOTS = 5000;

export type Detail = 'all' | 'dots' | 'density';

export class Places {
  readonly population: Population;
  along: Along = 'births';
  size: Size = { width: 800, height: 400 };
  /** Visible range of x; null for all. */
  zoom: Span | null = null;
  /** Visible range of y, in units of the value scale. */
  tall: Span = { low: 0, high: 1 };
  readonly stairs: Staircase;
  readonly index = new GridIndex(16);
  density: Density | null = null;
  #offsets = new Map<number, number>();
  #whole: Span = { low: 0, high: 1 };
  readonly #pending: number[] = [];
  #left = LEFT;
  #stairsAlong: Along | null = null;
  #counted = new Uint8Array(0);
  #densityOf = '';
  #anew = true;
  readonly #end: () => void;

  constructor(population: Population) {
    this.population = population;
    this.stairs = new Staircase(population.direction);
    this.#end = population.table.listen({
      rows: (numbers) => {
        for (const number of numbers) this.#pending.push(number);
      },
      reset: () => (this.#anew = true),
    });
  }

  close(): void {
    this.#end();
  }

  /**
   * @param now milliseconds since 1970; null when the study is not on, so that x ends with the last
   * trial
   */
  update(now: number | null, trials: number | null): void {
    this.#whole = this.#wholeSpan(now, trials);
    this.#left = this.#roomForLabels();
    const { table } = this.population;
    if (this.#anew || this.#stairsAlong !== this.along) {
      this.#anew = false;
      this.#stairsAlong = this.along;
      this.stairs.clear();
      this.#densityOf = '';
      this.#pending.length = 0;
      for (let number = 0; number < table.size; number++) this.#pending.push(number);
    }
    for (const number of this.#pending) {
      if (table.isFinite(number))
        this.stairs.add(this.#stairKey(number), table.value(number), number);
    }
    if (this.detail === 'density') this.#countDensity();
    else this.density = null;
    this.#pending.length = 0;
    this.#arrange();
  }

  /** The whole range of x, independent of the zoom. */
  get whole(): Span {
    return this.#whole;
  }

  get span(): Span {
    return this.zoom ?? this.#whole;
  }

  /** x of the left edge, as of the last update: right of the widest label of a value. */
  get left(): number {
    return this.#left;
  }

  /** x at which labels of the values end. */
  get labelEnd(): number {
    return this.#left - LABEL_GAP;
  }

  /** Labelled values. */
  get ticks(): readonly Tick[] {
    const { scale } = this.population;
    if (scale === null) return [];
    return valueTicks(scale, APART / (this.well - this.top), this.tall.low, this.topUnit);
  }

  /** Label of the worst value, which stands in the well; null: no trial has a value. */
  get worstLabel(): string | null {
    const { scale } = this.population;
    return scale === null ? null : footLabel(scale, scale.worst);
  }

  #roomForLabels(): number {
    const labels = [...this.ticks.map(({ label }) => label), this.worstLabel ?? ''];
    const longest = Math.max(...labels.map(({ length }) => length));
    return Math.max(LEFT, Math.ceil(longest * CHARACTER) + LABEL_GAP + 4);
  }

  get right(): number {
    return Math.max(this.left + 40, this.size.width - RIGHT);
  }

  /** True if a row above the plot holds captions of founders and offspring. */
  get captioned(): boolean {
    return this.along === 'births' && this.population.pool !== null;
  }

  get top(): number {
    return TOP + (this.captioned ? CAPTIONS : 0);
  }

  /** y of the well's foot. */
  get bottom(): number {
    return Math.max(this.top + WELL + 40, this.size.height - BOTTOM);
  }

  get well(): number {
    return this.bottom - WELL;
  }

  get detail(): Detail {
    const seen = this.seenCount;
    return seen <= ALL ? 'all' : seen <= DOTS ? 'dots' : 'density';
  }

  /** Number of trials that may lie in the visible range of x. */
  get seenCount(): number {
    const { size } = this.population.table;
    if (this.zoom === null) return size;
    if (this.along !== 'births')
      return Math.ceil(
        size * Math.min(1, (this.zoom.high - this.zoom.low) / (this.#whole.high - this.#whole.low)),
      );
    return Math.max(
      0,
      Math.min(size - 1, Math.floor(this.zoom.high)) - Math.max(0, Math.ceil(this.zoom.low)) + 1,
    );
  }

  /**
   * Yields the trial numbers that may be visible, rising.
   * @param from the first number that is wanted
   * @param stride yields every how many-th number
   */
  *seen(from = 0, stride = 1): Generator<number> {
    const { table } = this.population;
    const births = this.along === 'births' ? this.zoom : null;
    const last = Math.min(table.size - 1, Math.floor(births?.high ?? Infinity));
    for (let number = Math.max(from, Math.ceil(births?.low ?? 0)); number <= last; number += stride)
      if (table.has(number)) yield number;
  }

  /** Pixel of a position along x. */
  xAt(at: number): number {
    const { low, high } = this.span;
    const pad = this.along === 'generations' ? 0 : PAD;
    return this.left + pad + ((at - low) / (high - low)) * (this.right - this.left - 2 * pad);
  }

  /** Position along x of a pixel. */
  atX(x: number): number {
    const { low, high } = this.span;
    const pad = this.along === 'generations' ? 0 : PAD;
    return low + ((x - this.left - pad) / (this.right - this.left - 2 * pad)) * (high - low);
  }

  x(number: number): number {
    return this.xAt(this.#at(number)) + (this.#offsets.get(number) ?? 0);
  }

  y(number: number): number {
    return this.yOf(this.population.table.value(number));
  }

  yOf(value: number): number {
    const unit = this.population.unit(value);
    if (!(unit >= -1e-9)) return this.well + WELL / 2;
    return this.yUnit(unit);
  }

  yUnit(unit: number): number {
    const share = (unit - this.tall.low) / (this.tall.high - this.tall.low);
    return Math.max(
      this.top + 4,
      Math.min(this.well + WELL / 2, this.well - share * (this.well - this.top - HEADROOM)),
    );
  }

  /** Position on the value scale at the top edge. */
  get topUnit(): number {
    const height = this.well - this.top - HEADROOM;
    return this.tall.low + ((this.well - this.top - 8) / height) * (this.tall.high - this.tall.low);
  }

  /**
   * Position along x at which a trial's life line ends; null when it extends to now, or there is no
   * line.
   */
  lifeEnd(number: number): number | null {
    const { population } = this;
    if (this.along === 'time') {
      const by = population.displacedBy(number);
      return by === null ? null : this.xAt(at(population.table.columns.ended, by));
    }
    const displaced = population.displacedAt(number);
    return displaced === null ? null : this.xAt(displaced);
  }

  /** Pixel at which a step begins: at its dot, or on the time axis when the trial ended. */
  stairX(key: number): number {
    return this.xAt(key);
  }

  /** The nearest trial within reach of a point; null when there is none. */
  pick(x: number, y: number, reach: number): number | null {
    if (this.detail !== 'density') return this.index.nearest(x, y, reach);
    let [found, least]: [number | null, number] = [null, reach * reach];
    const { table } = this.population;
    const births = this.along === 'births';
    const first = births ? Math.max(0, Math.floor(this.atX(x - reach))) : 0;
    const last = births ? Math.min(table.size - 1, Math.ceil(this.atX(x + reach))) : table.size - 1;
    for (let number = first; number <= last; number++) {
      const dx = this.x(number) - x;
      if (!(Math.abs(dx) < reach) || !table.has(number)) continue;
      const dy = this.y(number) - y;
      const distance = dx * dx + dy * dy;
      if (distance < least) [found, least] = [number, distance];
    }
    return found;
  }

  /** The first trial with parents; null when no trial has any. */
  firstChild(): number | null {
    const { table } = this.population;
    // Parents among the trials that the study started from are not in the table.
    for (let number = 0; number < Math.min(table.size, 20_000); number++)
      if (table.parents(number).length > 0 || (table.columns.generation[number] ?? 0) > 0)
        return number;
    return null;
  }

  /** Position along x of a number, which may be beyond the table: brushed ranges are. */
  #at(number: number): number {
    const { columns } = this.population.table;
    switch (this.along) {
      case 'births':
        return number;
      case 'generations':
        return (columns.generation[number] ?? 0) + 0.5;
      case 'time': {
        const started = columns.started[number] ?? NaN;
        return Number.isNaN(started) ? this.#whole.high : started;
      }
    }
  }

  #stairKey(number: number): number {
    const { columns } = this.population.table;
    if (this.along === 'births') return number;
    return this.along === 'generations'
      ? at(columns.generation, number)
      : at(columns.ended, number);
  }

  /** Rounds the ends up, so that the axis seldom jumps. */
  #wholeSpan(now: number | null, trials: number | null): Span {
    const { table } = this.population;
    if (this.along === 'births') {
      const roomy = now === null ? table.size : Math.min(trials ?? Infinity, rung(table.size, 16));
      return { low: 0, high: Math.max(7, Math.max(table.size, roomy) - 1) };
    }
    if (this.along === 'generations') {
      let last = 0;
      for (
        let number = Math.max(0, table.size - 2 * (this.population.pool?.size ?? 1) - 8);
        number < table.size;
        number++
      )
        last = Math.max(last, table.generation(number));
      return {
        low: 0,
        high: Math.max(4, now === null || last < 12 ? last + 1 : rung(last + 1, 4)),
      };
    }
    let [low, high] = [Infinity, now ?? -Infinity];
    const { started, ended } = table.columns;
    for (const from of started.subarray(0, table.size)) {
      if (from < low) low = from;
      if (from > high) high = from;
    }
    for (const to of ended.subarray(0, table.size)) if (to > high) high = to;
    if (!Number.isFinite(low) || !Number.isFinite(high)) return { low: 0, high: 10_000 };
    return {
      low,
      high: low + Math.max(10_000, now === null ? high - low : rung(high - low, 10_000)),
    };
  }

  #arrange(): void {
    this.index.clear();
    this.#offsets = new Map();
    if (this.detail === 'density') return;
    if (this.along === 'generations') {
      const columns = new Map<number, number[]>();
      for (const number of this.seen()) {
        const generation = this.population.table.generation(number);
        const column = columns.get(generation);
        if (column === undefined) columns.set(generation, [number]);
        else column.push(number);
      }
      const half = (this.xAt(1) - this.xAt(0)) / 2 - 6;
      for (const numbers of columns.values()) {
        const offsets = beeswarm(
          numbers.map((number) => this.y(number)),
          SWARM,
          half,
        );
        for (const [i, number] of numbers.entries()) this.#offsets.set(number, at(offsets, i));
      }
    }
    for (const number of this.seen()) {
      const x = this.x(number);
      if (x >= this.left - 4 && x <= this.right + 4) this.index.put(number, x, this.y(number));
    }
  }

  #countDensity(): void {
    const { low, high } = this.span;
    const of = [
      this.along,
      low,
      high,
      this.tall.low,
      this.tall.high,
      this.size.width,
      this.size.height,
      this.left,
      this.population.layout,
    ].join();
    const { table } = this.population;
    if (this.#densityOf !== of || this.density === null) {
      this.#densityOf = of;
      this.density = new Density(this.right - this.left, this.bottom - this.top);
      this.#counted = new Uint8Array(table.columns.state.length);
      for (const number of this.seen()) this.#countOne(number);
      return;
    }
    if (this.#counted.length < table.size) {
      const longer = new Uint8Array(table.columns.state.length);
      longer.set(this.#counted);
      this.#counted = longer;
    }
    for (const number of this.#pending) this.#countOne(number);
  }

  #countOne(number: number): void {
    if (this.#counted[number] === 1 || this.population.table.isOpen(number)) return;
    this.#counted[number] = 1;
    this.density?.add(this.x(number) - this.left, this.y(number) - this.top);
  }
}

/** Adds up to a sixteenth, in steps that double with the size. */
export function rung(size: number, least: number): number {
  const step = Math.max(least, 2 ** Math.floor(Math.log2(Math.max(1, size) / 16)));
  return Math.ceil(size / step) * step;
}

/** Trial numbers or generations that are labelled below the axis, about 64 px apart. */
export function countTicks({ low, high }: Span, pixels: number, apart = 64): readonly number[] {
  const step = niceCountStep((high - low) / Math.max(1, Math.floor(pixels / apart)));
  const ticks: number[] = [];
  for (let at = Math.ceil(low / step) * step; at <= high; at += step) ticks.push(at);
  return ticks;
}
