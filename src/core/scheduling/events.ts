/**
 * Everything that can happen to the scheduler. Events carry numbers, not meanings: what follows
 * from one is decided by `step` alone.
 */
import type { EncodedParams } from '../search-space/distribution.ts';
import type { CountedTrials } from '../samplers/after-edit.ts';
import type { Origin, Proposal } from '../samplers/sampler.ts';
import type { Figures } from '../study/objectives.ts';
import type { StepValue } from '../study/reports.ts';
import type { Search } from '../study/search-edit.ts';
import type { Limits, StudySpec } from '../study/study-spec.ts';
import type {
  AttemptId,
  AttemptOutcome,
  EndedState,
  NodeId,
  NodeMode,
  NodeModeBy,
  Session,
  SlotName,
  StudyState,
  TrialOutcome,
  TrialState,
  Verdict,
} from './words.ts';

/** Cause of an event: the event's own name, and what it answers. */
export interface Cause {
  /** Milliseconds of the coordinator's monotonic clock. */
  readonly at: number;
  /** `epoch.seq` of the instruction's event that this answers, or who began it. */
  readonly because?: string;
}

/** An intermediate value that a worker reports of a running attempt; the value is finite. */
export interface Report extends StepValue {
  readonly metrics?: Readonly<Record<string, number>>;
}

/** Result of an attempt as its worker reports it; `ms` is its own duration, never an instant. */
export interface AttemptResult {
  readonly outcome: Exclude<AttemptOutcome, 'lost' | 'paused'>;
  /** Finite. Present when succeeded; when pruned, absent means the value of the last report. */
  readonly value?: number;
  /** Present when crashed or out of memory. */
  readonly error?: string;
  readonly ms: number;
  /** Number of trials of this study that fill the device; absent: not measured. */
  readonly lanesWanted?: number;
  /** Out of memory because of others: free memory at the start was below the plan's need. */
  readonly byNeighbour?: boolean;
  /** Loss, accuracy, checksum of the weights …: kept with the trial, not looked at. */
  readonly metrics?: Readonly<Record<string, number | string>>;
  readonly device?: string;
  /** The executor's label, e.g. `wasm`. */
  readonly executor?: string;
  /** Reason why that executor, in words. */
  readonly executorReason?: string;
  /** Every report of the attempt, whether or not it arrived before. */
  readonly reports?: readonly Report[];
}

/** An attempt as read back from storage. */
export interface StoredAttempt {
  readonly attemptNumber: number;
  readonly slot: SlotName;
  readonly incarnation: string;
  /** Attempts of one cohort have one name; absent: unknown. */
  readonly cohort?: string;
  /** Null: it had no outcome when the file was last written. */
  readonly outcome: AttemptOutcome | null;
}

/** A trial as read back from storage, in number order. */
export interface StoredTrial {
  readonly number: number;
  readonly state: TrialState;
  readonly params: EncodedParams;
  readonly origin: Origin;
  readonly historyLength: number;
  /** Null while it has not ended. */
  readonly end: {
    readonly outcome: TrialOutcome;
    readonly value: number;
    readonly finishSeq: number;
    /** Present where the study lists objectives and the trial has values. */
    readonly figures?: Figures;
  } | null;
  /** Highest attempt number so far. */
  readonly attemptNumber: number;
  readonly crashes: number;
  readonly deaths: number;
  readonly memoryFailures: number;
  /** Most lanes its cohort may have; 0: no cap. */
  readonly laneCap: number;
  /** Reports of the last attempt, in ascending order of step. */
  readonly reports: readonly StepValue[];
  /** Absent: no pruner has stopped it. */
  readonly verdict?: Verdict;
  /** Attempts without an outcome. */
  readonly unsettled: readonly StoredAttempt[];
  /**
   * Number of its attempts that paused it at a rung, and whether its last one did; absent: none.
   */
  readonly pauses?: number;
  readonly isPaused?: boolean;
}

