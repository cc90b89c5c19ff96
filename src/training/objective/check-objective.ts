/**
 * Checks an objective against a search space at every corner of its structural parameters, before a
 * study starts. Returns all problems.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Problem } from '../../core/errors.ts';
import { catalogueOf, type Catalogue } from '../../datasets/catalogue.ts';
import { bundledFolder } from '../../datasets/places.ts';
import type { Scope } from '../models/scope.ts';
import { atCorners } from './at-corners.ts';
import type { Params, SearchSpaceLike, TrainObjective } from './objective.ts';
import { quote } from './problem.ts';

/**
 * @param resources absolute path of the folder that contains `datasets/`
 * @param datasets known datasets; default: the built-in ones
 */
export function checkObjective(
  objective: TrainObjective,
  space: SearchSpaceLike,
  resources: string,
  datasets: Catalogue = catalogueOf(null),
): Problem[] {
  const { scopes, structural } = atCorners(objective, space, datasets);
  const found = sightings(scopes.map(({ scope }) => scope));
  return [
    ...found.map((sighting) => explained(sighting, structural)),
    ...missingFiles(objective, resources, datasets),
  ];
}

/** A problem, the first corner where it occurs, and whether it occurs at all corners. */
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
  return [...found.values()].map(({ count, ...rest }) => ({
    ...rest,
    everywhere: count === scopes.length,
  }));
}

/** Adds the parameter values for which the problem occurs, unless it occurs for all. */
function explained(
  { problem: one, params, everywhere }: Sighting,
  structural: ReadonlySet<string>,
): Problem {
  const values = [...structural].flatMap((name) =>
    Object.hasOwn(params, name) ? [`${name} ${quote(params[name])}`] : [],
  );
  if (everywhere || values.length === 0) return one;
  const where = `with ${values.join(', ')}`;
  return { ...one, hint: one.hint === undefined ? where : `${where}; ${one.hint}` };
}

function missingFiles(
  objective: TrainObjective,
  resources: string,
  datasets: Catalogue,
): Problem[] {
  const dataset = datasets.find(objective.dataset);
  if (dataset === undefined) return [];
  const { source, name } = dataset;
  const files =
    source.kind === 'bundled'
      ? source.files.map((file) => join(bundledFolder(resources, name), file.name))
      : [source.training.file, source.test.file];
  return files
    .filter((file) => !existsSync(file))
    .map((file) => ({
      code: 'missing-file',
      path: 'dataset',
      expected: file,
      found: 'no such file',
    }));
}
