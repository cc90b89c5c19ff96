/** Sizes and names of places in a tile's memory, derived from a plan's buffers. */
import { bufferAt, elements, numberOf, pairOf, rootOf, type Op, type Plan } from '../../plan/plan.ts';
import type { Grid, Placement } from './kernels/transpose.ts';

export const TILE = 4;

/** Place of a buffer in tile layout. */
export function tilePlace(plan: Plan, id: number): string {
  return `tile ${rootOf(plan, id).id}`;
}

export function tileBytes(plan: Plan, id: number): number {
  return elements(rootOf(plan, id).shape) * 4 * TILE;
}

/** Place of the normalised batch in sample layout, which gather fills. */
export const BATCH_SAMPLES = 'batch samples';

/** Bytes of one sample in sample layout: vectors may reach three elements past the end. */
export function sampleBytes(count: number): number {
  return Math.ceil((count * 4 + 16) / 16) * 16;
}

export interface ConvGeometry {
  readonly channels: number;
  readonly rows: number;
  readonly columns: number;
  readonly filters: number;
  readonly outputRows: number;
  readonly outputColumns: number;
  readonly groups: number;
  readonly kernel: readonly [number, number];
  readonly stride: readonly [number, number];
  readonly padding: readonly [number, number];
  /** Rows and columns with padding around. */
  readonly paddedRows: number;
  readonly paddedColumns: number;
  readonly isPadded: boolean;
}

/** @param input, output buffer ids of the image and of the convolution's output (or their gradients) */
export function convGeometry(plan: Plan, op: Op, input: number, output: number): ConvGeometry {
  const [channels = 1, rows = 1, columns = 1] = bufferAt(plan, [input], 0).shape;
  const [filters = 1, outputRows = 1, outputColumns = 1] = bufferAt(plan, [output], 0).shape;
  const [kernel, stride, padding] = [pairOf(op, 'kernel'), pairOf(op, 'stride'), pairOf(op, 'padding')];
  const paddedRows = Math.max(padding[0] + rows, (outputRows - 1) * stride[0] + kernel[0]);
  const paddedColumns = Math.max(padding[1] + columns, (outputColumns - 1) * stride[1] + kernel[1]);
  const isPadded = paddedRows !== rows || paddedColumns !== columns;
  const groups = numberOf(op, 'groups');
  return {
    channels,
    rows,
    columns,
    filters,
    outputRows,
    outputColumns,
    groups,
    kernel,
    stride,
    padding,
    paddedRows,
    paddedColumns,
    isPadded,
  };
}

/** A whole image as a grid; contiguous when nothing surrounds it. */
export function imageGrid({ channels, rows, columns, isPadded }: ConvGeometry): Grid {
  return isPadded ? { channels, rows, columns } : flatGrid(channels * rows * columns);
}

export function flatGrid(count: number): Grid {
  return { channels: 1, rows: 1, columns: count };
}

export function unpadded(address: number, { rows, columns }: { readonly rows: number; readonly columns: number }): Placement {
  return { address, row: columns, plane: rows * columns };
}

/** Where the image begins inside its padding. @param bytes of an element in this layout */
export function padded(address: number, g: ConvGeometry, bytes: number): Placement {
  const inset = g.isPadded ? (g.padding[0] * g.paddedColumns + g.padding[1]) * bytes : 0;
  return { address: address + inset, row: g.paddedColumns, plane: g.paddedRows * g.paddedColumns };
}
