/**
 * What the scheduler knows. Owned by `step`, which changes it in place; everyone else only reads.
 * Nothing here is durable: what must survive is in the writes, and `resume.ts` builds this state
 * from them.
 */
import type { Origin, Sampler } from '../samplers/sampler.ts';
import type { EncodedParams } from '../search-space/distribution.ts';
import type { Column } from '../study/column.ts';
import type { Limits, StudySpec } from '../study/study-spec.ts';
import type { TrialColumns } from '../study/trial-columns.ts';
import type { Dormant, Trials } from './dormant.ts';
import type { Event } from './events.ts';
import type { FreeSlots } from './free-slots.ts';
import type { Instruction, Write } from './instructions.ts';
import type { LeaseList } from './lease-list.ts';
import type { Median } from './median.ts';
import type { LabOptions } from './options.ts';
import type { Refusals } from './refusals.ts';
import type { Story } from './story-ring.ts';
import type { Timers } from './timers.ts';
import type { WaitingQueue } from './waiting-queue.ts';
import type {
  AttemptId,
  AttemptOutcome,
  AttemptState,
  Session,
  SlotName,
  SlotState,
  StudyState,
  TrialState,
} from './words.ts';

export interface LabState {
  readonly options: LabOptions;
  /** 0 until opened. */
  epoch: number;
  /** Of the event under way: its time, number, name and what it answers. */
  now: number;
  seq: number;
  event: Event['type'];
  because: string | undefined;
  /** Sessions begun in this epoch. */
  sessions: number;
  /** Cohorts sent in this epoch. */
  cohorts: number;
  /** By how much the lease clock is behind, because we were stalled. */
  stalledMs: number;
  /** What the shell's timer is set to; null: it is not. */
  wake: number | null;
  /**
   * When the attempts of before the restart are given up, on the lease clock; null: none is waited
   * for.
   */
  adoptionEnds: number | null;
  /** Those attempts, by the slot they were given to. */
  readonly orphans: Map<SlotName, Attempt[]>;
  /** Why nothing can be written; null: it can. */
  storageError: string | null;
  readonly refusals: Refusals;
  readonly studies: Map<string, Study>;
  /** Running, pausing or ending ones. */
  readonly active: Set<Study>;
  readonly slots: Map<SlotName, Slot>;
  readonly free: FreeSlots<Slot>;
  readonly leases: LeaseList<Slot>;
  readonly timers: Timers<Timer>;
  readonly draining: Set<Slot>;
  readonly quarantined: Set<Slot>;
  /** The latest successes, oldest first, for judging who fails alone. */
  readonly successes: { readonly at: number; readonly slot: SlotName }[];
  /** Of the step under way. */
  writes: Write[];
  out: Instruction[];
}

export interface Study {
  readonly uid: string;
  /** Only its name changes. */
  spec: StudySpec;
  /** What the user wrote about it; empty: nothing. */
  note: string;
  /** Whether the user deleted it; then it is paused or finished. */
  deleted: boolean;
  /**
   * Trials with numbers from here on are gone from the file; null: no removal has begun. ∞: one
   * began before this opening.
   */
  removedFrom: number | null;
  readonly sampler: Sampler;
  /**
   * All trials, ended or not; `columns.size` is the next number, `columns.ended` the charge. Of a
   * dormant study the first access reads all its trials, which blocks: counts are known without it
   * (`trialsOf`, `endedOf`).
   */
  readonly columns: TrialColumns;
  /**
   * The last attempt of each ended trial, 255 standing for more. Reads a dormant study's trials as
   * `columns` does.
   */
  readonly lastK: Column<Uint8Array>;
  /** What `columns` and `lastK` read, once they are there. */
  trials: Trials;
  /** Of a study that had finished before this opening, until its trials are needed; else null. */
  dormant: Dormant | null;
  state: StudyState;
  reason: string | null;
  limits: Limits;
  /** Numbers from here on are not wanted; ∞: no limit. */
  limit: number;
  asking: {
    readonly first: number;
    readonly count: number;
    readonly basis: number;
    readonly at: number;
  } | null;
  /** The sampler has nothing more to propose. */
  exhausted: boolean;
  /** Waiting and running trials. */
  readonly open: Map<number, OpenTrial>;
  readonly waiting: WaitingQueue<OpenTrial>;
  /** Open trials with a number below the limit. */
  wanted: number;
  /** Live attempts. */
  live: number;
  /** Lanes whose attempt spends credit. */
  lanes: number;
  /** All smaller numbers have ended. */
  frontier: number;
  best: { readonly number: number; readonly value: number } | null;
  /** The smallest number that reached the target. */
  firstHit: number | null;
  /** Milliseconds run, up to `activeSince`; null: the study is not running. */
  activeMs: number;
  activeSince: number | null;
  savedActiveMs: number;
  /** When its timer is due; one of another time is void. */
  activeDue: number | null;
  /** When open attempts are recalled; null: not asked for, or done. */
  graceEnds: number | null;
  /**
   * The label of the executor that its first results came from; null: none yet, or they do not say.
   */
  executor: string | null;
  readonly durations: Median;
}

