/**
 * Twelve problems of the BBOB suite, in 3, 5 and 10 dimensions. Their optima are known; the medians
 * are of 4,000 uniform points.
 */
import { bbobFunction } from './bbob-functions.ts';
import type { SearchProblem } from './problem.ts';

/** Function, instance, dimensions, median. */
const problems = [
  [1, 1, 5, 131.56869300244028],
  [3, 2, 5, 520.2153743280168],
  [6, 3, 5, 293488.67322368897],
  [8, 1, 3, 19017.398589758435],
  [10, 2, 5, 8556815.340764686],
  [12, 1, 5, 98170891.07459575],
  [15, 3, 5, 274.8197846999557],
  [17, 1, 5, 10.168614617493496],
  [20, 2, 5, 42937.09649613036],
  [21, 2, 3, 25.821559917752108],
  [22, 3, 5, 28.264324228385007],
  [2, 1, 10, 9642511.658883248],
] as const;

export function bbobProblems(): readonly SearchProblem[] {
  return problems.map(([number, instance, dimensions, median]) => {
    const { optimum, value } = bbobFunction(number, instance, dimensions);
    return {
      name: `bbob-f${number}-${dimensions}d-i${instance}`,
      family: 'bbob',
      space: Object.fromEntries(
        Array.from({ length: dimensions }, (_, axis) => [
          `x${axis}`,
          { type: 'float', low: -5, high: 5 },
        ]),
      ),
      direction: 'minimize',
      optimum,
      median,
      truth: (params) => value([...params]),
    };
  });
}
