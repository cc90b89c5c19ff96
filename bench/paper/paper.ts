/** Input and result of a part of the paper benchmark. */
import type { Cells } from '../report.ts';
import type { Interval } from '../statistics.ts';
import type { Searches, SearchResult } from './searches.ts';

export interface PaperSetting {
  /** Number of repetitions of each search, with seeds 1, 2, … */
  readonly seeds: number;
  /** Evaluations of a search. */
  readonly trials: number;
  readonly quick: boolean;
  readonly searches: Searches;
  readonly signal: AbortSignal;
}

export interface Paper {
  readonly title: string;
  /** Conditions, printed before the table. */
  readonly lead: string;
  readonly tables: readonly Table[];
  readonly notes: readonly string[];
  /** Name without extension → SVG. */
  readonly pictures: Readonly<Record<string, string>>;
}

export interface Table {
  readonly head: Cells;
  readonly rows: readonly Cells[];
}

export type PaperBench = (setting: PaperSetting) => Promise<Paper>;

/** 0.9345 → 93.45 % */
export function percent(fraction: number): string {
  return `${(100 * fraction).toFixed(2)} %`;
}

/** In percentage points, with its sign. */
export function points(value: number): string {
  return `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(2)}`;
}

export function interval({ low, high }: Interval): string {
  return Number.isNaN(low) ? '–' : `[${points(low)}, ${points(high)}]`;
}

/** `1, 2, … count` */
export function seedList(count: number): readonly number[] {
  return Array.from({ length: count }, (_, i) => i + 1);
}

/** As a fraction; a diverged trial counts as the worst. */
export function bestOf({ trials }: SearchResult): number {
  return Math.max(0, ...trials.flatMap(({ value }) => (value === null ? [] : [value])));
}
