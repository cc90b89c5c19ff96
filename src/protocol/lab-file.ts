/**
 * Schemas of the JSON columns of a lab file: the project's own, and those of Optuna that are read.
 * Another version or another program may have written the file, so its texts are parsed like any
 * message.
 */
import { z } from 'zod';
import { checkSearchSpace } from '../core/search-space/check.ts';
import { auditVerdicts, trialOutcomes } from '../core/study/row-codes.ts';
import { paramValue, searchSpace } from './search-space.ts';
import {
  audit,
  constraints,
  devices,
  direction,
  objectives,
  packing,
  sampler,
  seed,
} from './study-file.ts';

/** `galapagos_lab.holder`: the process that writes the file. */
export const holder = z.object({
  pid: z.int().min(1),
  /**
   * Start time of the process as the system reports it; distinguishes it from a later process with
   * the same pid.
   */
  start: z.string(),
  /** The machine, and the namespace within it in which the pid is valid. */
  host: z.string(),
});
export type Holder = z.output<typeof holder>;

/** Early stopping, fixed when the study was created or edited. */
const pruning = z.object({
  pruner: z.looseObject({ name: z.string() }),
  reason: z.string(),
  length: z.int().min(1).nullable(),
  keeps: z.enum(['best', 'last']),
});

const soundSpace = searchSpace.superRefine((space, context) => {
  const [problem] = checkSearchSpace(space, '');
  if (problem !== undefined)
    context.addIssue({ code: 'custom', message: `at ${problem.path}, ${problem.expected}` });
});

/** The parts of a study that edits change. */
const search = {
  searchSpace: soundSpace,
  only: z.record(z.string(), z.array(paramValue).min(1)).exactOptional(),
  sampler,
  pruning: pruning.exactOptional(),
};

const searchEdit = z.object({
  first: z.int().min(0),
  date: z.number(),
  told: z.int().min(0).nullable(),
  before: z.object(search),
});

/** `galapagos_study.spec`. The objective's own layer checks its settings. */
export const storedSpec = z.object({
  name: z.string(),
  objective: z.looseObject({ kind: z.string() }),
  direction,
  objectives: objectives.exactOptional(),
  constraints: constraints.exactOptional(),
  ...search,
  seed,
  packing: packing.exactOptional(),
  devices: devices.exactOptional(),
  audit: audit.exactOptional(),
  edits: z.array(searchEdit).exactOptional(),
  startedFrom: z.array(z.object({ name: z.string(), trials: z.int().min(0) })).exactOptional(),
});

/** A column with the fields that this release does not know. */
export const asStored = z.unknown();

/** `galapagos_study.limits`. */
export const storedLimits = z.object({
  trials: z.int().min(0).nullable(),
  activeMs: z.number().min(0).nullable(),
  target: z.number().nullable(),
});

export const studyState = z.enum(['running', 'pausing', 'paused', 'ending', 'finished']);
export const trialState = z.enum(['waiting', 'running', 'complete', 'pruned', 'failed']);
export const trialOutcome = z.enum(trialOutcomes);
export const attemptOutcome = z.enum([
  'succeeded',
  'diverged',
  'pruned',
  'crashed',
  'outOfMemory',
  'timedOut',
  'lost',
  'cancelled',
  'paused',
]);

/** `galapagos_audit.verdict`. */
export const auditVerdict = z.enum(auditVerdicts);

const numberOrInfinity = z.union([z.number(), z.literal([Infinity, -Infinity])]);

/** `galapagos_audit.difference`. */
export const auditDifference = z.object({
  metric: z.string(),
  value: numberOrInfinity,
  found: numberOrInfinity,
});

/** `galapagos_audit_due.figures`; null: the trial diverged. */
export const auditFigures = z.record(z.string(), z.number()).nullable();

/** `galapagos_attempt.result`: the worker's result. */
export const storedResult = z.object({
  outcome: attemptOutcome.exclude(['lost', 'paused']),
  value: z.number().exactOptional(),
  error: z.string().exactOptional(),
  ms: z.number(),
  byNeighbour: z.boolean().exactOptional(),
  metrics: z
    .record(
      z.string(),
      z.union([z.number(), z.nan(), z.literal([Infinity, -Infinity]), z.string()]),
    )
    .exactOptional(),
  device: z.string().exactOptional(),
  executor: z.string().exactOptional(),
  executorReason: z.string().exactOptional(),
  reports: z
    .array(
      z.object({
        step: z.int(),
        value: z.number(),
        metrics: z.record(z.string(), z.number()).exactOptional(),
      }),
    )
    .exactOptional(),
});

/** The system attribute `galapagos:verdict` of a trial that a pruner has stopped. */
export const storedVerdict = z.object({ step: z.int(), expected: z.number() });

/** `galapagos_trial.parents`. */
export const parents = z.array(z.int().min(0));

/** `galapagos_trial.story`. */
export const story = z.array(z.string());

const excess = z.union([z.number(), z.literal([Infinity, -Infinity])]);

/**
 * The system attribute `constraints` of a trial, or one of `constraints:<name>`: numbers that are
 * ≤ 0 where a constraint is satisfied; none if it is anything else.
 */
export const constraintsAttribute = z
  .union([z.array(excess), excess.transform((one) => [one])])
  .catch([]);

/** The user attribute `galapagos:uid`: a study's uid, or a trial's, `uid/number`. */
export const uidAttribute = z.string();

/** The user attribute `galapagos:note`; another type counts as no note. */
export const noteAttribute = z
  .unknown()
  .transform((value) => (typeof value === 'string' ? value : ''));

/** The user attribute `galapagos:deleted`; null: another value, which counts as not deleted. */
export const deletedAttribute = z
  .unknown()
  .transform((value) => (value === true || value === 'removing' ? value : null));

const bounds = {
  low: z.number(),
  high: z.number(),
  log: z.boolean().nullish(),
  step: z.number().nullish(),
};

/** `trial_params.distribution_json` in every spelling that Optuna 5 still reads. */
export const optunaDistribution = z.union([
  z.object({
    name: z.enum(['FloatDistribution', 'IntDistribution']),
    attributes: z.object(bounds),
  }),
  z.object({
    name: z.enum(['UniformDistribution', 'LogUniformDistribution']),
    attributes: z.object({ low: z.number(), high: z.number() }),
  }),
  z.object({
    name: z.literal('DiscreteUniformDistribution'),
    attributes: z.object({ low: z.number(), high: z.number(), q: z.number() }),
  }),
  z.object({
    name: z.enum(['IntUniformDistribution', 'IntLogUniformDistribution']),
    attributes: z.object({ low: z.number(), high: z.number(), step: z.number().nullish() }),
  }),
  z.object({
    name: z.literal('CategoricalDistribution'),
    attributes: z.object({ choices: z.array(z.unknown()) }),
  }),
  z.object({ type: z.enum(['float', 'int']), ...bounds }),
  z.object({ type: z.literal('categorical'), choices: z.array(z.unknown()) }),
]);
export type OptunaDistribution = z.output<typeof optunaDistribution>;

/** Schema of a column's text. */
export type ColumnSchema<T> = z.ZodType<T>;
