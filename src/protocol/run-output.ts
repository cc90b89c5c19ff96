/** Output lines of `galapagos run --json`. */
import { z } from 'zod';
import {
  earlyStops,
  lineage,
  objectiveValues,
  params,
  studyEnergy,
  violates,
} from './best-configs.ts';
import { strict } from './problems.ts';
import { scoreFields } from './score.ts';
import { direction } from './study-file.ts';

const at = z.iso.datetime().describe('When, by the wall clock, UTC.');
const trial = z.int().min(0);
const attempt = z.int().min(0).describe('1, 2 … within the trial; 0: none ran.');
const slot = z.string();
const milliseconds = z.number().min(0);

const best = strict({
  trial,
  value: z.number(),
  values: objectiveValues.exactOptional(),
  params,
  attempt,
  lineage,
});

/** A search whose trials the study starts from. */
export const startedFromOutput = strict({
  name: z.string().describe('The file, and the study in it.'),
  trials: z.int().min(1).describe('Trials that the study starts from.'),
  of: z.int().min(1).describe('Trials of the search.'),
  mismatches: z.array(
    strict({
      parameter: z.string().nullable().describe('Null: it concerns the trial.'),
      reason: z.string(),
      effect: z.enum(['left-out', 'ignored']),
      trials: z.int().min(1),
      example: z.string().nullable(),
    }),
  ),
});
export type StartedFromOutput = z.output<typeof startedFromOutput>;

const started = strict({
  event: z.literal('started'),
  at,
  study: z.string(),
  resumed: z.boolean(),
  trials: z.int().nullable().describe('The budget; null: without one.'),
  workers: z.int(),
  direction,
  ...scoreFields,
  parameters: z.array(z.string()),
  notes: z.array(z.string()),
  startedFrom: z.array(startedFromOutput).exactOptional(),
  lab: z.string(),
  done: z.int().describe('Trials that had ended before.'),
});

const worker = strict({
  event: z.literal('worker'),
  at,
  slot,
  state: z.enum(['ready', 'lost', 'quarantined', 'released']),
  reason: z.string().nullable(),
  device: z.string().nullable(),
});

const trialStarted = strict({ event: z.literal('trialStarted'), at, trial, attempt, slot, params });

const trialReported = strict({
  event: z.literal('trialReported'),
  at,
  trial,
  attempt,
  slot,
  epoch: z.int().min(1).describe('Epochs done.'),
  value: z.number().describe('What the trial would be worth if it ended here.'),
  metrics: z.record(z.string(), z.number()),
});

const trialEnded = strict({
  event: z.literal('trialEnded'),
  at,
  trial,
  attempt,
  slot: slot.nullable(),
  state: z.enum(['complete', 'pruned', 'failed']),
  outcome: z.string(),
  value: z.number().nullable().describe('Null: failed or diverged.'),
  params,
  lineage,
  isBest: z.boolean().describe('Of a study that lists objectives always false.'),
  values: objectiveValues.exactOptional(),
  violates: violates.exactOptional(),
  joinsFront: z
    .boolean()
    .exactOptional()
    .describe(
      'True if it was on the Pareto front when it ended; absent: the study lists no objectives.',
    ),
  ms: milliseconds.nullable(),
  error: z.string().nullable(),
  metrics: z.record(z.string(), z.union([z.number(), z.string()])),
});

const trialBack = strict({
  event: z.literal('trialBack'),
  at,
  trial,
  attempt,
  slot,
  outcome: z.string(),
  detail: z.string().nullable(),
});

const progress = strict({
  event: z.literal('progress'),
  at,
  done: z.int(),
  trials: z.int().nullable(),
  perSecond: z.number().nullable().describe('Null: too early to say.'),
  leftMs: milliseconds.nullable(),
  elapsedMs: milliseconds,
  best: best.nullable(),
  front: strict({
    trials: z.int().min(0),
    best: z.record(z.string(), z.number()).describe('By objective; empty: no trial is on it.'),
  })
    .exactOptional()
    .describe('The Pareto front; absent: the study lists no objectives.'),
});

const storage = strict({
  event: z.literal('storage'),
  at,
  state: z.enum(['stalled', 'back']),
  error: z.string().nullable(),
});
const node = strict({
  event: z.literal('node'),
  at,
  node: z.string().describe('Id of another machine of the lab, as in its slots.'),
  name: z.string(),
  text: z.string().describe('What happened to it, for people.'),
});
const shared = strict({
  event: z.literal('shared'),
  at,
  port: z.int().min(1).max(65_535).describe('TCP port at which other machines join.'),
  invitation: z.string().describe('For galapagos node --join on another machine; a secret.'),
  until: z.iso.datetime().describe('When the invitation ends, UTC.'),
});
const note = strict({ event: z.literal('note'), at, text: z.string() });

const finished = strict({
  event: z.literal('finished'),
  at,
  study: z.string(),
  state: z.enum(['finished', 'paused', 'failed']),
  reason: z.string(),
  complete: z.int(),
  pruned: z.int(),
  failed: z.int(),
  lostAttempts: z.int(),
  settled: strict({ finished: z.int(), returned: z.int() })
    .nullable()
    .describe('Running trials at a pause or stop: ended in time, returned to waiting; null: none.'),
  elapsedMs: milliseconds,
  energy: studyEnergy
    .nullable()
    .describe('Of all trials of the study, idle power included; null: unknown.'),
  earlyStops: earlyStops.exactOptional(),
  executors: z
    .array(strict({ label: z.string(), reason: z.string().nullable() }))
    .describe(
      'What trained the best, and why; numbers of different labels differ in their last bits.',
    ),
  ...scoreFields,
  best: z
    .array(best)
    .describe('Best first, at most five; of a study that lists objectives the Pareto front.'),
  generations: z
    .array(strict({ generation: z.int(), trials: z.int(), best: z.number().nullable() }))
    .nullable(),
  lab: z.string(),
  bestConfigs: z.string().nullable().describe('The file written; null: none.'),
  resumeCommand: z.string().nullable(),
});

export const runOutput = z.discriminatedUnion('event', [
  started,
  worker,
  trialStarted,
  trialReported,
  trialEnded,
  trialBack,
  progress,
  storage,
  node,
  shared,
  note,
  finished,
]);

export type RunOutput = z.output<typeof runOutput>;
