/** How many different points a search space has. */
import { axesOf } from './axis.ts';
import type { SearchSpace } from './distribution.ts';
import { Enumeration } from './enumeration.ts';

/**
 * Infinity where a parameter is continuous; exact up to 2⁵³. The space must have passed `check.ts`.
 */
export function sizeOf(space: SearchSpace): number {
  return new Enumeration(axesOf(space)).size;
}
