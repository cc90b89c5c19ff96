/** Description of a score, part of every document that contains raw scores. */
import { z } from 'zod';

export const scoreFields = {
  metric: z
    .enum(['accuracy', 'loss', 'value'])
    .describe('What the values measure; an accuracy is a fraction 0 … 1.'),
  split: z
    .enum(['validation', 'test'])
    .nullable()
    .describe('The samples that the values are measured on; null: no dataset, or another program.'),
};
