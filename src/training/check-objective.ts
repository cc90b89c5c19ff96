/** Every error of an objective against a search space, at every corner of its structural parameters, before a study starts. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { DATASETS } from './datasets/catalogue.ts';
import { Scope } from './models/scope.ts';
import type { DistributionLike, ParamValue, SearchSpaceLike, TrainObjective } from './objective.ts';
import { problem, type Problem } from './problem.ts';
import { resolveObjective } from './resolve-objective.ts';

/** Corners looked at; a space with more is checked at this many of them. */
const MOST_CORNERS = 1024;

/** @param resources absolute path of the folder that holds `datasets/` */
export function checkObjective(objective: TrainObjective, space: SearchSpaceLike, resources: string): Problem[] {
  const found = new Map<string, Problem>();
  const structural = new Set<string>();
  // A corner can reveal further structural parameters (behind a `when`), so corners are enumerated until none is new.
  for (let known = -1; known < structural.size;) {
    known = structural.size;
    for (const params of corners(space, structural)) {
      const scope = new Scope(params, space);
      resolveObjective(objective, scope);
      for (const name of scope.structural) if (space[name] !== undefined) structural.add(name);
      for (const p of scope.problems) found.set(`${p.code} ${p.path} ${p.layer ?? ''}`, p);
    }
  }
  for (const p of missingFiles(objective, resources)) found.set(`${p.code} ${p.expected}`, p);
  return [...found.values()];
}

function missingFiles(objective: TrainObjective, resources: string): Problem[] {
  const dataset = DATASETS.get(objective.dataset);
  const files = dataset?.files.map(({ name }) => join(resources, 'datasets', dataset.name, name)) ?? [];
  return files
    .filter((file) => !existsSync(file))
    .map((file) => problem({ code: 'missing-file', path: 'dataset', expected: file, found: 'no such file' }));
}

/** All combinations of extreme values of the named parameters; the others at their first value. */
function corners(space: SearchSpaceLike, structural: ReadonlySet<string>): Record<string, ParamValue>[] {
  let all: Record<string, ParamValue>[] = [{}];
  for (const [name, distribution] of Object.entries(space)) {
    const values = extremes(distribution).slice(0, structural.has(name) ? undefined : 1);
    all = all.flatMap((params) => values.map((value) => ({ ...params, [name]: value }))).slice(0, MOST_CORNERS);
  }
  return all;
}

function extremes(distribution: DistributionLike): readonly ParamValue[] {
  return distribution.type === 'categorical' ? distribution.choices : [distribution.low, distribution.high];
}
