/** Format of `best-configs.json`: the best configurations of a study, for other programs. */
import { z } from 'zod';
import { strict } from './problems.ts';
import { scoreFields } from './score.ts';
import { paramValue } from './search-space.ts';
import { direction, seed, studyName } from './study-file.ts';

/** A point with decoded values; inactive parameters are absent. */
export const params = z.record(z.string(), paramValue);

/** Parameters of a training that changed while it ran. */
export const schedule = z
  .array(
    strict({
      epoch: z.int().min(0).describe('Epochs trained before these parameters applied.'),
      params,
    }),
  )
  .readonly()
  .describe(
    'Parameters by epoch, where they changed while the trial trained; the last are "params".',
  );

/** Values of a trial by objective. */
export const objectiveValues = z
  .record(z.string(), z.number())
  .describe('Value of each objective; absent: the study has one objective.');

/** Of a trial of a study with constraints. */
export const violates = z
  .array(z.string())
  .readonly()
  .describe('Bounds that the trial violates; absent: none.');

/** An enqueued point that its study does not try. */
export const refusedPoint = strict({
  point: z.string().describe('The parameters that were given, as JSON.'),
  reason: z.string(),
});

/** Origin of a trial. */
export const lineage = strict({
  operator: z.string().describe('What made it: uniform, grid, crossover+mutation …'),
  parents: z.array(z.int().min(0)).readonly().describe('The trials it was made from.'),
  ancestors: z
    .array(z.int().min(0))
    .readonly()
    .optional()
    .describe(
      'Parents among the trials that the study started from, as positions in that history; in its story and while it runs.',
    ),
  generation: z.int().min(0).describe('0 for founders.'),
  prediction: strict({
    value: z.number(),
    low: z.number().describe('Lower bound of the 95 % interval, noise included.'),
    high: z.number(),
    logExpectedImprovement: z
      .number()
      .describe('Natural logarithm of it, in standard deviations of the values.'),
  })
    .optional()
    .describe('Prediction of the model that chose the trial; in its story and while it runs.'),
});

/** Energy of a study. */
export const studyEnergy = strict({
  joules: z.number().min(0).describe('Sum over the trials whose energy is known.'),
  trials: z.int().min(1).describe('Number of those trials.'),
  of: z.int().min(1).describe('Number of ended trials.'),
});

/** One edit of a study's search. */
export const searchEdit = strict({
  first: z.int().min(0).describe('Number of the first trial that was proposed after it.'),
  told: z
    .int()
    .min(0)
    .nullable()
    .describe('Number of earlier trials that the sampler learns from; null: it goes on.'),
  date: z.string(),
  changes: z.array(z.string()).readonly().describe('One line for each change.'),
});

export const searchEdits = z
  .array(searchEdit)
  .readonly()
  .describe('Edits of the search while the study ran, oldest first; absent: none.');

/** Trials that a pruner stopped; absent where there are none. */
export const earlyStops = strict({
  stopped: z.int().min(0),
  of: z.int().min(0).describe('Those and the complete ones.'),
  epochsSaved: z
    .number()
    .nullable()
    .describe('Share of the epochs of all these trials; null: unknown.'),
}).describe('What early stopping saved; absent: no trial was stopped.');

export const bestConfigs = strict({
  $schema: z.string().exactOptional(),
  format: z.literal('galapagos-best-configs/1'),
  study: studyName,
  note: z
    .string()
    .exactOptional()
    .describe('What the user wrote about the study; absent: nothing.'),
  edits: searchEdits.exactOptional(),
  direction,
  seed: seed.nullable().describe('Null: a study of another program.'),
  // Absent in files of earlier versions.
  metric: scoreFields.metric.exactOptional(),
  split: scoreFields.split.exactOptional(),
  energy: studyEnergy
    .nullable()
    .exactOptional()
    .describe('Energy of the devices, idle power included; null: unknown.'),
  best: z.array(
    strict({
      rank: z.int().min(1),
      trial: z.int().min(0),
      value: z.number(),
      values: objectiveValues.exactOptional(),
      params,
      schedule: schedule.exactOptional(),
      command: z
        .string()
        .exactOptional()
        .describe('Command line that runs its program again; absent: the study runs none.'),
      attempt: z
        .int()
        .min(0)
        .describe('Which run of the trial gave the value; 0: a run of another program.'),
      lineage: lineage.nullable().describe('Null: unknown.'),
      energy: z
        .number()
        .nullable()
        .exactOptional()
        .describe('Joules that the trial used, idle power included; null: unknown.'),
    }),
  ),
}).meta({ title: 'Best configurations of a Galapagos study' });

export type BestConfigs = z.output<typeof bestConfigs>;
