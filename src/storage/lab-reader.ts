/**
 * Contract for reading a lab file without writing it, also during a run. Studies are identified by
 * name or uid.
 */
import type { Origin } from '../core/samplers/sampler.ts';
import type {
  AttemptOutcome,
  AttemptResult,
  StudyState,
  TrialOutcome,
  TrialState,
} from '../core/scheduling/index.ts';
import type { EncodedParams, Params } from '../core/search-space/distribution.ts';
import type { EarlyStops } from '../core/study/early-stops.ts';
import type { Difference } from '../core/scheduling/index.ts';
import type { AuditVerdict } from '../core/study/row-codes.ts';
import type { StudyEnergy } from '../core/study/study-energy.ts';
import type { Figures } from '../core/study/objectives.ts';
import type { HistoryTrial } from '../core/study/start-history.ts';
import type { Direction, Limits, StudySpec } from '../core/study/study-spec.ts';
import type { ReadBlock } from './row-block.ts';
import type { EnqueuedPoints } from './enqueued-elsewhere.ts';

export interface LabReader {
  readonly file: string;
  /** Studies of Galapagos and of other programs, in order of creation. */
  studies(): StudySummary[];
  /** The same studies by name alone: no trial is read. */
  names(): readonly { readonly uid: string | null; readonly name: string }[];
  study(nameOrUid: string): StudySummary | null;
  /**
   * Trials in number order, read a page at a time: trials that end meanwhile may show either state.
   * @throws StorageError not-found: no such study
   */
  trials(nameOrUid: string): Iterable<TrialRecord>;
  /**
   * Points of all trials, in number order; none for a study of another program. Reads nothing else,
   * so it takes a fraction of the time of `trials`.
   * @throws StorageError not-found: no such study
   */
  points(nameOrUid: string): Iterable<EncodedParams>;
  /**
   * The best `count` complete trials with a finite value, best first, ties by smaller number.
   * @throws StorageError not-found: no such study
   */
  best(nameOrUid: string, count: number): TrialRecord[];
  /**
   * The Pareto front: complete trials that satisfy every constraint and that no other such trial
   * dominates; best value of the first objective first, ties by smaller number. Null: the study has
   * one objective and no constraints.
   * @throws StorageError not-found: no such study
   */
  front(nameOrUid: string): TrialRecord[] | null;
  /**
   * Returns null if there is no such trial.
   * @throws StorageError not-found: no such study
   */
  story(nameOrUid: string, number: number): TrialStory | null;
  /**
   * All trials as columns, in number order, a block at a time.
   * @throws StorageError not-found: no such study
   */
  rows(nameOrUid: string): Iterable<ReadBlock>;
  /**
   * Trials that the study started from; none for a study of another program.
   * @throws StorageError not-found: no such study
   */
  history(nameOrUid: string): readonly HistoryTrial[];
  /** Parameters in order of the blocks' columns. */
  parameters(nameOrUid: string): readonly string[];
  moments(nameOrUid: string): StudyMoments;
  /**
   * Null: the energy of no trial is known, or it is another program's study.
   * @throws StorageError not-found: no such study
   */
  energy(nameOrUid: string): StudyEnergy | null;
  /**
   * Undefined: no trial was stopped early, or it is another program's study.
   * @throws StorageError not-found: no such study
   */
  earlyStops(nameOrUid: string): EarlyStops | undefined;
  /** Returns whether a program has the lab open for writing, or may have it on another host. */
  isHeld(): boolean;
  /**
   * Points that were enqueued and are no trials yet, or could not be tried; null: another program's
   * study.
   */
  enqueued(nameOrUid: string): EnqueuedPoints | null;
  /**
   * Ended trials of another program's study, in order of their ends; none for a study of Galapagos.
   */
  foreignEnds(nameOrUid: string): readonly { readonly number: number; readonly value: number }[];
  /** Attempts of one study, or of all, newest first. Studies of other programs have none. */
  attempts(which: AttemptFilter): readonly AttemptEntry[];
  close(): void;
}

export interface AttemptFilter {
  /** Null: all studies. */
  readonly study: string | null;
  /** Range of the start, in milliseconds since 1970. */
  readonly before: number;
  readonly since: number;
  readonly most: number;
}

