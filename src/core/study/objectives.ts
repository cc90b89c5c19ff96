/**
 * Several objectives and constraints of a study: their types, and a trial's values by its result.
 * Domination and fronts are in `domination.ts` and `front.ts`.
 */
import type { Direction } from './direction.ts';

/** One of several objectives. */
export interface ObjectiveSpec {
  /** Name of a metric of the result; `value` is the result's value. */
  readonly metric: string;
  readonly direction: Direction;
}

/** Bounds of a metric; at least one is present. */
export interface Bounds {
  readonly 'at most'?: number;
  readonly 'at least'?: number;
}

/** Constraints by the name of the metric. */
export type Constraints = Readonly<Record<string, Bounds>>;

/** Values of a trial in a study that lists its objectives. */
export interface Figures {
  /** One for each objective: all finite, or each the worst. */
  readonly values: readonly number[];
  /** Distance beyond each bound, in the order of `boundsOf`; ≤ 0: the trial satisfies it. */
  readonly excesses: readonly number[];
}

/** Metrics and value of a result. */
interface Measured {
  readonly value?: number;
  readonly metrics?: Readonly<Record<string, number | string>>;
}

/** The objectives and constraints that a study lists. */
export interface Listed {
  /**
   * Metrics by which trials are compared. Absent: the objective's value alone. A trial's value is
   * that of the first.
   */
  readonly objectives?: readonly ObjectiveSpec[];
  /** Only beside `objectives`. */
  readonly constraints?: Constraints;
}

/** Directions of the listed objectives; undefined: the study has one objective and lists none. */
export function directionsOf({ objectives }: Listed): readonly Direction[] | undefined {
  return objectives?.map(({ direction }) => direction);
}

/** Returns whether trials are compared by several values, so that no single one is the best. */
export function hasSeveral({ objectives }: Listed): boolean {
  return objectives !== undefined && objectives.length > 1;
}

/** One bound of a constraint. */
export interface Bound {
  readonly metric: string;
  readonly side: 'at most' | 'at least';
  readonly limit: number;
}

/** Returns the bounds of all constraints, in the order of the study file. */
export function boundsOf({ constraints = {} }: Listed): readonly Bound[] {
  return Object.entries(constraints).flatMap(([metric, bounds]) =>
    (['at most', 'at least'] as const).flatMap((side) => {
      const limit = bounds[side];
      return limit === undefined ? [] : [{ metric, side, limit }];
    }),
  );
}

/**
 * Returns a trial's values. Null if one of them is missing or not finite, or the study lists no
 * objectives: such a trial has diverged.
 */
export function figuresOf(spec: Listed, measured: Measured): Figures | null {
  if (spec.objectives === undefined) return null;
  const values = spec.objectives.map(({ metric }) => metricOf(metric, measured));
  const excesses = boundsOf(spec).map(({ metric, side, limit }) => {
    const value = metricOf(metric, measured);
    return side === 'at most' ? value - limit : limit - value;
  });
  return [...values, ...excesses].every(Number.isFinite) ? { values, excesses } : null;
}

/** Returns the values of a trial that has diverged: each objective at its worst, infeasible. */
export function worstFigures(spec: Listed): Figures {
  return {
    values: (spec.objectives ?? []).map(({ direction }) =>
      direction === 'minimize' ? Infinity : -Infinity,
    ),
    excesses: boundsOf(spec).map(() => Infinity),
  };
}

/** Names of the objectives' and constraints' metrics for which a result has no finite number. */
export function missingMetrics(spec: Listed, measured: Measured): string[] {
  return listedMetrics(spec).filter((name) => !Number.isFinite(metricOf(name, measured)));
}

/** Metrics of the objectives and constraints by name, as a result has them. */
export function measuredMetrics(spec: Listed, measured: Measured): Map<string, number> {
  return new Map(listedMetrics(spec).map((name) => [name, metricOf(name, measured)]));
}

function listedMetrics({ objectives = [], constraints = {} }: Listed): string[] {
  return [...new Set([...objectives.map(({ metric }) => metric), ...Object.keys(constraints)])];
}

/**
 * Total violation of the constraints, each relative to the size of its bound, so that constraints
 * of different units can be added; 0: the trial is feasible.
 */
export function violationOf(spec: Listed, { excesses }: Figures): number {
  return boundsOf(spec).reduce((sum, { limit }, i) => {
    const excess = Math.max(0, excesses[i] ?? 0);
    return sum + excess / (limit === 0 ? 1 : Math.abs(limit));
  }, 0);
}

function metricOf(name: string, { value, metrics = {} }: Measured): number {
  const found = Object.hasOwn(metrics, name) ? metrics[name] : undefined;
  if (typeof found === 'number') return found;
  return found === undefined && name === 'value' ? (value ?? NaN) : NaN;
}
