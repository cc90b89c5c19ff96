/**
 * Schema of a search space in files and requests. Checks shapes only; relations between values are
 * checked in core.
 */
import { z } from 'zod';
import { strict } from './problems.ts';

/** Choices of a categorical parameter, and values that a condition compares with. */
export const paramValue = z.union([z.string(), z.number(), z.boolean(), z.null()], {
  error: 'a text, number, true, false or null',
});

const name = z.string().regex(/^[\p{L}_][\p{L}\p{N}_.-]{0,127}$/u, {
  error: 'a name of at most 128 letters, digits, "_", "-", ".", that begins with a letter or "_"',
});

const when = z
  .record(name, z.array(paramValue))
  .describe(
    'The parameter exists only where each parameter named here has one of the listed values.',
  )
  .optional();

const float = strict({
  type: z.literal('float'),
  low: z.number().describe('The least value.'),
  high: z.number().describe('The greatest value.'),
  log: z.boolean().describe('Search on a logarithmic scale; low must be above 0.').optional(),
  step: z.number().describe('Only low, low + step, low + 2·step …; not with log.').optional(),
  when,
});

const int = strict({
  type: z.literal('int'),
  low: z.number().describe('The least value, an integer.'),
  high: z.number().describe('The greatest value, an integer.'),
  log: z.boolean().describe('Search on a logarithmic scale; low must be at least 1.').optional(),
  step: z.number().describe('Only low, low + step, low + 2·step …; default 1.').optional(),
  when,
});

const categorical = strict({
  type: z.literal('categorical'),
  choices: z.array(paramValue).describe('The values to choose from, without an order.'),
  when,
});

export const distribution = z.discriminatedUnion('type', [float, int, categorical]);

/** Parameters in order of declaration; a parent precedes its children. */
export const searchSpace = z
  .record(name, distribution)
  .describe('The named parameters that are searched.');
