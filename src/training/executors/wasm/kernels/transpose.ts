/**
 * Converts between the tile layout [element][4 samples] and the sample layout [4 samples][element]
 * by 4×4 transposes. Rows may be longer in one of the two (padding of an image). Also pads by a
 * copy within the tile layout.
 */
import type { Body, Local } from '../instructions.ts';
import { keyOf, type Kernel } from './kernel.ts';

export interface Grid {
  /** Channels, rows and columns of the copied elements. */
  readonly channels: number;
  readonly rows: number;
  readonly columns: number;
}

/** Placement of a grid: index of its first element and strides, in elements. */
export interface Placement {
  readonly inset: number;
  readonly row: number;
  readonly plane: number;
}

/** A copy between the layouts. */
export interface Transfer {
  readonly grid: Grid;
  readonly tile: Placement;
  readonly samples: Placement;
  /** Distance between samples in sample layout. */
  readonly sampleBytes: number;
}

const UNPACK_LOW = [0, 1, 2, 3, 16, 17, 18, 19, 4, 5, 6, 7, 20, 21, 22, 23];
const UNPACK_HIGH = [8, 9, 10, 11, 24, 25, 26, 27, 12, 13, 14, 15, 28, 29, 30, 31];
const LOW_HALVES = [0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23];
const HIGH_HALVES = [8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31];

/** Replaces four vectors by their transpose. */
function transpose4(body: Body, v: readonly [Local, Local, Local, Local]): void {
  const [a, b, c, d] = v;
  const t = body.locals('v128', 4);
  const [ab0 = 0, ab1 = 0, cd0 = 0, cd1 = 0] = t;
  body.get(a).get(b).shuffle(UNPACK_LOW).set(ab0).get(a).get(b).shuffle(UNPACK_HIGH).set(ab1);
  body.get(c).get(d).shuffle(UNPACK_LOW).set(cd0).get(c).get(d).shuffle(UNPACK_HIGH).set(cd1);
  body.get(ab0).get(cd0).shuffle(LOW_HALVES).set(a).get(ab0).get(cd0).shuffle(HIGH_HALVES).set(b);
  body.get(ab1).get(cd1).shuffle(LOW_HALVES).set(c).get(ab1).get(cd1).shuffle(HIGH_HALVES).set(d);
  body.release('v128', ...t);
}

/** Parameters: tile, samples. */
export function tileToSamples(transfer: Transfer): Kernel {
  const { sampleBytes } = transfer;
  return transferKernel('tile-to-samples', transfer, (body, from, to) => ({
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
  }));
}

/** Parameters: tile, samples; `add` adds to the tile instead of storing. */
export function samplesToTile(transfer: Transfer & { readonly add: boolean }): Kernel {
  const { sampleBytes, add } = transfer;
  return transferKernel('samples-to-tile', transfer, (body, to, from) => ({
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
  }));
}

function transferKernel(
  name: string,
  transfer: Transfer,
  moves: (body: Body, tile: Local, samples: Local) => Moves,
): Kernel {
  return {
    key: keyOf(name, transfer),
    parameters: 2,
    emit: (body, [tile = 0, samples = 0]) => {
      const { grid } = transfer;
      walk(body, grid, [tile, transfer.tile, 16], [samples, transfer.samples, 4], (a, b) => {
        quads(body, grid.columns, a, b, moves(body, a, b));
      });
    },
  };
}

export interface Padding {
  readonly grid: Grid;
  readonly paddedRows: number;
  readonly paddedColumns: number;
  readonly top: number;
  readonly left: number;
}

/** Adds a border of zeros to an image in tile layout. Parameters: from, to. */
export function pad(padding: Padding): Kernel {
  const { grid, paddedRows, paddedColumns, top, left } = padding;
  return {
    key: keyOf('pad', padding),
    parameters: 2,
    emit: (body, [from = 0, to = 0]) => {
      body.clearAt(to, grid.channels * paddedRows * paddedColumns * 16);
      const source = { inset: 0, row: grid.columns, plane: grid.rows * grid.columns };
      const target = {
        inset: top * paddedColumns + left,
        row: paddedColumns,
        plane: paddedRows * paddedColumns,
      };
      walk(body, grid, [from, source, 16], [to, target, 16], (a, b) => {
        const [s, t] = body.locals('i32', 2) as [Local, Local];
        body.get(a).set(s).get(b).set(t);
        body.repeat(
          grid.columns,
          [
            [s, 16],
            [t, 16],
          ],
          () => body.get(t).get(s).load('v128').store('v128'),
        );
        body.release('i32', s, t);
      });
    },
  };
}

type Side = readonly [address: Local, placement: Placement, elementBytes: number];

/** Calls back once to emit the code of a row, with pointers to its start in both layouts. */
function walk(
  body: Body,
  grid: Grid,
  first: Side,
  second: Side,
  row: (a: Local, b: Local) => void,
): void {
  const [planeA, planeB, a, b] = body.locals('i32', 4) as [Local, Local, Local, Local];
  const steps = (which: 'row' | 'plane', p: Local, q: Local): [Local, number][] => [
    [p, first[1][which] * first[2]],
    [q, second[1][which] * second[2]],
  ];
  for (const [[address, placement, bytes], pointer] of [
    [first, planeA] as const,
    [second, planeB] as const,
  ]) {
    body
      .get(address)
      .i32(placement.inset * bytes)
      .plain('i32.add')
      .set(pointer);
  }
  body.repeat(grid.channels, steps('plane', planeA, planeB), () => {
    body.get(planeA).set(a).get(planeB).set(b);
    body.repeat(grid.rows, steps('row', a, b), () => {
      row(a, b);
    });
  });
  body.release('i32', planeA, planeB, a, b);
}

interface Moves {
  readonly four: (v: readonly [Local, Local, Local, Local]) => void;
  readonly one: (k: number) => void;
}

/**
 * Emits the copy of a row of `columns` elements, four at a time, then the remaining ones singly.
 * Does not change the pointers.
 */
function quads(body: Body, columns: number, tile: Local, samples: Local, moves: Moves): void {
  const [savedTile, savedSamples] = body.locals('i32', 2) as [Local, Local];
  const v = body.locals('v128', 4) as [Local, Local, Local, Local];
  body.get(tile).set(savedTile).get(samples).set(savedSamples);
  body.repeat(
    Math.floor(columns / 4),
    [
      [tile, 64],
      [samples, 16],
    ],
    () => moves.four(v),
  );
  for (let k = 0; k < columns % 4; k++) moves.one(k);
  body.get(savedTile).set(tile).get(savedSamples).set(samples);
  body.release('i32', savedTile, savedSamples);
  body.release('v128', ...v);
}
