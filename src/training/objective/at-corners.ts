/**
 * Resolves an objective at every corner of its structural parameters. The check and the display of
 * shapes use the same points.
 */
import type { Catalogue } from '../../datasets/catalogue.ts';
import { Scope } from '../models/scope.ts';
import { corners } from './corners.ts';
import type { ParamValue, SearchSpaceLike, TrainObjective } from './objective.ts';
import { resolveObjective, type ResolvedObjective } from './resolve-objective.ts';

export interface AtCorners {
  /** Parameters that determine shapes or constants of the plan. */
  readonly structural: ReadonlySet<string>;
  readonly scopes: readonly {
    /** Values of the corner, and its problems. */
    readonly scope: Scope;
    /** undefined if there are problems. */
    readonly resolved: ResolvedObjective | undefined;
  }[];
}

export function atCorners(
  objective: TrainObjective,
  space: SearchSpaceLike,
  datasets: Catalogue,
): AtCorners {
  const structural = new Set<string>();
  const mentioned = new Map<string, Set<ParamValue>>();
  const size = (): number =>
    [...mentioned.values()].reduce((sum, values) => sum + values.size, structural.size);
  let scopes: AtCorners['scopes'] = [];
  // A corner can reveal further structural parameters (behind a `when`), so corners are enumerated
  // until no new parameter appears.
  for (let known = -1; known < size();) {
    known = size();
    scopes = corners(space, structural, mentioned).map((params) => {
      const scope = new Scope(params, space);
      return { scope, resolved: resolveObjective(objective, scope, datasets) };
    });
    for (const { scope } of scopes) {
      for (const name of scope.structural) if (Object.hasOwn(space, name)) structural.add(name);
      for (const [name, values] of scope.mentioned)
        mentioned.set(name, new Set([...(mentioned.get(name) ?? []), ...values]));
    }
  }
  return { structural, scopes };
}
