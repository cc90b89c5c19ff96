/**
 * The scheduler's state. Owned by `step`, which mutates it in place; all others only read. Nothing
 * here is durable: what must survive is in the writes, and `resume.ts` rebuilds this state from
 * them.
 */
import type { Gains } from '../pruners/gains.ts';
import type { PrunedTrials, Pruner } from '../pruners/pruner.ts';
import type { Origin, Sampler } from '../samplers/sampler.ts';
import type { EncodedParams } from '../search-space/distribution.ts';
import type { Column } from '../study/column.ts';
import type { Limits, StudySpec } from '../study/study-spec.ts';
import type { TrialColumns } from '../study/trial-columns.ts';
import type { Dormant, Trials } from './dormant.ts';
import type { Durations } from './durations.ts';
import type { AuditedValue, Difference, Event, Mismatch } from './events.ts';
import type { FreeEntry, FreeSlots } from './free-slots.ts';
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
  NodeId,
  NodeMode,
  NodeModeBy,
  NodePresence,
  Session,
  SlotName,
  SlotState,
  StudyState,
  TrialState,
  Verdict,
} from './words.ts';

export interface LabState {
  readonly options: LabOptions;
  /** 0 until opened. */
  epoch: number;
  /** The current event: its time, number, name and cause. */
  now: number;
  seq: number;
  event: Event['type'];
  because: string | undefined;
  /** Number of sessions in this epoch. */
  sessions: number;
  /** Number of cohorts sent in this epoch. */
  cohorts: number;
  /** Milliseconds that the lease clock is behind because this process was stalled. */
  stalledMs: number;
  /** Time to which the shell's timer is set; null: not set. */
  wake: number | null;
  /** Lease clock time (ms) after which orphaned attempts are abandoned; null: none is pending. */
  adoptionEnds: number | null;
  /** Orphaned attempts, by the slot they were given to. */
  readonly orphans: Map<SlotName, Attempt[]>;
  /** Reason why nothing can be written; null: writes work. */
  storageError: string | null;
  readonly refusals: Refusals;
  readonly studies: Map<string, Study>;
  /** Running, pausing or ending studies. */
  readonly active: Set<Study>;
  readonly slots: Map<SlotName, Slot>;
  /** Nodes known in this epoch, `local` included. */
  readonly nodes: Map<NodeId, LabNode>;
  readonly free: FreeSlots<Slot>;
  /** Sessions of slots without a link: those of `local`. */
  readonly leases: LeaseList<Slot>;
  /** Present nodes with a link. */
  readonly nodeLeases: LeaseList<LabNode>;
  /** Nodes that are away. */
  readonly away: Set<LabNode>;
  readonly drainingNodes: Set<LabNode>;
  /** True if workers of nodes run: a study is active, or was less than `restMs` ago. */
  workersWanted: boolean;
  /** Time at which workers of nodes end; null: none is set. */
  restAt: number | null;
  dispatched: Dispatched;
  /** Wrong values of nodes that the user has not resumed since. */
  readonly mismatches: Map<NodeId, Mismatch[]>;
  /** Running audits. */
  readonly audits: Set<Attempt>;
  /** Studies with audits that are due. */
  readonly audited: Set<Study>;
  readonly timers: Timers<Timer>;
  readonly draining: Set<Slot>;
  readonly quarantined: Set<Slot>;
  /** The latest successes, oldest first, to recognise slots that fail alone. */
  readonly successes: { readonly at: number; readonly slot: SlotName }[];
  /** Writes of the current step. */
  writes: Write[];
  out: Instruction[];
}

/** The last dispatch; messages that change no slot need no other. */
export interface Dispatched {
  /** Number of changes of the free slots after it. */
  free: number;
  /** True if the last dispatch left trials to faster devices, which depends on the time. */
  leftToFaster: boolean;
}

