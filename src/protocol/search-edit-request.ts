/** Schemas of a change of a study's search, as requests state it, and of its answer. */
import { z } from 'zod';
import { strict } from './problems.ts';
import { paramValue } from './search-space.ts';
import { pruner, sampler } from './study-file.ts';

const bounds = strict({ low: z.number(), high: z.number() });

/** Changes of a running study's search; fields that are absent stay as they are. */
export const searchChange = strict({
  ranges: z
    .record(z.string(), bounds)
    .exactOptional()
    .describe('Bounds of numeric parameters, which are then no longer fixed.'),
  only: z
    .record(z.string(), z.array(paramValue).min(1).readonly())
    .exactOptional()
    .describe('One value fixes a parameter; several are the remaining choices of a categorical.'),
  free: z
    .array(z.string())
    .readonly()
    .exactOptional()
    .describe('Parameters that are no longer fixed, or have all their choices again.'),
  sampler: sampler.exactOptional(),
  pruner: pruner.exactOptional(),
});

/** Shapes of `Problem`. */
const problem = z.object({
  code: z.string(),
  path: z.string(),
  expected: z.string(),
  found: z.string(),
  hint: z.string().optional(),
});

/** `galapagos_edit_request.answer`. */
export const editAnswer = z.discriminatedUnion('accepted', [
  z.object({ accepted: z.literal(true) }),
  z.object({ accepted: z.literal(false), problems: z.array(problem).min(1) }),
]);
export type EditAnswer = z.output<typeof editAnswer>;