/** Summary of a study whose trials have all ended, known without reading the trials. */
export interface StoredHead {
  /** The numbers are 0 … trials − 1, the completion numbers as well. */
  readonly trials: number;
  /** `diverged` ones are among the complete ones. */
  readonly counts: {
    readonly complete: number;
    readonly pruned: number;
    readonly failed: number;
    readonly diverged: number;
  };
  /** Number of epochs that the pruned trials trained, together. */
  readonly prunedEpochs: number;
  /** Of equal values the smallest number; null: no complete trial has a finite value. */
  readonly best: { readonly number: number; readonly value: number } | null;
  /** The smallest number that reached the target. */
  readonly firstHit: number | null;
  /**
   * Complete trials that were better than all that had ended before, in the order of their ends.
   */
  readonly improvements: readonly {
    readonly number: number;
    readonly value: number;
    readonly finishSeq: number;
  }[];
}

/** Arithmetic of an evaluation: those with equal text give equal values. */
export interface Arithmetic {
  /** Executor, number of its arithmetic, and the device where results depend on it. */
  readonly label: string;
  /** True if another device with this label would give the same value. */
  readonly known: boolean;
}

/** An evaluation of a trial. */
export interface Evaluation {
  /** ±∞ where it diverged; of a trial that was stopped early, its last report. */
  readonly value: number;
  /** Numbers that another evaluation must give as well, by name; null: it diverged. */
  readonly figures: Readonly<Record<string, number>> | null;
  readonly arithmetic: Arithmetic;
}

/** A number of a trial's evaluation that another evaluation contradicts; ±∞ where it diverged. */
export interface Difference {
  readonly metric: string;
  readonly value: number;
  readonly found: number;
}

/** Evaluation of a trial that is to be evaluated again, and the slot that gave it. */
export interface AuditedValue extends Evaluation {
  readonly slot: SlotName;
  /** Last step whose report is compared; null: the trial was not stopped early. */
  readonly until: number | null;
}

/** An audit that was not over when the process before ended. */
export interface StoredAudit extends AuditedValue {
  readonly number: number;
  /** Its attempts so far, oldest first; `lost` where they had not ended. */
  readonly attempts: readonly {
    readonly attemptNumber: number;
    readonly slot: SlotName;
    readonly outcome: AttemptOutcome;
    /** Null: it came to no value. */
    readonly value: number | null;
    /** Null: it came to no value, or to the trial's. */
    readonly difference: Difference | null;
  }[];
}

export interface StoredStudy {
  readonly uid: string;
  readonly spec: StudySpec;
  readonly state: StudyState;
  readonly reason: string | null;
  readonly limits: Limits;
  /** Numbers ≥ limit are not wanted; null: no limit. */
  readonly limit: number | null;
  readonly activeMs: number;
  /** Note of the user on it; empty: none. */
  readonly note: string;
  /** True if the user deleted it; it can be restored until it is removed. */
  readonly deleted: boolean;
  /** True if its removal has begun: it cannot be restored. */
  readonly removing: boolean;
  /** Executor of its first results, e.g. `wasm`; null: none yet, or they do not say. */
  readonly executor: string | null;
  /**
   * Totals of a finished study, read when they are first asked for. Null: the study is not
   * finished, a trial or an attempt has not ended, or completion numbers are missing.
   */
  readonly head: StoredHead | null;
  /** In the order of their trials. */
  readonly audits: readonly StoredAudit[];
  /** Each iteration reads them anew. */
  readonly trials: Iterable<StoredTrial>;
}

/** A trial for which two nodes gave different values. */
export interface Mismatch {
  /** Uid of the study. */
  readonly uid: string;
  readonly number: number;
  /** Name of the value that differs; `value` where a study has one. */
  readonly metric: string;
  /** The trial's value, and the node that gave it. */
  readonly value: number;
  readonly from: NodeId;
  /** The other value, and the node that gave it. */
  readonly found: number;
  readonly by: NodeId;
}

