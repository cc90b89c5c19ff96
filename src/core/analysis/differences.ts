/** Compares each parameter of a trial with its parents' and names the source of its value. */
import type { Axis } from '../search-space/axis.ts';
import type { EncodedParams } from '../search-space/distribution.ts';

/**
 * Source of a parameter's value. `parent`: only the parent at this index of the trial's parents has
 * it. `mutated`: no parent has it. `drawn`: the parameter was inactive in all parents and its
 * condition holds now. `notUsed`: the parameter is inactive in this trial. `founder`: there are no
 * parents.
 */
export type Source =
  | { readonly kind: 'parent'; readonly place: number }
  | { readonly kind: 'both' | 'mutated' | 'drawn' | 'notUsed' | 'founder' };

export interface Difference {
  readonly axis: Axis;
  /** Encoded value; NaN if inactive. */
  readonly own: number;
  /** Encoded values in the order of the trial's parents; NaN if inactive there. */
  readonly parents: readonly number[];
  readonly from: Source;
}

/** Returns one difference per parameter, in declaration order. */
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
