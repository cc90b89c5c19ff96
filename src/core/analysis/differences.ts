/** What a trial took from whom: every parameter beside its parents'. */
import type { Axis } from '../search-space/axis.ts';
import type { EncodedParams } from '../search-space/distribution.ts';

/**
 * Source of a parameter's value. `parent`: from the one at this place in the trial's list of
 * parents, and not the other. `mutated`: no parent has it. `drawn`: no parent had the parameter at
 * all, its condition has just come to hold. `notUsed`: it has no meaning in this trial. `founder`:
 * there are no parents.
 */
export type Source =
  | { readonly kind: 'parent'; readonly place: number }
  | { readonly kind: 'both' | 'mutated' | 'drawn' | 'notUsed' | 'founder' };

export interface Difference {
  readonly axis: Axis;
  /** Encoded; NaN: not used. */
  readonly own: number;
  /** In the order of the trial's parents; encoded, NaN: not used there. */
  readonly parents: readonly number[];
  readonly from: Source;
}

/** In declaration order. */
export function differencesOf(
  axes: readonly Axis[],
  own: EncodedParams,
  parents: readonly EncodedParams[],
): readonly Difference[] {
  return axes.map((axis) => {
    const value = own[axis.index] ?? NaN;
    const theirs = parents.map((parent) => parent[axis.index] ?? NaN);
    return { axis, own: value, parents: theirs, from: sourceOf(value, theirs) };
  });
}

function sourceOf(own: number, parents: readonly number[]): Source {
  if (Number.isNaN(own)) return { kind: 'notUsed' };
  if (parents.length === 0) return { kind: 'founder' };
  if (parents.every(Number.isNaN)) return { kind: 'drawn' };
  const places = [...parents.keys()].filter((place) => parents[place] === own);
  const [first] = places;
  if (first === undefined) return { kind: 'mutated' };
  return places.length > 1 ? { kind: 'both' } : { kind: 'parent', place: first };
}
