/**
 * Shape key: equal for trials that can share a plan, because their structural parameters are equal.
 */
import type { Catalogue } from '../../datasets/catalogue.ts';
import { Scope } from '../models/scope.ts';
import { canonicalJson } from '../plan/hash.ts';
import type { Params, ParamValue, TrainObjective } from './objective.ts';
import { resolveObjective } from './resolve-objective.ts';

/** Canonical JSON of the structural parameters' values; absent ones are omitted. */
export function shapeKey(objective: TrainObjective, params: Params, datasets?: Catalogue): string {
  const scope = new Scope(params);
  resolveObjective(objective, scope, datasets);
  const values: Record<string, ParamValue> = {};
  for (const name of scope.structural) {
    const value = params[name];
    if (value !== undefined) values[name] = value;
  }
  return canonicalJson(values);
}
