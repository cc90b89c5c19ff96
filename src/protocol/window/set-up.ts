/** Answers for the page that sets up a study: networks, samplers, checks, estimates. */
import { z } from 'zod';
import { packings } from '../../core/study/study-spec.ts';
import { strict } from '../problems.ts';

const count = z.int().min(0);
const range = strict({ low: z.number(), high: z.number() });

export const problem = strict({
  code: z.string(),
  path: z.string(),
  expected: z.string(),
  found: z.string(),
  hint: z.string().nullable(),
});
export type WindowProblem = z.output<typeof problem>;

/** A layer as its chip displays it. */
export const layerChip = strict({
  name: z.string(),
  type: z.string(),
  /** E.g. `3×3, 16`. */
  detail: z.string(),
  /**
   * Output shape at the smallest and the largest network of the search; equal where nothing is
   * searched.
   */
  shape: strict({ low: z.array(count), high: z.array(count) }),
  weights: range,
  /** Parameters of the search space that set it. */
  searched: z.array(z.string()),
});

export const networkCard = strict({
  name: z.string(),
  title: z.string(),
  /** As JSON, to be edited. */
  network: z.record(z.string(), z.unknown()),
  /** Number of weights on the requested dataset; null: the network does not fit. */
  weights: range.nullable(),
  /**
   * Distributions of the parameters that its layers refer to, in the format of a study's search
   * space.
   */
  space: z.record(z.string(), z.record(z.string(), z.unknown())),
  /** Reason why it does not fit. */
  misfit: problem.nullable(),
});

export const samplerChoice = strict({
  name: z.string(),
  title: z.string(),
  /** Advice on when to choose it. */
  pick: z.string(),
  settings: z.array(
    z.union([
      strict({
        name: z.string(),
        integer: z.boolean(),
        low: z.number(),
        high: z.number(),
        default: z.number().nullable(),
        meaning: z.string(),
      }),
      /** Takes one of the words. */
      strict({
        name: z.string(),
        words: z.array(z.string()).readonly(),
        default: z.string(),
        meaning: z.string(),
      }),
    ]),
  ),
});

export const studyCheck = strict({
  problems: z.array(problem),
  /** Null: infinite, or the space has problems. */
  gridSize: z.number().nullable(),
  network: strict({ layers: z.array(layerChip), weights: range }).nullable(),
  /** Parameters of the search space that nothing in the objective uses. */
  unused: z.array(z.string()),
  /** Numbers of training and validation samples; null: no dataset. */
  split: strict({
    train: count,
    validation: count,
    test: count,
    selectOn: z.enum(['validation', 'test']),
  }).nullable(),
  /**
   * Metrics that a trial of the objective returns, by which trials may be compared; null: any, or
   * the objective has problems.
   */
  metrics: z.array(z.string()).nullable(),
});
export type StudyCheck = z.output<typeof studyCheck>;

export const estimate = strict({
  /** Duration of the study; null: it has no limit of trials. */
  totalMs: range.nullable(),
  trialMs: range,
  trials: count.nullable(),
  trialsPerMinute: z.number(),
  epochs: count,
  /** One for each kind of device that takes part. */
  measured: z.array(
    strict({
      /** `gpu/0`. */
      device: z.string(),
      workers: count,
      executor: z.string(),
      reason: z.string(),
      /** Number of trials that one worker trains together. */
      lanes: count,
      /** Of a cohort of that many trials. */
      epochMs: z.number(),
      /** Of one worker, all lanes together, while training. */
      samplesPerSecond: z.number(),
      memoryBytes: z.number(),
    }),
  ),
  /** Devices that would take part but could not be measured. */
  unmeasured: z.array(strict({ device: z.string(), reason: z.string() })),
  /** Cost of each packing; empty where it changes nothing. */
  packings: z.array(
    strict({
      packing: z.enum(packings),
      /** Greatest number of trials in a cohort. */
      lanes: count,
      trials: count,
      totalMs: range.nullable(),
      /**
       * Number of trials for about the same result as with few lanes, and their time; null: that of
       * the study suffices.
       */
      same: strict({ trials: count, totalMs: range.nullable() }).nullable(),
    }),
  ),
  /** Milliseconds since 1970. */
  at: z.number(),
});
export type Estimate = z.output<typeof estimate>;
