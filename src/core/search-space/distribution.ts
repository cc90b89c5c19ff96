/**
 * Types of the parameters of a search space. The protocol parses them; `check.ts` checks their
 * meaning.
 */

/** A decoded value, as written in files and passed to objectives. */
export type ParamValue = string | number | boolean | null;

/**
 * Condition of a parameter: it is active only where every named parent is active and has one of the
 * listed values.
 */
export type Condition = Readonly<Record<string, readonly ParamValue[]>>;

export interface FloatDistribution {
  readonly type: 'float';
  readonly low: number;
  /** Inclusive. */
  readonly high: number;
  readonly log?: boolean | undefined;
  /** Spacing of the allowed values, starting at `low`; excludes `log`. */
  readonly step?: number | undefined;
  readonly when?: Condition | undefined;
}

export interface IntDistribution {
  readonly type: 'int';
  readonly low: number;
  /** Inclusive. */
  readonly high: number;
  readonly log?: boolean | undefined;
  /** Default 1; with `log` it must be 1. */
  readonly step?: number | undefined;
  readonly when?: Condition | undefined;
}

export interface CategoricalDistribution {
  readonly type: 'categorical';
  readonly choices: readonly ParamValue[];
  readonly when?: Condition | undefined;
}

export type Distribution = FloatDistribution | IntDistribution | CategoricalDistribution;

/** Parameters in declaration order; a parent precedes its children. */
export type SearchSpace = Readonly<Record<string, Distribution>>;

/**
 * A point of a search space, one float64 per parameter in declaration order: floats and ints as
 * they are, for a categorical the index of the choice, NaN for an inactive parameter.
 */
export type EncodedParams = Float64Array;

/** A decoded point; inactive parameters are absent. */
export type Params = Readonly<Record<string, ParamValue>>;
