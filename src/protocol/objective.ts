/**
 * The schemas of the objectives that come with Galapagos: `train` (a network on a dataset),
 * `command` (any program) and `synthetic` (named functions that cost nothing, for tests,
 * demonstrations and benches). A network's own description is training's to check.
 */
import { z } from 'zod';
import { executorNames } from '../core/executor-names.ts';
import { commandObjective } from './command-objective.ts';
import { confirmed, statedSeed } from './fresh-seeds.ts';
import { strict } from './problems.ts';
import { trainSettings } from './train-settings.ts';

const share = z.number().min(0).max(1);

/**
 * Settings as editors complete them; training itself checks them against the network and the
 * search space.
 */
const { properties, required, additionalProperties } = z.toJSONSchema(trainSettings, {
  io: 'input',
});
const settings = z.record(z.string(), z.unknown()).meta({
  description:
    'How the network is trained. A number may be {"$param": "name"} where the search decides.',
  properties,
  required,
  additionalProperties,
});

const seed = statedSeed.describe(
  "Instead of the study's seed: it alone then decides split, order, start and masks, and not the trial's number.",
);

export const trainObjective = strict({
  kind: z.literal('train'),
  dataset: z
    .string()
    .min(1)
    .describe('A dataset that comes with Galapagos ("mnist"), or the name of an imported one.'),
  network: z
    .union([z.string().min(1), z.record(z.string(), z.unknown())], {
      error: 'the name of a network or its description {…}',
    })
    .describe(
      'The name of a network that comes with Galapagos ("mnist-paper"), the path of a file ("./mine.json"), or a description.',
    ),
  settings,
  metric: z
    .enum(['accuracy', 'loss'])
    .default('accuracy')
    .describe('What a trial is judged by; accuracy is a fraction 0 … 1.'),
  selectOn: z
    .enum(['validation', 'test'])
    .default('validation')
    .describe('The images a trial is judged on.'),
  executor: z
    .enum(['auto', ...executorNames])
    .exactOptional()
    .describe(
      'What runs the training; default auto: the fastest here, as a short measurement finds.',
    ),
  bits: z
    .literal('wasm')
    .exactOptional()
    .describe(
      'Only executors whose results are equal to the last bit on every machine; else they may differ by machine.',
    ),
  seed: seed.exactOptional(),
  test: z
    .boolean()
    .exactOptional()
    .describe(
      'Look at the kept weights on the test set as well, as metrics testLoss and testAccuracy; what selects does not see them.',
    ),
  confirms: confirmed.exactOptional(),
});

/** Each has a known optimum; `src/objectives/synthetic-functions.ts` says over which scale. */
export const syntheticFunctions = [
  'sphere',
  'rosenbrock',
  'rastrigin',
  'ackley',
  'branin',
  'griewank',
  'levy',
  'step',
] as const;

/** Functions of several values; each names its values as metrics. */
export const severalFunctions = ['zdt1', 'dtlz2', 'binh-korn'] as const;

/**
 * Milliseconds: fixed, or lognormal with this median and the standard deviation `sigma` of the
 * logarithm.
 */
export const durationMs = z
  .union(
    [z.number().min(0), strict({ median: z.number().positive(), sigma: z.number().min(0).max(5) })],
    {
      error: 'milliseconds ≥ 0, or {"median": milliseconds > 0, "sigma": 0 … 5}',
    },
  )
  .describe(
    'How long an evaluation takes: milliseconds, or {"median", "sigma"} of a lognormal; default 0.',
  );

export const syntheticObjective = strict({
  kind: z.literal('synthetic'),
  function: z
    .enum([...syntheticFunctions, ...severalFunctions])
    .describe('What is evaluated over the numeric parameters.'),
  durationMs: durationMs.exactOptional(),
  epochs: z
    .int()
    .min(1)
    .max(100_000)
    .exactOptional()
    .describe(
      'How often a trial reports: its values fall to the one of the function; default 1, only that.',
    ),
  failureRate: share.exactOptional().describe('The share of attempts that throw.'),
  crashRate: share.exactOptional().describe('The share of attempts that end their worker process.'),
  divergeRate: share.exactOptional().describe('The share of trials whose value is not a number.'),
  pruneRate: share
    .exactOptional()
    .describe('The share of trials that are pruned after half of their duration, with a report.'),
  memoryRate: share.exactOptional().describe('The share of attempts that run out of memory.'),
  failOnSlots: z
    .array(z.string().min(1))
    .exactOptional()
    .describe('Slots, "*" stands for any text, on which every attempt fails at once.'),
});

export const objective = z.discriminatedUnion('kind', [
  trainObjective,
  commandObjective,
  syntheticObjective,
]);

export type SyntheticObjective = z.output<typeof syntheticObjective>;

export type TrainStudyObjective = z.output<typeof trainObjective>;
