/**
 * Synthetic problems with conditional parameters, like the choice of a model: a categorical branch,
 * two parameters shared by all branches, and one, two and three parameters of the three branches.
 */
import { at } from '../../src/core/at.ts';
import type { EncodedParams, SearchSpace } from '../../src/core/search-space/distribution.ts';
import { constants } from './constants.ts';
import type { ConditionalConstants } from './constants.ts';
import type { SearchProblem } from './problem.ts';

/** Number of values of the only ordinal parameter, the last one. */
const CELLS = 8;
const LAST = 8;

const unit = { type: 'float', low: 0, high: 1 } as const;

const space: SearchSpace = {
  branch: { type: 'categorical', choices: [0, 1, 2] },
  shared0: unit,
  shared1: unit,
  a0: { ...unit, when: { branch: [0] } },
  b0: { ...unit, when: { branch: [1] } },
  b1: { ...unit, when: { branch: [1] } },
  c0: { ...unit, when: { branch: [2] } },
  c1: { ...unit, when: { branch: [2] } },
  c2: { type: 'int', low: 0, high: CELLS - 1, when: { branch: [2] } },
};

export function conditionalProblems(): readonly SearchProblem[] {
  return constants.conditional.map((problem) => ({
    name: problem.name,
    family: 'cond',
    space,
    direction: 'minimize',
    optimum: 0,
    median: problem.median,
    truth: (params) => valueOf(problem, params),
  }));
}

function valueOf(
  { offsets, optimum, weights, shifts }: ConditionalConstants,
  params: EncodedParams,
): number {
  const branch = at(params, 0);
  return params.slice(1).reduce(
    (sum, param, i) => {
      if (Number.isNaN(param)) return sum;
      const value = i + 1 === LAST ? (param + 0.5) / CELLS : param;
      const shift = at(shifts, branch)[i] ?? 0;
      const best = Math.min(0.95, Math.max(0.05, at(optimum, i) + shift));
      const distance = Math.abs(value - best);
      return sum + at(weights, i) * Math.min(distance * distance, 0.1 + 0.1 * distance);
    },
    at(offsets, branch),
  );
}
