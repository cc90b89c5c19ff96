/** A kernel before addresses are known: which places it needs, and how to write it once they are. */
import { firstFit, type Extent } from '../../plan/lifetimes.ts';
import type { Body } from './instructions.ts';
import { BUFFERS } from './kernels/frame.ts';

/** Name of a place in the tile's memory → its bytes. */
export type Places = ReadonlyMap<string, number>;

export interface Piece {
  readonly name: string;
  readonly places: Places;
  readonly emit: (body: Body, at: (place: string) => number) => void;
}

/**
 * Addresses for all places of pieces that run in order: first fit over lifetimes, behind the kept ones.
 * @param kept places that outlive the whole run, as several lanes and several runs read them: always at the same addresses
 */
export function placeAll(pieces: readonly Piece[], kept: Places): { readonly at: (place: string) => number; readonly end: number } {
  const fixed = new Map<string, number>();
  let start = BUFFERS;
  for (const [place, bytes] of kept) {
    fixed.set(place, start);
    start += align(bytes);
  }
  const extents = new Map<string, Extent>();
  pieces.forEach((piece, index) => {
    for (const [place, bytes] of piece.places) {
      if (fixed.has(place)) continue;
      const known = extents.get(place) ?? { id: extents.size, size: 0, first: index };
      extents.set(place, { ...known, size: Math.max(known.size, align(bytes)), last: index });
    }
  });
  const fit = firstFit([...extents.values()]);
  const at = (place: string): number => {
    const known = fixed.get(place);
    if (known !== undefined) return known;
    const offset = fit.offsets.get(extents.get(place)?.id ?? -1);
    if (offset === undefined) throw new Error(`a kernel uses ${place} without declaring it`);
    return start + offset;
  };
  return { at, end: start + fit.size };
}

function align(bytes: number): number {
  return Math.ceil(bytes / 16) * 16;
}