export interface StoredMismatch extends Mismatch {
  /** Node that counts as wrong. */
  readonly node: NodeId;
}

export interface LabSnapshot {
  readonly uid: string;
  readonly studies: readonly StoredStudy[];
  /** Wrong values by node, oldest first; absent: none. */
  readonly mismatches?: readonly StoredMismatch[];
}

/** A slot as its node describes it on joining. */
export interface NodeSlot {
  readonly slot: SlotName;
  /** Model of its device, as its maker names it. */
  readonly model: string;
  readonly lanes: number;
  readonly memoryBytes: number;
  /** Incarnation of the worker process that runs; null: none. */
  readonly running: string | null;
  /** Session of that worker; null: none. */
  readonly session: Session | null;
  /** Highest task number of that session that the node passed to the worker. */
  readonly taskSeq: number;
}

/** One attempt named in a worker's `holding`. */
export type Held = AttemptId;

export type Event = Cause &
  (
    | { readonly type: 'opened'; readonly epoch: number; readonly lab: LabSnapshot }
    | { readonly type: 'storageStalled'; readonly error: string }
    | { readonly type: 'storageBack' }
    | {
        readonly type: 'endedElsewhere';
        readonly study: string;
        readonly number: number;
        readonly state: EndedState;
        readonly value: number | null;
        readonly figures?: Figures;
      }
    | { readonly type: 'clock' }
    | {
        readonly type: 'studyCreated';
        readonly uid: string;
        readonly spec: StudySpec;
        readonly limits: Limits;
      }
    | { readonly type: 'studyEdited'; readonly study: string; readonly limits: Limits }
    /**
     * `date`: milliseconds since 1970; `request`: row of the request in the lab file, which is
     * answered in the same transaction. `counted`: trials of the study inside the search space of
     * `search`, which then need not be counted in this step.
     */
    | {
        readonly type: 'searchEdited';
        readonly study: string;
        readonly search: Search;
        readonly date: number;
        readonly request?: number;
        readonly counted?: CountedTrials;
      }
    /** `reason`: where it is not a person who pauses it. */
    | {
        readonly type: 'studyPaused';
        readonly study: string;
        readonly graceMs: number;
        readonly reason?: string;
      }
    | { readonly type: 'studyResumed'; readonly study: string }
    | { readonly type: 'studyStopped'; readonly study: string; readonly graceMs: number }
    /** Absent fields stay as they are. */
    | {
        readonly type: 'studyDescribed';
        readonly study: string;
        readonly name?: string;
        readonly note?: string;
        readonly deleted?: boolean;
      }
    /**
     * Removes the next piece of a deleted study from the lab; the last piece removes the study
     * itself.
     */
    | { readonly type: 'studyRemoved'; readonly study: string }
    | { readonly type: 'trialCancelled'; readonly study: string; readonly number: number }
    /** `claims`: row of the trial that another program enqueued in the lab file. */
    | {
        readonly type: 'trialEnqueued';
        readonly study: string;
        readonly params: EncodedParams;
        readonly claims?: number;
      }
    | { readonly type: 'slotDrained'; readonly slot: SlotName }
    | { readonly type: 'slotReleased'; readonly slot: SlotName }
    /** A slot the host offers: `step` will start its worker. */
    | { readonly type: 'slotOffered'; readonly slot: SlotName }
    | {
        readonly type: 'proposed';
        readonly study: string;
        readonly first: number;
        readonly historyLength: number;
        readonly trials: readonly Proposal[];
        /** Number of edits of the search before the ask; absent: 0. */
        readonly edits?: number;
      }
    | {
        readonly type: 'exhausted';
        readonly study: string;
        readonly first: number;
        readonly historyLength: number;
        readonly edits?: number;
      }
    | {
        readonly type: 'samplerFailed';
        readonly study: string;
        readonly first: number;
        readonly error: string;
        readonly edits?: number;
      }
    | {
        readonly type: 'hello';
        readonly slot: SlotName;
        /** Comparable in parts: `a.b` before `a.c` where b < c as numbers. */
        readonly incarnation: string;
        readonly helloNo: number;
        readonly device: string;
        readonly lanes: number;
        readonly memoryBytes: number;
        readonly holding: readonly Held[];
      }
    | {
        readonly type: 'beat';
        readonly slot: SlotName;
        readonly incarnation: string;
        readonly session: Session;
        readonly n: number;
        /** Highest task number received in this session. */
        readonly taskSeq: number;
        readonly holding: readonly Held[];
        readonly rssBytes: number;
        /** Time (ms) for which the worker may be silent: it is about to make a long call. */
        readonly quietMs?: number;
      }
    | {
        readonly type: 'leaving';
        readonly slot: SlotName;
        readonly incarnation: string;
        readonly session: Session;
        readonly reason: string;
      }
    | {
        readonly type: 'result';
        readonly slot: SlotName;
        readonly incarnation: string;
        readonly attempt: AttemptId;
        readonly result: AttemptResult;
      }
    | {
        readonly type: 'report';
        readonly slot: SlotName;
        readonly incarnation: string;
        readonly attempt: AttemptId;
        readonly report: Report;
      }
    /** A message of this worker that no schema accepts. */
    | {
        readonly type: 'malformed';
        readonly slot: SlotName;
        readonly incarnation: string;
        readonly error: string;
      }
    /** A node opened a new link: it is new, it restarted, or its connections were renewed. */
    | {
        readonly type: 'nodeJoined';
        readonly node: NodeId;
        /** Number of starts of the node's process, counted by the node. */
        readonly boot: number;
        /** Number of connection periods of the node, counted by the host. */
        readonly link: number;
        readonly slots: readonly NodeSlot[];
        /** Contents of the datasets that the node has. */
        readonly has: readonly string[];
        /** Numbers of the arithmetic of its executors by name; absent: those of this host. */
        readonly arithmetic?: Readonly<Record<string, number>>;
      }
    /** Sent at intervals by a node's event loop. */
    | {
        readonly type: 'nodePulse';
        readonly node: NodeId;
        /** Link on which it came; absent: the newest. */
        readonly link?: number;
        /** Slots whose workers have not sent beats to the node. */
        readonly silent: readonly SlotName[];
        /** Slots that are held for the node's owner. */
        readonly held: readonly SlotName[];
        /** Round-trip time; absent: not measured. */
        readonly rttMs?: number;
      }
    /** The node announced that it leaves, or its host dismissed it. */
    | { readonly type: 'nodeLeft'; readonly node: NodeId; readonly reason: string }
    | {
        readonly type: 'nodeMode';
        readonly node: NodeId;
        /** `drained` is not requested; the scheduler sets it. */
        readonly mode: Exclude<NodeMode, 'drained'>;
        /** Time that running trials have to finish before they are recalled. */
        readonly graceMs: number;
        readonly by: NodeModeBy;
      }
    /** The node is no longer admitted; durable before this event. */
    | { readonly type: 'nodeRemoved'; readonly node: NodeId }
    /** The node has stored a dataset, or removed it. */
    | {
        readonly type: 'nodeHas';
        readonly node: NodeId;
        readonly content: string;
        readonly has: boolean;
      }
    | {
        readonly type: 'exited';
        readonly slot: SlotName;
        readonly incarnation: string;
        readonly code: number | null;
        readonly signal: string | null;
        /** `us`: killWorker did it. */
        readonly by: 'us' | 'itself';
        /** Null: unknown. */
        readonly rssPeakBytes: number | null;
        /** True when rssPeak passed the worker's memory limit. */
        readonly overMemory: boolean;
      }
  );
