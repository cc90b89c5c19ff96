/** Stream of one study to a window: its head, its trials, and the reports of running trials. */
import { z } from 'zod';
import { earlyStops, searchEdits } from '../best-configs.ts';
import { strict } from '../problems.ts';
import { scoreFields } from '../score.ts';
import { paramValue, searchSpace } from '../search-space.ts';
import { direction, objectives, pruner, sampler, seed } from '../study-file.ts';
import { reportBlock, trialBlock } from './columns.ts';

const count = z.int().min(0);
const milliseconds = z.number().min(0);
/** Milliseconds since 1970. */
const instant = z.number();

export const studyState = z.enum(['running', 'pausing', 'paused', 'ending', 'finished']);

export const limits = strict({
  trials: count.nullable(),
  minutes: z.number().nullable(),
  target: z.number().nullable(),
});

export const counts = strict({
  waiting: count,
  /** Waiting trials that are paused at a rung are not among `waiting`. */
  paused: count,
  running: count,
  /** With a value. */
  complete: count,
  pruned: count,
  failed: count,
  /** Of `complete`, those whose value is not a number. */
  diverged: count,
});

/** Trials that were the best at their end, in order of their ends. */
export const staircase = strict({
  /** Number of trials that had ended, this one included. */
  ended: z.array(count),
  trials: z.array(count),
  values: z.array(z.number()),
  /** Milliseconds of running time then; null: unknown. */
  activeMs: z.array(z.number().nullable()),
});

export type Staircase = z.output<typeof staircase>;

/** A study in the list of studies. */
export const studyRow = strict({
  /** Null: another program's study, which can be read only. */
  uid: z.string().nullable(),
  /** Name of the study in calls: the uid, or the name where there is none. */
  key: z.string(),
  name: z.string(),
  /** The user's note; empty: none. */
  note: z.string(),
  /** True if the user deleted it: it can be restored until it is removed. */
  deleted: z.boolean(),
  /** Null: another program's. */
  state: studyState.nullable(),
  reason: z.string().nullable(),
  direction,
  ...scoreFields,
  counts,
  earlyStops: earlyStops.exactOptional(),
  limits,
  best: strict({ trial: count, value: z.number(), at: instant.nullable() }).nullable(),
  /** Metrics of the objectives that the study lists, so that no trial is the best; absent: none. */
  objectives: z.array(z.string()).exactOptional(),
  staircase,
  created: instant.nullable(),
  /** The study that this one confirms; null: an ordinary study. */
  confirms: z.string().nullable(),
  /** True if it evaluates the winner of a confirmation on the test set, once. */
  tests: z.boolean(),
  /**
   * Outcomes of the running trials at the latest pause or stop; null: unknown, or the study runs.
   */
  settled: strict({ finished: count, returned: count }).nullable(),
});
export type StudyRow = z.output<typeof studyRow>;

/**
 * Time left, from the head's `at`; `unknown` says why there is no estimate. `pending`: it is being
 * computed.
 */
export const timeLeft = z.union([
  strict({ lowMs: milliseconds, highMs: milliseconds }),
  strict({
    unknown: z.enum([
      'too-few',
      'no-limit',
      'no-worker',
      'not-running',
      'target-only',
      'foreign',
      'pending',
    ]),
    needed: count.nullable(),
  }),
]);

export const studyHead = studyRow.extend({
  /** Milliseconds it has been running; goes on while `state` is running, from `at`. */
  activeMs: milliseconds.nullable(),
  at: instant,
  /** Since when it has been in its state; null: unknown. */
  since: instant.nullable(),
  timeLeft,
  /** Null: too early to say. */
  trialsPerMinute: z.number().nullable(),
  /** Null: another program's. */
  searched: strict({
    objective: z.looseObject({ kind: z.string() }),
    /** Absent: the study lists none. */
    objectives: objectives.exactOptional(),
    searchSpace,
    sampler,
    /** Values to which edits limit parameters: one fixes it; absent: none. */
    only: z.record(z.string(), z.array(paramValue).readonly()).exactOptional(),
    /** Edits of the search, oldest first; absent: none. */
    edits: searchEdits.exactOptional(),
    /** The search space with all ranges that trials had; absent: never edited. */
    everSearched: searchSpace.exactOptional(),
    seed,
    pruner: pruner.exactOptional(),
    prunerReason: z.string().exactOptional(),
    /** Searches whose trials the study started from; absent: none. */
    startedFrom: z.array(strict({ name: z.string(), trials: count })).exactOptional(),
  }).nullable(),
  /** Parameters in the order of the columns. */
  parameters: z.array(z.string()),
  /** Names that the trials' `operator` codes stand for. */
  operators: z.array(z.string()),
  /** Names that the trials' `slot` codes stand for. */
  slots: z.array(z.string()),
  /** Executors that have trained so far, with the reasons. */
  executors: z.array(strict({ label: z.string(), reason: z.string().nullable() })),
  /** True if trials train a network. */
  trains: z.boolean(),
  /** True if an objective may state the seed, so that trials can be repeated on fresh seeds. */
  statesSeed: z.boolean(),
  /** Epochs a trial takes at most; null: it does not report. */
  epochs: count.nullable(),
  /** Samples that a trial trains on in an epoch; null: none, or unknown. */
  epochSamples: count.nullable(),
  /**
   * Accuracy up to which a trial is no better than guessing; null: no accuracy, or the classes are
   * unknown.
   */
  chance: z.number().nullable(),
  /** Notes that a reader of the results must know. */
  notes: z.array(z.string()),
  /** Number of trials; those not sent yet follow. */
  trials: count,
});
export type StudyHead = z.output<typeof studyHead>;

export const studyBody = strict({
  head: studyHead.optional(),
  trials: trialBlock.optional(),
  reports: reportBlock.optional(),
  /** Number of trials read from the lab file so far; absent when all are read. */
  loaded: count.optional(),
});
export type StudyBody = z.output<typeof studyBody>;
