/**
 * Constraints of a study in the trials of another search: by the values of the metrics that are
 * bounded, or by the constraints that Optuna keeps of a trial.
 */
import { boundsOf, violationOf } from '../../core/study/objectives.ts';
import type { Bound, Listed } from '../../core/study/objectives.ts';
import type { EarlierTrial, OptunaConstraint } from './earlier-search.ts';

/**
 * Key of the constraints among a trial's system attributes; `constraints:<name>` for a named one.
 */
const CONSTRAINTS = 'constraints';

/** Returns the constraints that a system attribute states; none if it is another attribute. */
export function optunaConstraints(key: string, value: unknown): OptunaConstraint[] {
  if (key === CONSTRAINTS && Array.isArray(value))
    return value.flatMap((excess: unknown) =>
      typeof excess === 'number' ? [{ name: null, excess }] : [],
    );
  const isNamed = key.startsWith(`${CONSTRAINTS}:`) && typeof value === 'number';
  return isNamed ? [{ name: key.slice(CONSTRAINTS.length + 1), excess: value }] : [];
}

/** Metrics that the constraints of a study bound. */
export function boundedMetrics(spec: Listed): string[] {
  return [...new Set(boundsOf(spec).map(({ metric }) => metric))];
}

/**
 * Returns the violation of the study's constraints by a trial, 0 where it satisfies all, or the
 * metrics for which the trial has no finite value.
 */
export function violationIn(
  { metrics = {}, values, constraints = [] }: EarlierTrial,
  spec: Listed,
): number | readonly string[] {
  const bounds = boundsOf(spec);
  const objectives = spec.objectives ?? [];
  const known = new Map<string, number>(
    objectives.flatMap(({ metric }, i) => {
      const value = values[i];
      return value === undefined ? [] : [[metric, value] as const];
    }),
  );
  for (const [name, value] of Object.entries(metrics))
    if (typeof value === 'number') known.set(name, value);
  const excesses = bounds.map((bound, i) => excessOf(bound, i, known, bounds, constraints));
  const missing = bounds.filter((_, i) => !Number.isFinite(excesses[i]));
  if (missing.length > 0) return [...new Set(missing.map(({ metric }) => metric))];
  return violationOf(spec, { values, excesses });
}

/** NaN: unknown. */
function excessOf(
  { metric, side, limit }: Bound,
  i: number,
  known: ReadonlyMap<string, number>,
  bounds: readonly Bound[],
  constraints: readonly OptunaConstraint[],
): number {
  const value = known.get(metric);
  if (value !== undefined) return side === 'at most' ? value - limit : limit - value;
  const isOnly = bounds.filter((bound) => bound.metric === metric).length === 1;
  const named = isOnly ? constraints.find(({ name }) => name === metric) : undefined;
  if (named !== undefined) return named.excess;
  const listed = constraints.filter(({ name }) => name === null);
  return listed.length === bounds.length ? (listed[i]?.excess ?? NaN) : NaN;
}