export interface OpenTrial {
  readonly study: Study;
  readonly number: number;
  readonly params: EncodedParams;
  readonly origin: Origin;
  readonly basis: number;
  /** Null: may share a cohort with any. */
  readonly shapeKey: string | null;
  readonly story: Story;
  state: TrialState;
  /** Attempts so far. */
  k: number;
  crashes: number;
  /** Memory failures that its neighbours caused. */
  memoryFailures: number;
  deaths: number;
  /** Losses to a worker that was silent while it ran this trial. */
  silences: number;
  /** Most lanes its cohort may have; 0: no cap. */
  laneCap: number;
  notBefore: number;
  /** The slot it crashed on last. */
  avoid: SlotName | null;
  /** In the queue of those that could start now. */
  queued: boolean;
  /** The live one, if any. */
  attempt: Attempt | null;
  /** Settled ones, the latest few. */
  readonly past: PastAttempt[];
}

export interface PastAttempt {
  readonly k: number;
  readonly slot: SlotName;
  readonly spawn: string;
  readonly outcome: AttemptOutcome;
}

export interface Attempt {
  readonly id: AttemptId;
  readonly trial: OpenTrial;
  readonly slot: SlotName;
  readonly spawn: string;
  state: AttemptState;
  /** Null: orphaned, its session is gone. */
  cohort: Cohort | null;
  /** Of the cohort of before a restart, to adopt it together. */
  readonly storedCohort: string | null;
}

export interface Cohort {
  readonly id: string;
  readonly study: Study;
  readonly slot: Slot;
  readonly attempts: readonly Attempt[];
  /** Attempts neither settled nor orphaned; at 0 the credit returns. */
  unsettled: number;
  /** Of its session; 0 for one kept from an earlier session. */
  taskSeq: number;
  kept: boolean;
  readonly sentAt: number;
  /** Since when it is the slot's first; null: it waits behind another. */
  startedAt: number | null;
  /** Beats of its session that did not know it yet, and when the last of them was. */
  missed: number;
  missedAt: number;
}

export interface Failure {
  readonly at: number;
  readonly trial: OpenTrial;
  readonly kind: 'crash' | 'death';
  readonly ms: number;
  readonly detail: string;
}

/** What is left to say of a failure. */
export interface FailureNote {
  /** The study's uid. */
  readonly study: string;
  readonly number: number;
  readonly kind: Failure['kind'];
  /** How long the attempt had taken. */
  readonly ms: number;
  readonly detail: string;
}

export interface Slot {
  readonly name: SlotName;
  state: SlotState;
  /** Of the newest process heard of; empty: none yet. */
  spawn: string;
  helloNo: number;
  session: Session | null;
  /** What its welcome told it to keep, for saying it again. */
  keep: readonly AttemptId[];
  device: string;
  lanes: number;
  memoryBytes: number;
  /** Cohorts sent in this session, and beats heard. */
  taskSeq: number;
  beats: number;
  /** Outstanding ones in the order sent; the first runs. */
  readonly cohorts: Cohort[];
  readonly lease: { heardAt: number; older: Slot | null; newer: Slot | null };
  readonly free: {
    bucket: number;
    queued: number;
    lanes: number;
    idleLanes: number;
    usable: boolean;
  };
  /** Null: its processes are started elsewhere. */
  supervision: Supervision | null;
  /** Time (ms) at which the user drained the slot; null: not drained. */
  drainedAt: number | null;
  /** Latest protocol errors' times. */
  readonly protocolErrors: number[];
  /** Failures in a row, the latest few. */
  failures: Failure[];
  /** Null: not quarantined; `until` also while its process is away. */
  quarantine: {
    readonly since: number;
    readonly until: number;
    readonly failures: readonly FailureNote[];
  } | null;
  /** How often it was quarantined without a success since. */
  quarantines: number;
  /** Said that the objective, not the slot, is the likely cause. */
  suspected: boolean;
  timeoutTimer: boolean;
}

export interface Supervision {
  /** Processes started in this epoch. */
  launches: number;
  /** The newest process, starting or alive; null: none. */
  launched: string | null;
  /** Place in the row of waits: how often in a row its process was started. */
  backoff: number;
  /** When the newest process is, or was, to be started. */
  startsAt: number;
  /** When the newest process said hello first; null: not yet. */
  upAt: number | null;
}

export type Timer = { readonly at: number } & (
  | { readonly kind: 'trialDue'; readonly trial: OpenTrial }
  | { readonly kind: 'grace'; readonly study: Study }
  | { readonly kind: 'drainGrace'; readonly slot: Slot }
  /** The study's active time is to be written, or used up. */
  | { readonly kind: 'active'; readonly study: Study }
  /** The attempts that run on the slot may take no longer. */
  | { readonly kind: 'attemptTimeout'; readonly slot: Slot }
  | { readonly kind: 'obey'; readonly attempt: Attempt }
  | { readonly kind: 'adoption' }
  | { readonly kind: 'quarantine'; readonly slot: Slot }
  | { readonly kind: 'helloDue'; readonly slot: Slot; readonly spawn: string }
);
