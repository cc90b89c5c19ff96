/**
 * Constants of the synthetic problems and of LCBench. Those of the synthetic problems were drawn
 * once, with numpy's RandomState(3000 + instance) for mixed and RandomState(4000 + instance) for
 * conditional ones; medians are of 4,000 uniform points (LCBench: 20,000). The optimum of an
 * LCBench problem is the best of 320,000 points of an evolutionary search.
 */
import { readFileSync } from 'node:fs';

export interface MixedAxis {
  readonly kind: 'continuous' | 'ordinal' | 'categorical';
  /** Place of the optimum on a line from −5 to 5. */
  readonly optimum: number;
  readonly weight: number;
  /** Places of the values of an ordinal or a categorical parameter on that line. */
  readonly places?: readonly number[];
}

export interface MixedConstants {
  readonly name: string;
  readonly function: 'ell' | 'abs' | 'rast' | 'inter';
  readonly axes: readonly MixedAxis[];
  readonly rotation: readonly (readonly number[])[] | null;
  readonly median: number;
}

/** Constants of a conditional problem: two shared parameters, then 1, 2 and 3 of the branches. */
export interface ConditionalConstants {
  readonly name: string;
  /** Value added by each branch. */
  readonly offsets: readonly number[];
  /** Best values and weights of the eight parameters after the branch. */
  readonly optimum: readonly number[];
  readonly weights: readonly number[];
  /** Shift of the best values of the two shared parameters in each branch. */
  readonly shifts: readonly (readonly number[])[];
  readonly median: number;
}

export interface SurrogateConstants {
  /** OpenML task. */
  readonly task: string;
  readonly optimum: number;
  readonly median: number;
}

interface Constants {
  readonly lcbench: readonly SurrogateConstants[];
  readonly mixed: readonly MixedConstants[];
  readonly conditional: readonly ConditionalConstants[];
}

export const constants = JSON.parse(
  readFileSync(new URL('constants.json', import.meta.url), 'utf8'),
) as Constants;