export interface Study {
  readonly uid: string;
  /** Its name changes, and its search. */
  spec: StudySpec;
  /** The user's note; empty: none. */
  note: string;
  /** True if the user deleted it; it is then paused or finished. */
  deleted: boolean;
  /**
   * Trials from this number on are removed from the file; null: no removal has begun. ∞: one began
   * before this opening.
   */
  removedFrom: number | null;
  sampler: Sampler;
  /** Null: none stops its trials. */
  pruning: StudyPruning | null;
  /**
   * All trials, ended or not; `columns.size` is the next number, `columns.ended` the number
   * charged. For a dormant study the first access reads all its trials, which blocks; counts are
   * known without it (`trialsOf`, `endedOf`).
   */
  readonly columns: TrialColumns;
  /**
   * Attempt number of the last attempt of each ended trial; 255 means 255 or more. Reads a dormant
   * study's trials as `columns` does.
   */
  readonly lastAttemptNumber: Column<Uint8Array>;
  /** Trials as `columns` and `lastAttemptNumber` read them, once they are loaded. */
  trials: Trials;
  /** For a study that had finished before this opening, until its trials are needed; else null. */
  dormant: Dormant | null;
  state: StudyState;
  reason: string | null;
  limits: Limits;
  /** Trials from this number on are not wanted; ∞: no limit. */
  limit: number;
  asking: {
    readonly first: number;
    readonly count: number;
    readonly historyLength: number;
    /** Number of edits of the search before the ask. */
    readonly edits: number;
    readonly at: number;
  } | null;
  /** True if the sampler has nothing more to propose. */
  exhausted: boolean;
  /** Waiting and running trials. */
  readonly open: Map<number, OpenTrial>;
  readonly waiting: WaitingQueue<OpenTrial>;
  /** Number of open trials below the limit. */
  wanted: number;
  /** Number of live attempts. */
  live: number;
  /** Number of lanes whose attempt spends credit. */
  lanes: number;
  /** All trials with smaller numbers have ended. */
  frontier: number;
  best: { readonly number: number; readonly value: number } | null;
  /** The smallest trial number that reached the target. */
  firstHit: number | null;
  /** Milliseconds of running time up to `activeSince`; null: the study is not running. */
  activeMs: number;
  activeSince: number | null;
  savedActiveMs: number;
  /** Time of its timer; a timer with another time is void. */
  activeDue: number | null;
  /** Time at which open attempts are recalled; null: no grace period. */
  graceEnds: number | null;
  /** Label of the executor that produced its first results; null: none yet, or unknown. */
  executor: string | null;
  /** Milliseconds per trial, over all devices. */
  readonly durations: Median;
  /** Measured speeds by device (`deviceOfSlot`); absent: no cohort has ended there. */
  readonly speeds: Map<string, DeviceSpeed>;
  /** Devices whose cohorts are short enough that another may wait behind them. */
  readonly quickDevices: Set<string>;
  /** Durations of attempts by slot. */
  readonly attemptMs: Durations;
  /** Content of the dataset that its objective needs, null: none; undefined: not looked up yet. */
  content: string | null | undefined;
  /** Model of the first GPU that was given its trials, if known; decides only if synchronous. */
  gpuModel: string | null;
  readonly audits: {
    /** Number of trials that ended with a value, or stopped early. */
    seen: number;
    /** Audits to run, in the order in which they became due. */
    readonly due: Audit[];
  };
}

/** A trial that has ended and is to be evaluated again on another node. */
export interface Audit extends AuditedValue {
  readonly trial: OpenTrial;
  /** Node that gave the value. */
  readonly node: NodeId;
  /** Difference of the first evaluation with other values, and its node; null: there is none. */
  contradiction: (Difference & { readonly node: NodeId }) | null;
  /** Nodes that may not evaluate it: those with a value, and those on which it failed. */
  readonly without: Set<NodeId>;
  /** Greatest attempt number of the trial, audits included. */
  attemptNumber: number;
  /** Number of its attempts that came to no value, without those that were taken back. */
  failures: number;
  /** True if its running attempt was told to stop, because it has reported enough. */
  enough: boolean;
}

/** The pruner of a study, and what it sees. */
export interface StudyPruning {
  readonly pruner: Pruner;
  readonly gains: Gains;
  readonly trials: PrunedTrials;
  /** Number of reports of a whole training; null: it differs by trial. */
  readonly length: number | null;
}

