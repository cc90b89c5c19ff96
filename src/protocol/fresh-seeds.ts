/** Schemas of the fields by which an objective evaluates trials again on fresh seeds. */
import { z } from 'zod';
import { strict } from './problems.ts';

export const statedSeed = z.union([z.int().min(0), strict({ $param: z.string() })], {
  error: 'an integer ≥ 0, or {"$param": name}',
});

/** Written by Galapagos where it trains a study's best again. */
export const confirmed = strict({
  study: z.string().describe('The study whose best are trained again, by its uid.'),
  trials: z
    .array(z.int().min(0))
    .min(1)
    .describe(
      'Its trials: the n-th point here is the n-th of them, over and over, a seed each time.',
    ),
  of: z
    .string()
    .exactOptional()
    .describe(
      'The study of fresh seeds whose winner this one looks at on the test set, by its uid.',
    ),
}).describe(
  'What this study trains again on fresh seeds. It changes nothing of how it is trained.',
);

/** An objective of any kind, as far as seeds go. */
export const seededObjective = z.looseObject({
  kind: z.string(),
  seed: statedSeed.exactOptional(),
  confirms: confirmed.exactOptional(),
});

export type SeededObjective = z.output<typeof seededObjective>;
