/** Shapes of the tiles in which matrix products are computed. A shape never changes a result. */

import { at } from '../../../core/at.ts';

export interface Tile {
  /** Rows, columns and depth of a workgroup's tile. */
  readonly bm: number;
  readonly bn: number;
  readonly bk: number;
  /** Rows and columns of a thread. */
  readonly tm: number;
  readonly tn: number;
}

/** Chooses the tile of a product of m rows and n columns. */
export type ChooseTile = (m: number, n: number) => Tile;

/** The fastest of these on a card is found by trying; the first is the default. */
export function cardTiles(m: number, n: number): readonly Tile[] {
  if (m <= 8)
    return [
      { bm: 8, bn: 64, bk: 16, tm: 2, tn: 4 },
      { bm: 8, bn: 128, bk: 16, tm: 2, tn: 4 },
      { bm: 8, bn: 64, bk: 32, tm: 1, tn: 4 },
      { bm: 8, bn: 32, bk: 16, tm: 2, tn: 2 },
    ];
  if (n <= 32)
    return [
      { bm: 32, bn: 32, bk: 16, tm: 4, tn: 2 },
      { bm: 64, bn: 32, bk: 16, tm: 4, tn: 4 },
      { bm: 16, bn: 32, bk: 16, tm: 2, tn: 2 },
      { bm: 32, bn: 32, bk: 32, tm: 2, tn: 2 },
    ];
  if (m <= 16)
    return [
      { bm: 16, bn: 128, bk: 16, tm: 4, tn: 4 },
      { bm: 16, bn: 64, bk: 16, tm: 2, tn: 4 },
      { bm: 16, bn: 128, bk: 16, tm: 2, tn: 4 },
      { bm: 32, bn: 64, bk: 16, tm: 4, tn: 4 },
    ];
  if (m < 64)
    return [
      { bm: 32, bn: 64, bk: 16, tm: 4, tn: 4 },
      { bm: 32, bn: 128, bk: 16, tm: 8, tn: 4 },
      { bm: 16, bn: 64, bk: 16, tm: 2, tn: 4 },
      { bm: 32, bn: 32, bk: 16, tm: 4, tn: 2 },
    ];
  return [
    { bm: 64, bn: 64, bk: 16, tm: 8, tn: 4 },
    { bm: 64, bn: 64, bk: 16, tm: 4, tn: 4 },
    { bm: 32, bn: 64, bk: 16, tm: 4, tn: 4 },
    { bm: 64, bn: 32, bk: 16, tm: 4, tn: 4 },
  ];
}

export function cardTile(m: number, n: number): Tile {
  return at(cardTiles(m, n), 0);
}

/** For adapters that compute on the CPU: they take minutes to compile large unrolled kernels. */
export function softwareTiles(): readonly Tile[] {
  return [
    { bm: 4, bn: 8, bk: 8, tm: 2, tn: 2 },
    { bm: 8, bn: 8, bk: 4, tm: 2, tn: 2 },
    { bm: 4, bn: 16, bk: 8, tm: 2, tn: 2 },
    { bm: 8, bn: 4, bk: 4, tm: 1, tn: 2 },
  ];
}

export function softwareTile(): Tile {
  return at(softwareTiles(), 0);
}