export interface OpenTrial {
  readonly study: Study;
  readonly number: number;
  readonly params: EncodedParams;
  readonly origin: Origin;
  readonly historyLength: number;
  /** Null: may share a cohort with any trial. */
  readonly shapeKey: string | null;
  readonly story: Story;
  /** Set once a pruner has stopped it; the trial then never waits again. */
  verdict: Verdict | null;
  state: TrialState;
  /** Epochs of its last training checkpoint, where it pauses at rungs; 0: it has none. */
  checkpoint: number;
  /** True while it waits at a rung until it is promoted. */
  paused: boolean;
  /** Number of attempts so far. */
  attemptNumber: number;
  crashes: number;
  /** Memory failures caused by other trials. */
  memoryFailures: number;
  deaths: number;
  /** Losses to a worker that was silent while it ran this trial. */
  silences: number;
  /** Greatest number of lanes of its cohort; 0: no limit. */
  laneCap: number;
  notBefore: number;
  /** The slot on which it last crashed. */
  avoid: SlotName | null;
  /** True if it is in the queue of trials that could start now. */
  queued: boolean;
  /** Its live attempts in the order of their starts: at most two, on different nodes. */
  readonly live: Attempt[];
  /** The latest settled attempts. */
  readonly past: PastAttempt[];
}

export interface PastAttempt {
  readonly attemptNumber: number;
  readonly slot: SlotName;
  readonly incarnation: string;
  readonly outcome: AttemptOutcome;
}

export interface Attempt {
  readonly id: AttemptId;
  readonly trial: OpenTrial;
  /** The audit that it is an attempt of; its trial has ended. Null: an attempt of an open trial. */
  readonly audit: Audit | null;
  readonly slot: SlotName;
  readonly node: NodeId;
  readonly incarnation: string;
  state: AttemptState;
  /** Null: orphaned, its session has ended. */
  cohort: Cohort | null;
  /** True if it was orphaned by a restart and its worker said no hello for `silentMs` since. */
  unheard: boolean;
  /** Name of its cohort before a restart, to adopt the cohort together. */
  readonly storedCohort: string | null;
}

/** Measured speed of a study on one device; `device-speed.ts` records it. */
export interface DeviceSpeed {
  /** Milliseconds of a whole cohort. */
  readonly cohortMs: Median;
  /** Milliseconds of a cohort divided by its number of trials. */
  readonly trialMs: Median;
  /**
   * Number of trials that fill the device, as its worker measured it for this study; ∞: it has not
   * said.
   */
  lanesWanted: number;
}

