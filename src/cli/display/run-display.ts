/**
 * Interface between a run and its display; formatting belongs to the displays. `terminal.ts`,
 * `lines.ts` and `json.ts` are the three displays; the producer is the run itself. Calls come in
 * the order start, (event | tick)…, finish.
 */
import type { ScheduleEntry } from '../../core/analysis/training-schedule.ts';
import type { GenerationBest } from '../../core/analysis/generations.ts';
import type { Origin } from '../../core/samplers/sampler.ts';
import type { AttemptOutcome, EndedState, TrialOutcome } from '../../core/scheduling/index.ts';
import type { Params } from '../../core/search-space/distribution.ts';
import type { EarlyStops } from '../../core/study/early-stops.ts';
import type { ObjectiveSpec } from '../../core/study/objectives.ts';
import type { StudyEnergy } from '../../core/study/study-energy.ts';
import type { Direction } from '../../core/study/study-spec.ts';
import type { MappedHistory } from '../../studies/start-from/map-history.ts';
import type { Settled } from '../../studies/grace-count.ts';
import type { SharedEvent } from '../actions/share-lab.ts';

/** A finished trial worth displaying; usually the best. */
export interface BestTrial {
  readonly trial: number;
  readonly value: number;
  /** By the objectives' names; absent: the study lists none. */
  readonly values?: Readonly<Record<string, number>>;
  readonly params: Params;
  /** Command line that runs it again; absent: no single line does. */
  readonly command?: string;
  /** Parameters by epoch, in population-based training; absent: the same in each. */
  readonly schedule?: readonly ScheduleEntry<Params>[];
  /** Number of the attempt that produced the value: 1, 2 … */
  readonly attempt: number;
  readonly origin: Origin;
  /** Joules; null or absent: unknown. */
  readonly energy?: number | null;
}

export interface RunStart {
  readonly study: string;
  readonly resumed: boolean;
  /** The budget; null: none. */
  readonly trials: number | null;
  readonly workers: number;
  readonly direction: Direction;
  readonly parameterNames: readonly string[];
  /** Notes that the user should read before the results, for example that the test set selects. */
  readonly notes: readonly string[];
  /** Searches whose trials it starts from; absent: none. */
  readonly histories?: readonly MappedHistory[];
  /** The lab file. */
  readonly lab: string;
  /** Number and best of the trials that had ended before this run. */
  readonly done?: number;
  readonly best?: BestTrial | null;
  /** Absent: the study lists none. */
  readonly objectives?: readonly ObjectiveSpec[];
  /** The Pareto front of those trials; absent: none has ended, or the study lists no objectives. */
  readonly front?: readonly Pick<BestTrial, 'trial' | 'values'>[];
  /** Milliseconds that the study may still run; null or absent: no limit. */
  readonly leftMs?: number | null;
}

/** Values of a trial that has ended, in a study that lists objectives. */
export interface RankedEnd {
  readonly values: Readonly<Record<string, number>>;
  /** Bounds that it violates; empty: none. */
  readonly violates: readonly string[];
  /** True if it was on the Pareto front when it ended. */
  readonly joinsFront: boolean;
}

export type RunEvent =
  | { readonly type: 'workerReady'; readonly slot: string; readonly device: string }
  | { readonly type: 'workerLost'; readonly slot: string; readonly reason: string }
  | {
      readonly type: 'quarantined';
      readonly slot: string;
      readonly reason: string;
      readonly forMs: number;
    }
  | { readonly type: 'released'; readonly slot: string }
  | {
      readonly type: 'trialStarted';
      readonly trial: number;
      readonly attempt: number;
      readonly slot: string;
      readonly params: Params;
    }
  /** A report, after an epoch that is not the last. */
  | {
      readonly type: 'trialReported';
      readonly trial: number;
      readonly attempt: number;
      readonly slot: string;
      /** Number of finished epochs. */
      readonly epoch: number;
      /** Score that the trial would have if it ended here. */
      readonly value: number;
      readonly metrics: Readonly<Record<string, number>>;
    }
  | {
      readonly type: 'trialEnded';
      readonly trial: number;
      /** 0: no attempt ran. */
      readonly attempt: number;
      /** Null: no worker ended it. */
      readonly slot: string | null;
      readonly state: EndedState;
      readonly outcome: TrialOutcome;
      /** Null: failed, or the worst value (diverged). */
      readonly value: number | null;
      readonly params: Params;
      readonly origin: Origin;
      readonly isBest: boolean;
      /** Place among several objectives; absent: the study lists none, or it has no values. */
      readonly ranked?: RankedEnd;
      /** The attempt's own duration; null: unknown. */
      readonly ms: number | null;
      /** Reason why it failed; null: it did not. */
      readonly error: string | null;
      readonly metrics: Readonly<Record<string, number | string>>;
    }
  /** An attempt ended and its trial waits again, without charge. */
  | {
      readonly type: 'trialBack';
      readonly trial: number;
      readonly attempt: number;
      readonly slot: string;
      readonly outcome: AttemptOutcome;
      readonly detail: string | null;
    }
  | { readonly type: 'storageStalled'; readonly error: string }
  | { readonly type: 'storageBack' }
  /** Something happened to another machine of the lab. */
  | {
      readonly type: 'node';
      /** Id, as in its slots. */
      readonly node: string;
      readonly name: string;
      readonly text: string;
    }
  /** Other machines can join. */
  | ({ readonly type: 'shared' } & Omit<SharedEvent, 'event'>)
  | { readonly type: 'note'; readonly text: string };

export interface RunSummary {
  readonly study: string;
  /**
   * finished: a stop rule was met. paused: interrupted, can be resumed. failed: an error ended the
   * run.
   */
  readonly state: 'finished' | 'paused' | 'failed';
  /** In words, e.g. `64 trials`, `interrupted`, `the disk is full`. */
  readonly reason: string;
  readonly complete: number;
  readonly pruned: number;
  readonly failed: number;
  /** Number of attempts that were lost with their worker and run again. */
  readonly lostAttempts: number;
  /** Outcomes of the running trials at a pause or stop; null: there was none. */
  readonly settled: Settled | null;
  /** Duration of this run, without earlier ones. */
  readonly elapsedMs: number;
  /** Of the whole study; null: unknown. */
  readonly energy: StudyEnergy | null;
  /** Of the whole study; absent: no trial was stopped early. */
  readonly earlyStops?: EarlyStops;
  /**
   * Executors of the best trials, with the reasons; empty if the objective does not report them.
   */
  readonly executors: readonly { readonly label: string; readonly reason: string | null }[];
  /**
   * Folder with what the program of the best trial kept; absent: it kept nothing, or is no program.
   */
  readonly checkpoints?: string;
  /** Best first, at most five; of a study that lists objectives the Pareto front. */
  readonly best: readonly BestTrial[];
  /** Null: the sampler has no generations. */
  readonly generations: readonly GenerationBest[] | null;
  /** Null: not written. */
  readonly written: { readonly lab: string; readonly bestConfigs: string | null };
  /** Command line that resumes; null: nothing to resume. */
  readonly resumeCommand: string | null;
}

export interface RunDisplay {
  start(run: RunStart): void;
  event(event: RunEvent): void;
  /**
   * Called several times a second with milliseconds of any monotonic clock. Events count as of the
   * last tick.
   */
  tick(nowMs: number): void;
  finish(summary: RunSummary): void;
}
