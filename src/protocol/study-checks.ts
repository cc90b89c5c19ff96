/**
 * Checks the relations between a study's values with core's rules, in their order of dependency.
 */
import type { Problem } from '../core/errors.ts';
import { checkSampler, createSampler } from '../core/samplers/create-sampler.ts';
import type { SamplerSpec } from '../core/samplers/sampler.ts';
import { checkSearchSpace } from '../core/search-space/check.ts';
import type { SearchSpace } from '../core/search-space/distribution.ts';
import type { Direction } from '../core/study/study-spec.ts';

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
