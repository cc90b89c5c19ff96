/** Contract of a problem that samplers are compared on. */
import type { EncodedParams, SearchSpace } from '../../src/core/search-space/distribution.ts';
import type { Direction } from '../../src/core/study/study-spec.ts';

export interface SearchProblem {
  readonly name: string;
  /** Problems of one family are averaged before families are. */
  readonly family: string;
  readonly space: SearchSpace;
  readonly direction: Direction;
  /** The true value of the best point; of a point found by a long search where it is unknown. */
  readonly optimum: number;
  /** The median of the true values: over all points of a table, over uniform points elsewhere. */
  readonly median: number;
  readonly truth: (params: EncodedParams) => number | Promise<number>;
}
