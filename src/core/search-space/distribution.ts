/**
 * What a parameter may be. Only the shapes: parsing is the protocol's, semantic checks are
 * `check.ts`'s.
 */

/** A value as people and objectives see it. */
export type ParamValue = string | number | boolean | null;

/**
 * The parameter exists only where every named parent has one of the listed values (and exists
 * itself).
 */
export type Condition = Readonly<Record<string, readonly ParamValue[]>>;

export interface FloatDistribution {
  readonly type: 'float';
  readonly low: number;
  /** Inclusive. */
  readonly high: number;
  readonly log?: boolean | undefined;
  /** Grid of allowed values from `low`; excludes `log`. */
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

/** Parameters in declaration order; a parent stands before its children. */
export type SearchSpace = Readonly<Record<string, Distribution>>;

/**
 * A point of a search space, one float64 per parameter in declaration order: floats and ints as
 * they are, a categorical's index into its choices, NaN where the parameter's condition does not
 * hold.
 */
export type EncodedParams = Float64Array;

/** A point as people see it: inactive parameters absent. */
export type Params = Readonly<Record<string, ParamValue>>;
