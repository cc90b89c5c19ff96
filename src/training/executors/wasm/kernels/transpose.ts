/**
 * Between the tile layout [element][4 samples] and the sample layout [4 samples][element]: 4×4 transposes.
 * Rows may be longer in one of the two (padding around an image).
 */
import type { Body, Local } from '../instructions.ts';

export interface Grid {
  /** Channels, rows, columns of the elements copied. */
  readonly channels: number;
  readonly rows: number;
  readonly columns: number;
}

/** Where a grid lies: address of its first element, and the steps in elements. */
export interface Placement {
  readonly address: number;
  readonly row: number;
  readonly plane: number;
}

const UNPACK_LOW = [0, 1, 2, 3, 16, 17, 18, 19, 4, 5, 6, 7, 20, 21, 22, 23];
const UNPACK_HIGH = [8, 9, 10, 11, 24, 25, 26, 27, 12, 13, 14, 15, 28, 29, 30, 31];
const LOW_HALVES = [0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23];
const HIGH_HALVES = [8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31];

/** Replaces four vectors by their transpose. */
export function transpose4(body: Body, v: readonly [Local, Local, Local, Local]): void {
  const [a, b, c, d] = v;
  const t = body.locals('v128', 4);
  const [ab0 = 0, ab1 = 0, cd0 = 0, cd1 = 0] = t;
  body.get(a).get(b).shuffle(UNPACK_LOW).set(ab0).get(a).get(b).shuffle(UNPACK_HIGH).set(ab1);
  body.get(c).get(d).shuffle(UNPACK_LOW).set(cd0).get(c).get(d).shuffle(UNPACK_HIGH).set(cd1);
  body.get(ab0).get(cd0).shuffle(LOW_HALVES).set(a).get(ab0).get(cd0).shuffle(HIGH_HALVES).set(b);
  body.get(ab1).get(cd1).shuffle(LOW_HALVES).set(c).get(ab1).get(cd1).shuffle(HIGH_HALVES).set(d);
  body.release('v128', ...t);
}

/** @param sampleBytes distance between samples in the sample layout */
export function tileToSamples(body: Body, grid: Grid, tile: Placement, samples: Placement, sampleBytes: number): void {
  walk(body, grid, tile, samples, (from, to) => {
    quads(body, grid.columns, from, to, {
      four: (v) => {
        v.forEach((x, i) =>
          body
            .get(from)
            .load('v128', 16 * i)
            .set(x),
        );
        transpose4(body, v);
        v.forEach((x, s) =>
          body
            .get(to)
            .get(x)
            .store('v128', s * sampleBytes),
        );
      },
      one: (k) => {
        for (let s = 0; s < 4; s++)
          body
            .get(to)
            .get(from)
            .load('f32', 16 * k + 4 * s)
            .store('f32', s * sampleBytes + 4 * k);
      },
      fromStep: 64,
      toStep: 16,
    });
  });
}

/** @param add adds to the tile instead of storing */
export function samplesToTile(body: Body, grid: Grid, samples: Placement, tile: Placement, sampleBytes: number, add: boolean): void {
  walk(body, grid, tile, samples, (to, from) => {
    quads(body, grid.columns, from, to, {
      four: (v) => {
        v.forEach((x, s) =>
          body
            .get(from)
            .load('v128', s * sampleBytes)
            .set(x),
        );
        transpose4(body, v);
        v.forEach((x, i) => {
          body.get(to).get(x);
          if (add)
            body
              .get(to)
              .load('v128', 16 * i)
              .vector('f32x4.add');
          body.store('v128', 16 * i);
        });
      },
      one: (k) => {
        for (let s = 0; s < 4; s++) {
          body
            .get(to)
            .get(from)
            .load('f32', s * sampleBytes + 4 * k);
          if (add)
            body
              .get(to)
              .load('f32', 16 * k + 4 * s)
              .plain('f32.add');
          body.store('f32', 16 * k + 4 * s);
        }
      },
      fromStep: 16,
      toStep: 64,
    });
  });
}

/** Copies a tile-layout grid into another place of the same layout. */
export function tileToTile(body: Body, grid: Grid, from: Placement, to: Placement): void {
  walk(
    body,
    grid,
    from,
    to,
    (source, target) => {
      const [s, t] = body.locals('i32', 2) as [Local, Local];
      body.get(source).set(s).get(target).set(t);
      body.repeat(
        grid.columns,
        [
          [s, 16],
          [t, 16],
        ],
        () => body.get(t).get(s).load('v128').store('v128'),
      );
      body.release('i32', s, t);
    },
    16,
  );
}

/** Calls back once for the code of a row: pointers to its start in the tile and in the other layout. Contiguous grids are one row. */
function walk(
  body: Body,
  grid: Grid,
  tile: Placement,
  other: Placement,
  row: (tilePointer: Local, otherPointer: Local) => void,
  otherBytes = 4,
): void {
  const [planeA, planeB, a, b] = body.locals('i32', 4) as [Local, Local, Local, Local];
  body.i32(tile.address).set(planeA).i32(other.address).set(planeB);
  body.repeat(
    grid.channels,
    [
      [planeA, tile.plane * 16],
      [planeB, other.plane * otherBytes],
    ],
    () => {
      body.get(planeA).set(a).get(planeB).set(b);
      body.repeat(
        grid.rows,
        [
          [a, tile.row * 16],
          [b, other.row * otherBytes],
        ],
        () => {
          row(a, b);
        },
      );
    },
  );
  body.release('i32', planeA, planeB, a, b);
}

interface Steps {
  readonly four: (v: readonly [Local, Local, Local, Local]) => void;
  readonly one: (k: number) => void;
  readonly fromStep: number;
  readonly toStep: number;
}

/** A row of `columns` elements, four at a time, then the rest one by one. Leaves both pointers where they were. */
function quads(body: Body, columns: number, from: Local, to: Local, steps: Steps): void {
  const [savedFrom, savedTo] = body.locals('i32', 2) as [Local, Local];
  const v = body.locals('v128', 4) as [Local, Local, Local, Local];
  body.get(from).set(savedFrom).get(to).set(savedTo);
  body.repeat(
    Math.floor(columns / 4),
    [
      [from, steps.fromStep],
      [to, steps.toStep],
    ],
    () => steps.four(v),
  );
  for (let k = 0; k < columns % 4; k++) steps.one(k);
  body.get(savedFrom).set(from).get(savedTo).set(to);
  body.release('i32', savedFrom, savedTo);
  body.release('v128', ...v);
}
