/** Sizes and names of places in the memory of a tile, derived from a plan's buffers. */
import {
  bufferAt,
  elements,
  numberOf,
  pairOf,
  rootOf,
  type Op,
  type Plan,
} from '../../plan/plan.ts';
import type { Grid, Placement } from './kernels/transpose.ts';
import type { Place } from './steps.ts';

export const TILE = 4;

/** Place of a buffer in tile layout, or of values that all samples share. */
export function placeOf(plan: Plan, id: number): Place {
  const root = rootOf(plan, id);
  const bytes = elements(root.shape) * 4;
  return root.perSample
    ? { name: `buffer ${String(root.id)}`, bytes: bytes * TILE, each: 'tile' }
    : { name: `buffer ${String(root.id)}`, bytes, each: 'batch' };
}

/** The normalised batch in tile layout, which gather fills. */
export function batchPlace(plan: Plan): Place {
  const id = plan.train.find((op) => op.kind === 'gather')?.outputs[0] ?? -1;
  return placeOf(plan, id);
}

/** The normalised batch in sample layout, which gather fills first. */
export function batchSamples(plan: Plan): Place {
  return {
    name: 'batch samples',
    bytes: TILE * sampleBytes(elements(plan.input.shape)),
    each: 'tile',
  };
}

/** Labels of a tile, written by the host: four classes, or numeric targets in tile layout. */
export function labelsPlace(plan: Plan): Place {
  const label = plan.train.find((op) => op.kind === 'gather')?.outputs[1] ?? -1;
  return { name: 'labels', bytes: 16 * elements(rootOf(plan, label).shape), each: 'tile' };
}

/** Bytes of one sample in sample layout; vector loads may reach three elements past the end. */
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
  /** Number of rows including padding. */
  readonly paddedRows: number;
  readonly paddedColumns: number;
  readonly isPadded: boolean;
}

/**
 * @param input, output buffer ids of the image and of the convolution's output, or of their
 *   gradients
 */
export function convGeometry(plan: Plan, op: Op, input: number, output: number): ConvGeometry {
  const [channels = 1, rows = 1, columns = 1] = bufferAt(plan, [input], 0).shape;
  const [filters = 1, outputRows = 1, outputColumns = 1] = bufferAt(plan, [output], 0).shape;
  const [kernel, stride, padding] = [
    pairOf(op, 'kernel'),
    pairOf(op, 'stride'),
    pairOf(op, 'padding'),
  ];
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

/** A whole image as a grid; a single row if it has no padding. */
export function imageGrid({ channels, rows, columns, isPadded }: ConvGeometry): Grid {
  return isPadded
    ? { channels, rows, columns }
    : { channels: 1, rows: 1, columns: channels * rows * columns };
}

export function unpadded({ rows, columns }: ConvGeometry): Placement {
  return { inset: 0, row: columns, plane: rows * columns };
}

/** Placement of the image inside its padding. */
export function padded(g: ConvGeometry): Placement {
  const inset = g.isPadded ? g.padding[0] * g.paddedColumns + g.padding[1] : 0;
  return { inset, row: g.paddedColumns, plane: g.paddedRows * g.paddedColumns };
}
