/**
 * Schemas of values in a description that the search may set: numbers, words and flags that can
 * also be `{"$param": name}`.
 */
import { z } from 'zod';
import { strict } from './problems.ts';

const scale = {
  times: z.number().positive().exactOptional().describe('Multiplies the value.'),
  over: z.number().positive().exactOptional().describe('Divides the value.'),
};

const parameter = strict({
  $param: z.string().describe("A parameter of the study's search space."),
  ...scale,
});
const channels = strict({
  $channels: z
    .union([z.literal(true), z.string()])
    .describe('The channels of what the layer reads (true), or of the layer named.'),
  ...scale,
});

/** An integer ≥ `least`; a searched value is rounded down. */
export function whole(least: number): z.ZodType {
  return z.union([z.int().min(least), parameter]);
}

/** An integer ≥ `least` that may be relative to a layer's channels. */
export function wholeOfLayer(least: number): z.ZodType {
  return z.union([z.int().min(least), parameter, channels]);
}

/** The same for rows and columns, or one for each. */
export function pairOfLayer(least: number): z.ZodType {
  const one = wholeOfLayer(least);
  return z.union([one, z.tuple([one, one])]);
}

export interface Bounds {
  readonly low?: number;
  /** Exclusive. */
  readonly above?: number;
  readonly high?: number;
  /** Exclusive. */
  readonly below?: number;
}

export function real({ low, above, high, below }: Bounds): z.ZodType {
  let number = z.number();
  if (low !== undefined) number = number.min(low);
  if (above !== undefined) number = number.gt(above);
  if (high !== undefined) number = number.max(high);
  if (below !== undefined) number = number.lt(below);
  return z.union([number, parameter]);
}

export function word(words: readonly string[]): z.ZodType {
  return z.union([z.enum(words), parameter]);
}

export const flag: z.ZodType = z.union([z.boolean(), parameter]);
