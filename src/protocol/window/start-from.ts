/** Searches whose trials a study starts from, as a window names them. */
import { z } from 'zod';
import { strict } from '../problems.ts';

export const startSource = z.discriminatedUnion('kind', [
  /** A study of the open lab, by name or uid. */
  strict({ kind: z.literal('study'), study: z.string().min(1).max(512) }),
  /** A file or a folder of this machine, from the desktop window only. */
  strict({
    kind: z.literal('path'),
    path: z.string().min(1).max(4096),
    /** Null: the only one. */
    study: z.string().min(1).max(512).nullable(),
    /** Column or metric that is the value; null: the format's own, or the only one. */
    value: z.string().min(1).max(512).nullable(),
  }),
]);
export type StartSource = z.output<typeof startSource>;
