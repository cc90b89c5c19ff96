/**
 * What a layer type must say of itself: its fields and its output's shape. One file a type
 * implements it.
 */
import { shapeText, type LayerFields, type Shape } from '../network.ts';
import type { Reader } from '../reader.ts';

export interface LayerReading {
  readonly fields: LayerFields;
  readonly output: Shape;
}

/**
 * Reads the fields, reports what is wrong with them, and infers the shape.
 * @param input shape of what the layer reads; undefined after an earlier error, then only fields
 *   are checked
 * @returns undefined where a field or the input's shape is missing
 */
export type ReadLayer = (reader: Reader, input: Shape | undefined) => LayerReading | undefined;

/** A layer that is read, by name. */
export interface Source {
  readonly id: string;
  readonly shape: Shape;
}

/** A type that reads several layers, which its `from` names. */
export interface JoiningType {
  /** How many, in words, and whether a number of them is right. */
  readonly expected: string;
  readonly takes: (count: number) => boolean;
  /**
   * As `ReadLayer`.
   * @param inputs undefined after an earlier error
   * @returns with `reversed`, the layer reads its two inputs the other way round
   */
  readonly read: (
    reader: Reader,
    inputs: readonly Source[] | undefined,
  ) => (LayerReading & { readonly reversed?: true }) | undefined;
}

/** A type whose output has its input's shape and that has no fields of its own. */
export function keepsShape(fields: LayerFields): ReadLayer {
  return (_reader, input) => (input === undefined ? undefined : { fields, output: input });
}

/** Reports an input that is not an image [C, H, W]. */
export function requireImage(
  reader: Reader,
  input: Shape | undefined,
): readonly [number, number, number] | undefined {
  if (input === undefined) return undefined;
  const [c, h, w] = input;
  if (c !== undefined && h !== undefined && w !== undefined) return [c, h, w];
  reader.report('shape-mismatch', undefined, 'an image C×H×W as input', `a vector of ${String(c)}`);
  return undefined;
}

/**
 * ⌊(size + before + after − kernel)/stride⌋ + 1, or undefined with a report if the kernel does not
 * fit.
 */
export function windowCount(
  reader: Reader,
  field: string,
  size: number,
  total: number,
  kernel: number,
  stride: number,
  input: string,
): number | undefined {
  if (size + total >= kernel) return Math.floor((size + total - kernel) / stride) + 1;
  reader.report(
    'empty-output',
    field,
    `at most ${String(size + total)} for its input ${input} (or padding)`,
    String(kernel),
  );
  return undefined;
}

/** Reports two inputs whose shapes do not go together. */
export function reportMismatch(reader: Reader, expected: string, found: Source): void {
  reader.report('shape-mismatch', undefined, expected, `${found.id}'s ${shapeText(found.shape)}`);
}