export interface Cohort {
  readonly id: string;
  readonly study: Study;
  readonly slot: Slot;
  readonly attempts: readonly Attempt[];
  /** Shape key that its trials share; null: they need not share one. */
  readonly shape: string | null;
  /** Number of attempts neither settled nor orphaned; at 0 the credit returns. */
  unsettled: number;
  /** Task number within its session; 0: kept from an earlier session. */
  taskSeq: number;
  kept: boolean;
  sentAt: number;
  /** `sentAt` on the lease clock, which stands still while this process is stalled. */
  sentOnLeaseClock: number;
  /**
   * Time since which it is the slot's first, later by the time for which the slot was held since;
   * null: it waits behind another.
   */
  startedAt: number | null;
  /** Number of beats of its session that did not list it yet, and the time of the last. */
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

/** A failure, as idle reasons report it. */
export interface FailureNote {
  /** The study's uid. */
  readonly study: string;
  readonly number: number;
  readonly kind: Failure['kind'];
  /** Duration of the attempt in milliseconds. */
  readonly ms: number;
  readonly detail: string;
}

export interface Slot {
  readonly name: SlotName;
  readonly node: LabNode;
  state: SlotState;
  /** True if it may not be given work although it is ready: see `isWithheld`. */
  withheld: boolean;
  /** Number of cohorts that it may have outstanding when it is ready. */
  credits: number;
  /** Incarnation of the newest process seen; empty: none yet. */
  incarnation: string;
  /** Newest incarnation whose process has ended; empty: none. */
  exited: string;
  helloNo: number;
  session: Session | null;
  /** Attempts named in its welcome's `keep`, for repeating it. */
  keep: readonly AttemptId[];
  /** Id of its device; empty, and no lanes, before the first hello. */
  device: string;
  /** Model of its device; empty: unknown. */
  model: string;
  lanes: number;
  memoryBytes: number;
  /** Number of cohorts sent in this session, and number of beats received. */
  taskSeq: number;
  beats: number;
  /** Outstanding cohorts in the order sent; the first runs. */
  readonly cohorts: Cohort[];
  readonly lease: { heardAt: number; older: Slot | null; newer: Slot | null };
  /** Lease clock time (ms) until which the worker has announced to be silent; 0: not announced. */
  quietUntil: number;
  /** Lease clock time (ms) since which its node has not heard of its worker; null: it has. */
  silentSince: number | null;
  /** Time since which it is held for the node's owner; null: it is not. */
  heldSince: number | null;
  readonly free: FreeEntry<Slot>;
  /** Null: its processes are started elsewhere, or its node is absent. */
  supervision: Supervision | null;
  /** Number of processes started in this epoch. */
  launches: number;
  /** Time (ms) at which the user drained the slot; null: not drained. */
  drainedAt: number | null;
  /** Times of the latest protocol errors. */
  readonly protocolErrors: number[];
  /** The latest consecutive failures. */
  failures: Failure[];
  /** Null: not quarantined; `until` also applies while its process is away. */
  quarantine: {
    readonly since: number;
    readonly until: number;
    readonly failures: readonly FailureNote[];
  } | null;
  /** Number of quarantines since the last success. */
  quarantines: number;
  /** True if the user was told that the objective, not the slot, is the likely cause. */
  suspected: boolean;
  timeoutTimer: boolean;
}

/** A machine of the lab: `local`, or one that joined. */
export interface LabNode {
  readonly id: NodeId;
  presence: NodePresence;
  /** Time of the last change of presence. */
  presenceSince: number;
  /** Reason for its absence; null: it is not absent. */
  reason: string | null;
  /** The stricter of the modes that its user and its owner set, and who set it. */
  mode: NodeMode;
  modeBy: NodeModeBy;
  readonly modes: Record<NodeModeBy, NodeMode>;
  /** 0 for `local`. */
  boot: number;
  link: number;
  /** `heardAt`: lease clock time (ms) of the last message of its link; 0 for `local`. */
  readonly lease: { heardAt: number; older: LabNode | null; newer: LabNode | null };
  /** Lease clock time (ms) since which it is away; null: it is not. */
  awaySince: number | null;
  /** Time at which open attempts are recalled, because it is paused or draining; null: none. */
  graceEnds: number | null;
  /** Slots that it offers. */
  readonly slots: Set<Slot>;
  /** Slots held for its owner: no work is given to them. */
  readonly held: Set<SlotName>;
  /** Slots whose workers are silent although the node is heard. */
  readonly silent: Set<SlotName>;
  /** Contents of the datasets that it has; `local` has those of the store. */
  readonly has: Set<string>;
  /** Numbers of the arithmetic of its executors by name; null: those of this host. */
  arithmetic: Readonly<Record<string, number>> | null;
  /** Round-trip time; null: not measured. */
  rttMs: number | null;
  /** Null: it is not quarantined as a whole. */
  quarantine: { readonly since: number; readonly until: number; readonly reason: string } | null;
  /** Number of its quarantines since the last success of one of its slots. */
  quarantines: number;
}

export interface Supervision {
  /** The newest process, starting or alive; null: none. */
  launched: string | null;
  /** Number of consecutive starts of its process, which determines the delay. */
  backoff: number;
  /** Start time of the newest process, past or future. */
  startsAt: number;
  /** Time of the newest process's first hello; null: not yet. */
  upAt: number | null;
}

export type Timer = { readonly at: number } & (
  | { readonly kind: 'trialDue'; readonly trial: OpenTrial }
  | { readonly kind: 'grace'; readonly study: Study }
  | { readonly kind: 'drainGrace'; readonly slot: Slot }
  /** The study's active time is to be written, or used up. */
  | { readonly kind: 'active'; readonly study: Study }
  /** The attempts that run on the slot have reached their time limit. */
  | { readonly kind: 'attemptTimeout'; readonly slot: Slot }
  | { readonly kind: 'obey'; readonly attempt: Attempt }
  /** The lab was opened `silentMs` ago with orphaned attempts. */
  | { readonly kind: 'unheard'; readonly since: number }
  | { readonly kind: 'adoption' }
  | { readonly kind: 'quarantine'; readonly slot: Slot }
  | { readonly kind: 'helloDue'; readonly slot: Slot; readonly incarnation: string }
  /** The node was away for `lostMs`. */
  | { readonly kind: 'nodeLost'; readonly node: LabNode; readonly since: number }
  | { readonly kind: 'nodeGrace'; readonly node: LabNode }
  | { readonly kind: 'nodeQuarantine'; readonly node: LabNode }
  /** The worker was silent to its node for a lease. */
  | { readonly kind: 'silent'; readonly slot: Slot; readonly since: number }
  /** The slot was held for `heldMs`. */
  | { readonly kind: 'held'; readonly slot: Slot; readonly since: number }
  /** No study was active for `restMs`. */
  | { readonly kind: 'rest' }
);
