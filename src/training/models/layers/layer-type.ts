/**
 * Interface of layer types: reads the fields and infers the output's shape. Each type has its own
 * file.
 */
import { shapeText, type LayerFields, type Shape } from '../network.ts';
import type { Reader } from '../reader.ts';

export interface LayerReading {
  readonly fields: LayerFields;
  readonly output: Shape;
}

/**
 * Reads the fields, reports problems and infers the shape.
 * @param input shape of the layer's input; undefined after an earlier error, in which case only the
 *   fields are checked
 * @returns undefined if a field or the input's shape is missing
 */
export type ReadLayer = (reader: Reader, input: Shape | undefined) => LayerReading | undefined;

/** A layer that is read by another one, with its name. */
export interface Source {
  readonly id: string;
  readonly shape: Shape;
}

/**
 * As `ReadLayer`, for a type that reads several layers, which its `from` names.
 * @param inputs undefined after an earlier error
 * @returns with `reversed`, the layer reads its two inputs the other way round
 */
export type ReadJoining = (
  reader: Reader,
  inputs: readonly Source[] | undefined,
) => (LayerReading & { readonly reversed?: true }) | undefined;

/** A type that keeps its input's shape and has no fields to read. */
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
 * Returns ⌊(size + before + after − kernel)/stride⌋ + 1, or undefined with a report if the kernel
 * is larger than the padded input.
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

/** Reports two inputs with incompatible shapes. */
export function reportMismatch(reader: Reader, expected: string, found: Source): void {
  reader.report('shape-mismatch', undefined, expected, `${found.id}'s ${shapeText(found.shape)}`);
}
