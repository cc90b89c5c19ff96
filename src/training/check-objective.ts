/** Every error of an objective against a search space, at every corner of its structural parameters, before a study starts. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { corners } from './corners.ts';
import { catalogueOf, type Catalogue } from './datasets/catalogue.ts';
import { Scope } from './models/scope.ts';
import type { Params, ParamValue, SearchSpaceLike, TrainObjective } from './objective.ts';
import { problem, quote, type Problem } from './problem.ts';
import { resolveObjective } from './resolve-objective.ts';

/**
 * @param resources absolute path of the folder that holds `datasets/`
 * @param datasets what names can stand for; by default what comes with Galapagos
 */
export function checkObjective(
  objective: TrainObjective,
  space: SearchSpaceLike,
  resources: string,
  datasets: Catalogue = catalogueOf(null),
): Problem[] {
  const structural = new Set<string>();
  const mentioned = new Map<string, Set<ParamValue>>();
  const size = (): number => [...mentioned.values()].reduce((sum, values) => sum + values.size, structural.size);
  let found: Sighting[] = [];
  // A corner can reveal further structural parameters (behind a `when`), so corners are enumerated until none is new.
  for (let known = -1; known < size();) {
    known = size();
    const scopes = corners(space, structural, mentioned).map((params) => {
      const scope = new Scope(params, space);
      resolveObjective(objective, scope, datasets);
      return scope;
    });
    for (const scope of scopes) {
      for (const name of scope.structural) if (Object.hasOwn(space, name)) structural.add(name);
      for (const [name, values] of scope.mentioned) mentioned.set(name, new Set([...(mentioned.get(name) ?? []), ...values]));
    }
    found = sightings(scopes);
  }
  return [...found.map((sighting) => explained(sighting, structural)), ...missingFiles(objective, resources, datasets)];
}

/** A problem, the first corner that has it, and whether all do. */
interface Sighting {
  readonly problem: Problem;
  readonly params: Params;
  readonly everywhere: boolean;
}

function sightings(scopes: readonly Scope[]): Sighting[] {
  const found = new Map<string, { problem: Problem; params: Params; count: number }>();
  for (const { problems, params } of scopes) {
    for (const one of problems) {
      const key = `${one.code} ${one.path}`;
      const seen = found.get(key) ?? { problem: one, params, count: 0 };
      seen.count++;
      found.set(key, seen);
    }
  }
  return [...found.values()].map(({ count, ...rest }) => ({ ...rest, everywhere: count === scopes.length }));
}

/** Says for which values a problem is there, where it is not there for all. */
function explained({ problem: one, params, everywhere }: Sighting, structural: ReadonlySet<string>): Problem {
  const values = [...structural].flatMap((name) => (Object.hasOwn(params, name) ? [`${name} ${quote(params[name])}`] : []));
  if (everywhere || values.length === 0) return one;
  const where = `with ${values.join(', ')}`;
  return problem({ ...one, hint: one.hint === undefined ? where : `${where}; ${one.hint}` });
}

function missingFiles(objective: TrainObjective, resources: string, datasets: Catalogue): Problem[] {
  const dataset = datasets.find(objective.dataset);
  if (dataset === undefined) return [];
  const { source, name } = dataset;
  const files =
    source.kind === 'bundled'
      ? source.files.map((file) => join(resources, 'datasets', name, file.name))
      : [source.training.file, source.test.file];
  return files
    .filter((file) => !existsSync(file))
    .map((file) => problem({ code: 'missing-file', path: 'dataset', expected: file, found: 'no such file' }));
}
