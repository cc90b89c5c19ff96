/** Shapes of the tiles in which matrix products are computed. A shape never changes a result. */

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

export function cardTile(m: number, n: number): Tile {
  if (m <= 8) return { bm: 8, bn: 64, bk: 16, tm: 2, tn: 4 };
  if (n <= 32) return { bm: 32, bn: 32, bk: 16, tm: 4, tn: 2 };
  if (m < 64) return { bm: 32, bn: 64, bk: 16, tm: 4, tn: 4 };
  return { bm: 64, bn: 64, bk: 16, tm: 8, tn: 4 };
}

/** For adapters that compute on the CPU: they take minutes to compile large unrolled kernels. */
export function softwareTile(): Tile {
  return { bm: 4, bn: 8, bk: 8, tm: 2, tn: 2 };
}
