/** Checks the parameters that a person or another program gives of a point to be tried. */
import type { Problem } from '../errors.ts';
import { PURPOSE, Stream } from '../random.ts';
import { axesOf } from './axis.ts';
import { completeParams } from './complete-params.ts';
import type { Params, SearchSpace } from './distribution.ts';
import { encodeParams } from './params.ts';
import { limitedSpace } from './reduced-space.ts';
import type { Only } from './reduced-space.ts';

/** A point that its study cannot try: as JSON, with the reason. */
export interface RefusedPoint {
  readonly point: string;
  readonly reason: string;
}

/**
 * Returns the problems of the given parameters in the space that a study searches; empty: it can
 * try the point. Missing parameters have none, because they are drawn.
 * @param path prefix of the problems' paths
 */
export function enqueuedProblems(
  { searchSpace, only }: { readonly searchSpace: SearchSpace; readonly only?: Only },
  given: Params,
  path = 'params',
): readonly Problem[] {
  const axes = axesOf(limitedSpace(searchSpace, only));
  // Any draw does: the problems of the given values are the same.
  const stream = new Stream(0, { purpose: PURPOSE.enqueued });
  const encoded = encodeParams(axes, completeParams(axes, given, stream), path);
  return encoded.ok ? [] : encoded.problems;
}
