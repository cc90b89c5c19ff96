/** Windows of a pool: which of their taps are inside the input, and a loop over the windows. */
import type { Body, Local } from '../instructions.ts';

export interface Pool {
  readonly channels: number;
  readonly rows: number;
  readonly columns: number;
  readonly outputRows: number;
  readonly outputColumns: number;
  /** Size: rows, columns. */
  readonly size: readonly [number, number];
  readonly stride: readonly [number, number];
  /** Padding before the first row and column. */
  readonly padding: readonly [number, number];
}

/** Consecutive outputs (from … to − 1) whose windows have the same taps inside the input. */
interface Run {
  readonly first: number;
  readonly count: number;
  readonly from: number;
  readonly to: number;
}

interface Axis {
  readonly inputs: number;
  readonly outputs: number;
  readonly size: number;
  readonly stride: number;
  readonly padding: number;
}

function axes(pool: Pool): [down: Axis, across: Axis] {
  const [size, stride, padding] = [pool.size, pool.stride, pool.padding];
  return [
    {
      inputs: pool.rows,
      outputs: pool.outputRows,
      size: size[0],
      stride: stride[0],
      padding: padding[0],
    },
    {
      inputs: pool.columns,
      outputs: pool.outputColumns,
      size: size[1],
      stride: stride[1],
      padding: padding[1],
    },
  ];
}

function runsOf({ inputs, outputs, size, stride, padding }: Axis): Run[] {
  const runs: { first: number; count: number; from: number; to: number }[] = [];
  for (let output = 0; output < outputs; output++) {
    const corner = output * stride - padding;
    const [from, to] = [Math.max(0, -corner), Math.min(size, inputs - corner)];
    const last = runs.at(-1);
    if (last?.from === from && last.to === to) last.count += 1;
    else runs.push({ first: output, count: 1, from, to });
  }
  return runs;
}

/** Returns whether no pixel belongs to two windows. */
export function disjoint(pool: Pool): boolean {
  return axes(pool).every(({ outputs, size, stride }) => outputs === 1 || stride >= size);
}

/** Returns whether every pixel belongs to a window. */
export function covering(pool: Pool): boolean {
  return axes(pool).every(
    ({ inputs, outputs, size, stride, padding }) =>
      (outputs === 1 || stride <= size) && (outputs - 1) * stride - padding + size >= inputs,
  );
}

/**
 * A tap inside the input: byte offsets from the window's first such tap and from the window's
 * corner.
 */
interface Tap {
  readonly offset: number;
  readonly fromCorner: number;
}

/**
 * Emits `window` for each kind of window, in loops that visit the outputs in the order C,H,W.
 * @param image address of the input's buffer
 * @param outputs buffers with one vector per output; advanced
 */
export function eachWindow(
  body: Body,
  pool: Pool,
  image: Local,
  outputs: readonly Local[],
  window: (at: Local, taps: readonly Tap[]) => void,
): void {
  const [plane, row, at] = body.locals('i32', 3) as [Local, Local, Local];
  const [down, across] = axes(pool);
  const [rowBytes, forward] = [pool.columns * 16, outputs.map((pointer) => [pointer, 16] as const)];
  body.get(image).set(plane);
  body.repeat(pool.channels, [[plane, pool.rows * rowBytes]], () => {
    for (const rows of runsOf(down)) {
      const top = rows.first * down.stride - down.padding + rows.from;
      body
        .get(plane)
        .i32(top * rowBytes)
        .plain('i32.add')
        .set(row);
      body.repeat(rows.count, [[row, down.stride * rowBytes]], () => {
        for (const columns of runsOf(across)) {
          const left = columns.first * across.stride - across.padding + columns.from;
          body
            .get(row)
            .i32(left * 16)
            .plain('i32.add')
            .set(at);
          const taps = tapsOf(rows, columns, rowBytes);
          body.repeat(columns.count, [[at, across.stride * 16], ...forward], () =>
            window(at, taps),
          );
        }
      });
    }
  });
  body.release('i32', plane, row, at);
}

/** Taps in row order. */
function tapsOf(rows: Run, columns: Run, rowBytes: number): Tap[] {
  const taps: Tap[] = [];
  for (let i = rows.from; i < rows.to; i++)
    for (let j = columns.from; j < columns.to; j++)
      taps.push({
        offset: (i - rows.from) * rowBytes + (j - columns.from) * 16,
        fromCorner: i * rowBytes + j * 16,
      });
  return taps;
}