export interface AttemptEntry {
  readonly study: string;
  readonly number: number;
  readonly attemptNumber: number;
  readonly slot: string;
  readonly from: number;
  /** Null: it has not ended. */
  readonly to: number | null;
  readonly outcome: AttemptOutcome | null;
  readonly value: number | null;
  /** Reason of its outcome, for people or `superseded`; null: none. */
  readonly detail: string | null;
}

/** Milliseconds since 1970; null: unknown. */
export interface StudyMoments {
  /** Time at which its first attempt was sent. */
  readonly created: number | null;
  /** Time at which the best trial ended. */
  readonly best: number | null;
}

export interface StudySummary {
  /**
   * Null: another program's study; then `state`, `reason`, `limits`, `limit`, `activeMs` and `spec`
   * are null as well.
   */
  readonly uid: string | null;
  readonly name: string;
  /** One for each objective. */
  readonly directions: readonly Direction[];
  readonly state: StudyState | null;
  readonly reason: string | null;
  readonly counts: Readonly<Record<TrialState, number>>;
  readonly limits: Limits | null;
  /** Greatest trial number + 1; null: no limit. */
  readonly limit: number | null;
  readonly activeMs: number | null;
  readonly best: { readonly number: number; readonly value: number } | null;
  readonly spec: StudySpec | null;
  /** The user's note; empty: none, or another program's study. */
  readonly note: string;
  /** True if the user deleted it; false for another program's study. */
  readonly deleted: boolean;
}

export interface TrialRecord {
  readonly number: number;
  readonly state: TrialState;
  /** Null for trials that have not ended and for other programs' trials. */
  readonly outcome: TrialOutcome | null;
  /** ±∞ for the worst; null: none. The first value if there are several objectives. */
  readonly value: number | null;
  /** Values and constraints; absent: the study lists no objectives, or the trial has no values. */
  readonly figures?: Figures;
  readonly params: Params;
  /** Null for other programs' trials, as are `origin`, `historyLength` and `finishSeq`. */
  readonly encoded: EncodedParams | null;
  readonly origin: Origin | null;
  readonly historyLength: number | null;
  readonly finishSeq: number | null;
  /** Number of attempts started. */
  readonly attempts: number;
  /** Number of the attempt that ended it; 0: none. */
  readonly endedBy: number;
  /** Slot of that attempt. */
  readonly slot: string | null;
  readonly result: AttemptResult | null;
  /** Optuna's intermediate values by step. NaN is possible in other programs' trials. */
  readonly reports: readonly { readonly step: number; readonly value: number }[];
  /** Epoch of the rung at which it waits to be promoted; absent: it does not. */
  readonly pausedAfter?: number;
  readonly start: Date | null;
  readonly complete: Date | null;
}

export interface AttemptRecord {
  readonly attemptNumber: number;
  readonly slot: string;
  readonly incarnation: string;
  readonly session: string;
  readonly cohort: string;
  readonly sent: Date;
  readonly ended: Date | null;
  /** Null: it has none yet. */
  readonly outcome: AttemptOutcome | null;
  /** The worker's result. */
  readonly result: AttemptResult | null;
  /** Reason why the coordinator ended it. */
  readonly detail: string | null;
}

/** An evaluation of a trial on another node after it had ended. */
export interface AuditRecord {
  readonly attemptNumber: number;
  readonly slot: string;
  /** Null: it has none yet. */
  readonly outcome: AttemptOutcome | null;
  /** ±∞ where it diverged; null: none. */
  readonly value: number | null;
  /** Null: it came to no value. */
  readonly verdict: AuditVerdict | null;
  /** From the trial's values; null: none, or written by a release that compared the value alone. */
  readonly difference: Difference | null;
  readonly executor: string | null;
  readonly ms: number | null;
  /** Reason why it came to no value. */
  readonly detail: string | null;
}

export interface TrialStory {
  readonly trial: TrialRecord;
  readonly attempts: readonly AttemptRecord[];
  readonly audits: readonly AuditRecord[];
  /** History of the trial's events, in causal order; kept when it ends. */
  readonly lines: readonly string[];
}
