/** Queries of a window on a lab file: one trial in full, curves, attempts, importances, exports. */
import { z } from 'zod';
import { storyOutput, trialOutput } from '../cli-output.ts';
import { strict } from '../problems.ts';
import { direction } from '../study-file.ts';
import { attemptRow } from './lab-stream.ts';

const count = z.int().min(0);

export const trialDetail = strict({
  trial: trialOutput,
  story: storyOutput,
  /** Error of the attempt that ended it, or of the last one. */
  error: z.string().nullable(),
  device: z.string().nullable(),
  slot: z.string().nullable(),
  /** Command line that runs its program again; null: it is no program, or not of this lab. */
  command: z.string().nullable(),
  /** Folder with what its program kept; null: it kept nothing here, or is no program. */
  checkpoints: z.string().nullable(),
});
export type TrialDetail = z.output<typeof trialDetail>;

export const curve = strict({
  trial: count,
  steps: z.array(count),
  values: z.array(z.number().nullable()),
});
export type TrialCurve = z.output<typeof curve>;

/** Most bytes of output in one answer; more follows when it is asked for. */
export const MOST_OUTPUT = 256 * 1024;

/** A stretch of what a trial's program printed. */
export const trialOutputPart = strict({
  /** Null: nothing is kept of any attempt. */
  attempt: z.int().min(1).nullable(),
  /** Bytes before the lines that were not kept or not asked for. */
  omitted: count,
  lines: z.array(z.string()),
  /** Place after the lines, for the next query. */
  end: count,
});
export type TrialOutputPart = z.output<typeof trialOutputPart>;

/** At each step the deciles 10 … 90 % of the values of all trials that reported it. */
export const deciles = strict({ steps: z.array(count), values: z.array(z.array(z.number())) });

export const attempts = z.array(attemptRow);

/** Null: too few trials have the parameter, or their values are equal. */
const share = strict({ share: z.number(), low: z.number(), high: z.number() }).nullable();

export const importance = z.union([
  strict({
    /**
     * The most important over the whole space first. `trials`: number of trials that have the
     * parameter.
     */
    parameters: z.array(strict({ name: z.string(), whole: share, good: share, trials: count })),
    /** Interactions: variance that parameters explain only together. */
    together: strict({ whole: share, good: share }),
    /**
     * Worse values lie outside the good region; null where more than half of the trials diverged.
     */
    median: z.number().nullable(),
    trials: count,
  }),
  strict({ unknown: z.enum(['too-few', 'all-equal']), needed: count.nullable(), trials: count }),
]);
export type Importance = z.output<typeof importance>;

/** Values of trials by several objectives. */
export const paretoFront = strict({
  objectives: z.array(strict({ metric: z.string(), direction })),
  /** Complete trials with a finite value of each objective, in order of their ends. */
  trials: z.array(count),
  /** One list for each of `trials`, in the order of the objectives. */
  values: z.array(z.array(z.number())),
  /** True if each of `trials` satisfies every constraint. */
  feasible: z.array(z.boolean()),
  /** Numbers of the trials on the front. */
  front: z.array(count),
  /**
   * After each of `trials`, the share of the box between the best and the worst values that the
   * front dominates. Null: more than three objectives, or all trials have one value of an
   * objective.
   */
  hypervolume: z.array(z.number()).nullable(),
});
export type ParetoFront = z.output<typeof paretoFront>;

/** A file for the user: text as it is, bytes as base64. */
export const exportedFile = strict({
  name: z.string(),
  type: z.string(),
  content: z.union([strict({ text: z.string() }), strict({ base64: z.string() })]),
});
export type ExportedFile = z.output<typeof exportedFile>;

/** Result of training the best configurations again on fresh seeds. */
export const confirmation = strict({
  /** The confirming study. */
  study: z.string(),
  done: count,
  of: count,
  /** By mean, best first. */
  configurations: z.array(
    strict({
      trial: count,
      values: z.array(z.number()),
      mean: z.number().nullable(),
      /** 95 %; null: fewer than two values. */
      interval: strict({ low: z.number(), high: z.number() }).nullable(),
    }),
  ),
  /** p value of a paired test between the first two; null: not enough values. */
  p: z.number().nullable(),
  /** The winner's score on the test set, evaluated once; null: not yet, or there is no test set. */
  test: z.number().nullable(),
});
export type Confirmation = z.output<typeof confirmation>;
