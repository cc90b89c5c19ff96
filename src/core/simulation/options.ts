/** What a simulation is given, and what it comes to. Times are virtual milliseconds. */
import type { LabOptions } from '../scheduling/index.ts';
import type { EncodedParams } from '../search-space/distribution.ts';
import type { StudySpec } from '../study/study-spec.ts';
import type { Duration, FailureRates } from './chance.ts';

export interface SimulationOptions {
  readonly spec: StudySpec;
  readonly trials: number;
  /** Ends the study early; default: none. */
  readonly target?: number | null;
  readonly workers: number;
  /** Trials a worker trains at once; default 1. */
  readonly lanes?: number;
  /**
   * Workers on other machines: nobody here sees their processes end. Default: children of the
   * coordinator.
   */
  readonly remote?: boolean;
  /** What a trial is worth. */
  readonly value: (params: EncodedParams, number: number) => number;
  /** The best there is, for the regret. */
  readonly optimum?: number | null;
  readonly duration: Duration;
  /** Default: none. */
  readonly rates?: Partial<FailureRates>;
  /** How long a stalled worker stands still; default 5,000. */
  readonly stallMs?: number;
  /** One way; default 0.2. */
  readonly latencyMs?: number;
  /**
   * Up to so much more, uniformly; messages on different channels may overtake each other. Default
   * 0.
   */
  readonly jitterMs?: number;
  /** Shares of messages lost, and said twice; default 0. */
  readonly drop?: number;
  readonly duplicate?: number;
  /** What is decided meanwhile shares the next commit; default 2. */
  readonly commitMs?: number;
  /** From the start of a worker's process to its hello; default 150. */
  readonly startMs?: number;
  /** Mean time between kills of the coordinator; default: none. */
  readonly coordinatorKillsEveryMs?: number;
  /** How long it is away then; default 1,000. */
  readonly coordinatorDownMs?: number;
  /** Of the simulation's chance, apart from the study's. Default: the study's. */
  readonly seed?: number;
  /**
   * The scheduler's own; its beat is by default no shorter than a quarter of a trial, or ten
   * million beats would be drawn.
   */
  readonly scheduler?: Partial<LabOptions>;
  /**
   * Called with each piece of the scheduler's and sampler's work, to be done once; a bench takes
   * the time.
   */
  readonly measure?: (work: () => void) => void;
  /** Stops a simulation that does not come to an end; default 1e12. */
  readonly atMostMs?: number;
}

export interface SimulationReport {
  /** Time workers spent on trials over workers × makespan. */
  readonly efficiency: number;
  /** From the start to the last trial's end. */
  readonly makespanMs: number;
  readonly busyMs: number;
  /** Trials that came to a value, and that did not. */
  readonly completed: number;
  readonly failed: number;
  readonly best: { readonly number: number; readonly value: number } | null;
  /** Distance of the best from the optimum; null: one of them is not known. */
  readonly regret: number | null;
  /** Each improvement: when, after how many ended trials, to what. */
  readonly curve: readonly {
    readonly atMs: number;
    readonly ended: number;
    readonly best: number;
  }[];
  /** Attempts that ended so. */
  readonly lostAttempts: number;
  readonly crashedAttempts: number;
  readonly outOfMemoryAttempts: number;
  readonly coordinatorKills: number;
  /** Events the scheduler took. */
  readonly events: number;
  /** How the study ended, e.g. `trials`, `target`. */
  readonly reason: string;
}
