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
 * Addresses for all places of pieces that run in order: first fit over lifetimes.
 * @param kept places that outlive the whole run, as several lanes read them
 */
export function placeAll(pieces: readonly Piece[], kept: Places): { readonly at: (place: string) => number; readonly end: number } {
  const extents = new Map<string, { id: number; size: number; first: number; last: number }>();
  const touch = (place: string, bytes: number, index: number): void => {
    const known = extents.get(place);
    const size = Math.ceil(bytes / 16) * 16;
    if (known === undefined) extents.set(place, { id: extents.size, size, first: index, last: index });
    else {
      known.size = Math.max(known.size, size);
      known.last = Math.max(known.last, index);
    }
  };
  for (const [place, bytes] of kept) {
    touch(place, bytes, 0);
    touch(place, bytes, pieces.length);
  }
  pieces.forEach((piece, index) => {
    for (const [place, bytes] of piece.places) touch(place, bytes, index);
  });
  const fit = firstFit([...extents.values()] satisfies Extent[]);
  const at = (place: string): number => {
    const offset = fit.offsets.get(extents.get(place)?.id ?? -1);
    if (offset === undefined) throw new Error(`a kernel uses ${place} without declaring it`);
    return BUFFERS + offset;
  };
  return { at, end: BUFFERS + fit.size };
}
