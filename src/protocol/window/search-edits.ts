/** Edits of a study's search, as a window asks for them and shows them. */
import { z } from 'zod';
import { refusedPoint } from '../best-configs.ts';
import { strict } from '../problems.ts';

const count = z.int().min(0);

/** Effect that an edit would have now. */
export const editPreview = strict({
  /** Number of the first trial that would be proposed after it. */
  first: count,
  /** Number of earlier trials that the sampler would learn from; null: only the pruner changes. */
  told: count.nullable(),
  /** Number of the earlier trials that are inside the new ranges. */
  inside: count,
  /** Enqueued points that wait and that the study would refuse, with the reasons. */
  outside: z.array(refusedPoint).readonly(),
  /** One line for each change. */
  changes: z.array(z.string()).readonly(),
});
export type EditPreview = z.output<typeof editPreview>;
