/** Format of `galapagos ask-tell`: one request line, one answer line, each a JSON object. */
import { z } from 'zod';
import { params } from './best-configs.ts';
import { integer, strict } from './problems.ts';
import { searchChange } from './search-edit-request.ts';
import { searchSpace } from './search-space.ts';
import { direction, sampler, seed } from './study-file.ts';

/** Greatest number of characters of a line; a longer one is answered with an error and skipped. */
export const LONGEST_LINE = 4 * 1024 * 1024;

const create = strict({
  op: z.literal('create'),
  searchSpace,
  direction: direction.default('minimize'),
  sampler: sampler.default({ name: 'evolution' }),
  seed: seed.default(0),
});

const ask = strict({ op: z.literal('ask') });

const tell = strict({
  op: z.literal('tell'),
  trial: integer(0),
  value: z.number({ error: 'a finite number, or "state": "failed" in its place' }).optional(),
  state: z.literal('failed').optional(),
}).refine(({ value, state }) => (value === undefined) !== (state === undefined), {
  path: ['value'],
  error: 'either a value or "state": "failed"',
});

const best = strict({ op: z.literal('best') });

/**
 * The change that `galapagos edit` makes, without a pruner: trials report no values on their way.
 */
const edit = strict({ op: z.literal('edit'), ...searchChange.omit({ pruner: true }).shape });

export const askTellRequest = z.discriminatedUnion('op', [create, ask, tell, best, edit]);
export type AskTellRequest = z.output<typeof askTellRequest>;

const fault = strict({
  code: z.string(),
  field: z.string().describe('E.g. searchSpace.units.step; empty: the whole line.'),
  message: z.string(),
});

export const askTellAnswer = z.union([
  strict({ ok: z.literal(true) }),
  strict({ ok: z.literal(true), trial: z.int().min(0), params }),
  strict({ ok: z.literal(true), trial: z.int().min(0), value: z.number(), params }),
  strict({
    ok: z.literal(true),
    first: z.int().min(0).describe('Number of the first trial that is proposed after the edit.'),
    told: z.int().min(0).describe('Number of earlier trials that the sampler learns from.'),
    changes: z.array(z.string()).min(1).describe('E.g. x: 0 … 1 → 0 … 0.5.'),
  }),
  strict({
    ok: z.literal(false),
    error: fault.extend({
      others: z.array(fault).exactOptional().describe('What else is wrong with the same line.'),
    }),
  }),
]);
export type AskTellAnswer = z.output<typeof askTellAnswer>;
export type AskTellFault = z.output<typeof fault>;
