/**
 * Checks the relations between a study's values with core's rules, in their order of dependency.
 */
import type { Problem } from '../core/errors.ts';
import {
  checkSampler,
  createSampler,
  samplerNames,
  takesSeveralObjectives,
} from '../core/samplers/create-sampler.ts';
import type { SamplerSpec } from '../core/samplers/sampler.ts';
import { checkSearchSpace } from '../core/search-space/check.ts';
import type { SearchSpace } from '../core/search-space/distribution.ts';
import type { Listed } from '../core/study/objectives.ts';
import type { Direction } from '../core/study/study-spec.ts';

/** The parts of a study that listing objectives concerns. */
interface ListedStudy extends Listed {
  readonly direction: Direction;
  readonly sampler: SamplerSpec;
  readonly stop: { readonly target?: number | undefined };
}

/** Checks listed objectives and constraints against each other, the sampler and the stop rules. */
export function checkListed({
  objectives,
  constraints,
  direction,
  sampler,
  stop,
}: ListedStudy): Problem[] {
  const problems: Problem[] = [];
  const add = (path: string, expected: string, found: string, hint?: string): void => {
    problems.push({
      code: 'objectives',
      path,
      expected,
      found,
      ...(hint === undefined ? {} : { hint }),
    });
  };
  for (const [metric, bounds] of Object.entries(constraints ?? {})) {
    const [most = Infinity, least = -Infinity] = [bounds['at most'], bounds['at least']];
    if (least > most)
      add(`constraints.${metric}`, '"at least" not above "at most"', `${least} and ${most}`);
  }
  if (objectives === undefined) {
    if (constraints !== undefined)
      add('constraints', '"objectives" beside constraints', 'none', 'list one objective or more');
    return problems;
  }
  const [first] = objectives;
  if (first !== undefined && first.direction !== direction)
    add('direction', `${first.direction}, as of the first objective, or nothing`, direction);
  for (const [i, { metric }] of objectives.entries()) {
    if (objectives.findIndex((other) => other.metric === metric) < i)
      add(`objectives[${i}].metric`, 'a metric that is not listed yet', JSON.stringify(metric));
  }
  if (objectives.length === 1 && Object.keys(constraints ?? {}).length === 0)
    add('objectives', 'two objectives or more, or constraints', 'one', 'use "direction" alone');
  if (stop.target !== undefined)
    add('stop.target', 'no target beside "objectives"', String(stop.target));
  if (!takesSeveralObjectives(sampler.name)) {
    const able = samplerNames.filter(({ name }) => takesSeveralObjectives(name));
    add(
      'sampler.name',
      'a sampler for several objectives or constraints',
      JSON.stringify(sampler.name),
      `one of ${able.map(({ name }) => name).join(', ')}`,
    );
  }
  return problems;
}

/**
 * Checks the search space, then the sampler on it, then the budget against the number of points
 * that the sampler can propose.
 * @param trials the budget; undefined: none
 */
export function checkStudy(
  space: SearchSpace,
  sampler: SamplerSpec,
  direction: Direction,
  trials: number | undefined,
): Problem[] {
  const problems = checkSearchSpace(space);
  if (problems.length > 0) return [...problems, ...checkSampler(sampler, null)];
  problems.push(...checkSampler(sampler, space));
  if (problems.length > 0 || trials === undefined) return problems;
  const { size } = createSampler(sampler, space, direction, 0);
  if (size !== null && trials > size) {
    const hint = `a ${sampler.name} of this search space has ${size} points`;
    problems.push({
      code: 'beyond-the-grid',
      path: 'stop.trials',
      expected: `at most ${size}`,
      found: String(trials),
      hint,
    });
  }
  return problems;
}
