/** Number of different points of a search space. */
import { axesOf } from './axis.ts';
import type { SearchSpace } from './distribution.ts';
import { Enumeration } from './enumeration.ts';

/**
 * Returns the number of points; Infinity where a parameter is continuous. Exact up to 2⁵³. The
 * space must have passed `check.ts`.
 */
export function sizeOf(space: SearchSpace): number {
  return new Enumeration(axesOf(space)).size;
}
