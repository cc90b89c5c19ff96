/**
 * Everything the scheduler can ask of its shell. One `step` returns a list, released in its order.
 * Externally visible instructions wait for the commit of all writes decided before them
 * (write-ahead); `persist` is the write.
 */
import { isOnThisNode } from '../device.ts';
import type { Figures } from '../study/objectives.ts';
import type { EncodedParams } from '../search-space/distribution.ts';
import type { Origin } from '../samplers/sampler.ts';
import type { AuditVerdict } from '../study/row-codes.ts';
import type { StepValue } from '../study/reports.ts';
import type { Limits, StudySpec } from '../study/study-spec.ts';
import type { TrainingPart } from '../study/training-part.ts';
import type {
  AttemptResult,
  AuditedValue,
  Difference,
  Event,
  Held,
  Mismatch,
  Report,
  StoredMismatch,
} from './events.ts';
import type {
  AttemptId,
  AttemptOutcome,
  CommandRefusal,
  EndedState,
  NodeId,
  NodeMode,
  NodeModeBy,
  NodePresence,
  RefusalReason,
  Session,
  SlotName,
  StudyState,
  TrialOutcome,
  Verdict,
} from './words.ts';

/** One write. All writes of a step form one `persist`; none is split over two commits. */
export type Write =
  | {
      readonly op: 'study';
      readonly uid: string;
      readonly spec: StudySpec;
      readonly limits: Limits;
      readonly limit: number | null;
    }
  | {
      readonly op: 'studyState';
      readonly uid: string;
      readonly state: StudyState;
      readonly reason: string | null;
    }
  | {
      readonly op: 'limits';
      readonly uid: string;
      readonly limits: Limits;
      readonly limit: number | null;
    }
  | { readonly op: 'activeMs'; readonly uid: string; readonly activeMs: number }
  /** `spec` contains the edit. `request`: row of the request that it answers. */
  | {
      readonly op: 'searchEdited';
      readonly uid: string;
      readonly spec: StudySpec;
      readonly request?: number;
    }
  | {
      readonly op: 'description';
      readonly uid: string;
      readonly name: string;
      readonly note: string;
      readonly deleted: boolean;
    }
  /** Removes the trials from number `from` on, with everything that belongs to them. */
  | { readonly op: 'trialsRemoved'; readonly uid: string; readonly from: number }
  | { readonly op: 'studyRemoved'; readonly uid: string }
  | {
      readonly op: 'proposal';
      readonly uid: string;
      readonly number: number;
      readonly params: EncodedParams;
      readonly origin: Origin;
      readonly historyLength: number;
      /** Row of another program's enqueued trial, of which this trial takes the place. */
      readonly claims?: number;
    }
  | {
      readonly op: 'attemptStarted';
      readonly attempt: AttemptId;
      readonly slot: SlotName;
      readonly incarnation: string;
      readonly session: Session;
      readonly cohort: string;
      readonly at: number;
    }
  | {
      readonly op: 'reported';
      readonly attempt: AttemptId;
      readonly step: number;
      readonly value: number;
    }
  /** A pruner stops the trial; it ends when its attempts have. */
  | {
      readonly op: 'verdict';
      readonly uid: string;
      readonly number: number;
      readonly verdict: Verdict;
    }
  | {
      readonly op: 'attemptEnded';
      readonly attempt: AttemptId;
      readonly outcome: AttemptOutcome;
      readonly at: number;
      /** The worker's result, or why the coordinator ended the attempt. */
      readonly result: AttemptResult | null;
      readonly detail: string | null;
    }
  | {
      readonly op: 'trialEnded';
      readonly uid: string;
      readonly number: number;
      readonly state: EndedState;
      readonly outcome: TrialOutcome;
      /** ±∞ for the worst; NaN if there is none (failed). */
      readonly value: number;
      /** Present where the study lists objectives and the trial is complete; ±∞ for the worst. */
      readonly figures?: Figures;
      readonly finishSeq: number;
      /** The attempt that ended it; 0 if none ran. */
      readonly attemptNumber: number;
      readonly story: readonly string[];
    }
  | {
      readonly op: 'trialBack';
      readonly uid: string;
      readonly number: number;
      readonly crashes: number;
      readonly deaths: number;
      readonly memoryFailures: number;
      readonly laneCap: number;
      /**
       * Reports of steps from this number on are dropped: those after its last checkpoint. Absent:
       * 0.
       */
      readonly checkpoint?: number;
    }
  /** An ended trial is to be evaluated again. Precedes the attempts of the audit. */
  | ({ readonly op: 'auditDue'; readonly uid: string; readonly number: number } & AuditedValue)
  /** The audit is over, or given up: it is not continued after a restart. */
  | { readonly op: 'auditSettled'; readonly uid: string; readonly number: number }
  /** An ended trial is evaluated again, apart from its attempts. */
  | { readonly op: 'auditStarted'; readonly attempt: AttemptId; readonly slot: SlotName }
  | {
      readonly op: 'auditEnded';
      readonly attempt: AttemptId;
      readonly outcome: AttemptOutcome;
      /** ±∞ where it diverged; null: it came to no value. */
      readonly value: number | null;
      readonly verdict: AuditVerdict | null;
      /** Present where the verdict is `differs`. */
      readonly difference: Difference | null;
      readonly executor: string | null;
      /** Reason why it came to no value; null: it came to one, or the reason is unknown. */
      readonly detail: string | null;
      readonly ms: number | null;
    }
  /** A node gave a wrong value: counted until the user resumes or removes it. */
  | ({ readonly op: 'mismatch' } & StoredMismatch)
  | { readonly op: 'mismatchesForgotten'; readonly node: NodeId };

export interface CohortTrial {
  readonly attempt: AttemptId;
  readonly params: EncodedParams;
  /** Part of its training that the attempt carries out; absent: all of it. */
  readonly part?: TrainingPart;
}

/**
 * Reason for a second attempt of a running trial: the nodes of its other attempts are away, or this
 * slot is expected to finish it sooner.
 */
export type SecondReason = 'rescue' | 'straggler';

/** Changes of a study, for users. */
export type Change =
  | {
      readonly kind: 'trialStarted';
      readonly attempt: AttemptId;
      readonly slot: SlotName;
      readonly params: EncodedParams;
      readonly origin: Origin;
      /** Reason for a second attempt beside a live one; absent: it is the only live attempt. */
      readonly second?: SecondReason;
    }
  | {
      readonly kind: 'trialReported';
      readonly attempt: AttemptId;
      readonly slot: SlotName;
      readonly report: Report;
    }
  | {
      readonly kind: 'trialEnded';
      readonly number: number;
      readonly state: EndedState;
      readonly outcome: TrialOutcome;
      readonly value: number;
      /** As of the write `trialEnded`. */
      readonly figures?: Figures;
      readonly finishSeq: number;
      readonly params: EncodedParams;
      readonly origin: Origin;
      readonly attempt: AttemptId | null;
      readonly slot: SlotName | null;
      readonly result: AttemptResult | null;
      /** Why its last attempt crashed: the error, or how the worker ended; absent: it did not. */
      readonly detail?: string;
      /** True if it is the best so far; where objectives are listed, whether it joins the front. */
      readonly isBest: boolean;
    }
  | {
      readonly kind: 'trialBack';
      readonly attempt: AttemptId;
      readonly outcome: AttemptOutcome;
      readonly slot: SlotName;
      readonly detail: string | null;
      /** Reports before the checkpoint from which the trial goes on; empty: it begins again. */
      readonly kept: readonly StepValue[];
    }
  /**
   * An attempt ended while another attempt of its trial goes on, or because the trial ended without
   * it. Its worker may not have heard of that yet.
   */
  | {
      readonly kind: 'attemptEnded';
      readonly attempt: AttemptId;
      readonly outcome: AttemptOutcome;
      readonly slot: SlotName;
      readonly detail: string | null;
    }
  /** An evaluation of an ended trial has ended, which changes nothing about the trial. */
  | {
      readonly kind: 'auditEnded';
      readonly attempt: AttemptId;
      readonly slot: SlotName;
      readonly outcome: AttemptOutcome;
      readonly value: number | null;
      readonly verdict: AuditVerdict | null;
      /** Value of the trial, and the slot that gave it. */
      readonly audited: { readonly value: number; readonly slot: SlotName };
      readonly ms: number | null;
    }
  | { readonly kind: 'study'; readonly state: StudyState; readonly reason: string | null }
  | {
      readonly kind: 'studyDescribed';
      readonly name: string;
      readonly note: string;
      readonly deleted: boolean;
    }
  /** The search of the study changed, as of trial `first`. */
  | {
      readonly kind: 'searchEdited';
      readonly first: number;
      /** Number of earlier trials that the sampler learns from; null: only the pruner changed. */
      readonly told: number | null;
      /** One line for each change. */
      readonly differences: readonly string[];
    }
  /** The study is no longer in the lab. */
  | { readonly kind: 'studyRemoved' };

/** Changes of the lab that do not belong to a running study. */
export type LabChange =
  | {
      readonly kind: 'slotReady';
      readonly slot: SlotName;
      readonly incarnation: string;
      readonly device: string;
    }
  | { readonly kind: 'slotLost'; readonly slot: SlotName; readonly reason: string }
  | {
      readonly kind: 'slotQuarantined';
      readonly slot: SlotName;
      readonly reason: string;
      readonly untilMs: number;
    }
  | { readonly kind: 'slotReleased'; readonly slot: SlotName }
  | {
      readonly kind: 'nodePresence';
      readonly node: NodeId;
      readonly presence: NodePresence;
      /** Reason for its absence, e.g. `silent`, `drained`, `removed`; null: it is not absent. */
      readonly reason: string | null;
    }
  | {
      readonly kind: 'nodeMode';
      readonly node: NodeId;
      readonly mode: NodeMode;
      readonly by: NodeModeBy;
    }
  /** Slots held for the node's owner changed. */
  | { readonly kind: 'nodeHeld'; readonly node: NodeId; readonly held: readonly SlotName[] }
  | {
      readonly kind: 'nodeQuarantined';
      readonly node: NodeId;
      readonly reason: string;
      readonly untilMs: number;
    }
  | { readonly kind: 'nodeReleased'; readonly node: NodeId }
  /** Another node contradicted a value of this one; `pauses`: so many did that it is paused. */
  | {
      readonly kind: 'nodeMismatch';
      readonly node: NodeId;
      readonly mismatches: readonly Mismatch[];
      readonly pauses: boolean;
    }
  | { readonly kind: 'storageStalled'; readonly error: string }
  | { readonly kind: 'storageBack' }
  | { readonly kind: 'objectiveSuspected'; readonly reason: string }
  | {
      readonly kind: 'commandRefused';
      readonly command: Event['type'];
      readonly study: string | null;
      readonly reason: CommandRefusal;
      readonly detail: string;
    }
  /** A bug of the scheduler: the event was dropped. */
  | { readonly kind: 'anomaly'; readonly error: string };

/** The scheduler's own messages to a node; those for its workers are instructions of their own. */
export type NodeMessage =
  /** Answers `nodeJoined`. `run`: worker processes that go on; the node ends all others. */
  | {
      readonly type: 'welcome';
      readonly epoch: number;
      readonly link: number;
      readonly pulseMs: number;
      readonly silentMs: number;
      readonly run: readonly { readonly slot: SlotName; readonly incarnation: string }[];
    }
  | { readonly type: 'goodbye'; readonly reason: 'removed' | 'drained' | 'replaced' }
  /** Tells the node the mode that the user of the lab has set. */
  | { readonly type: 'mode'; readonly mode: NodeMode; readonly graceMs: number };

export type Instruction =
  | { readonly do: 'persist'; readonly writes: readonly Write[] }
  | {
      readonly do: 'sendCohort';
      readonly slot: SlotName;
      readonly session: Session;
      readonly taskSeq: number;
      readonly cohort: string;
      readonly study: string;
      /** Shape key that its trials share; null: they need not share one. */
      readonly shape: string | null;
      readonly lanes: readonly CohortTrial[];
      /** Null: no time limit. */
      readonly deadlineMs: number | null;
      /** Present when the cohort is sent again over a new link of its node. */
      readonly again?: true;
    }
  | {
      readonly do: 'sendAck';
      readonly slot: SlotName;
      readonly incarnation: string;
      readonly attempt: AttemptId;
    }
  | {
      readonly do: 'sendRefused';
      readonly slot: SlotName;
      readonly incarnation: string;
      readonly attempt: AttemptId;
      readonly reason: RefusalReason;
    }
  | {
      readonly do: 'sendCancel';
      readonly slot: SlotName;
      readonly session: Session;
      readonly attempt: AttemptId;
      readonly reason: string;
    }
  | {
      readonly do: 'sendWelcome';
      readonly slot: SlotName;
      readonly incarnation: string;
      readonly helloNo: number;
      readonly session: Session;
      readonly keep: readonly Held[];
    }
  | {
      readonly do: 'sendGoodbye';
      readonly slot: SlotName;
      readonly incarnation: string;
      readonly session: Session | null;
      readonly reason: string;
    }
  | {
      readonly do: 'sendHeard';
      readonly slot: SlotName;
      readonly incarnation: string;
      readonly session: Session;
      readonly n: number;
    }
  | { readonly do: 'show'; readonly study: string; readonly change: Change }
  | { readonly do: 'showLab'; readonly change: LabChange }
  | { readonly do: 'finishStudy'; readonly study: string; readonly reason: string }
  | {
      readonly do: 'askSampler';
      readonly study: string;
      readonly first: number;
      readonly count: number;
      readonly historyLength: number;
      /** Number of edits of the search before it; absent: 0. */
      readonly edits?: number;
    }
  | { readonly do: 'openTasks'; readonly session: Session; readonly slot: SlotName }
  | { readonly do: 'closeTasks'; readonly session: Session }
  | {
      readonly do: 'spawnWorker';
      readonly slot: SlotName;
      readonly incarnation: string;
      readonly afterMs: number;
    }
  | {
      readonly do: 'killWorker';
      readonly slot: SlotName;
      readonly incarnation: string;
      readonly afterMs: number;
    }
  | { readonly do: 'sendNode'; readonly node: NodeId; readonly message: NodeMessage }
  /** Ends the node's link: nothing is sent to it and nothing is accepted from it any more. */
  | { readonly do: 'cutNode'; readonly node: NodeId }
  /** Sets the shell's one timer; the newest replaces the previous one. */
  | { readonly do: 'wakeAt'; readonly at: number };

/**
 * Returns whether an instruction may be released before the commit: it has no effect that another
 * process could act on.
 */
export function passesBeforeCommit(instruction: Instruction): boolean {
  switch (instruction.do) {
    case 'askSampler':
    case 'openTasks':
    case 'closeTasks':
    case 'wakeAt':
    case 'sendHeard':
      return true;
    // To a node, in order with its welcome, which names the workers that the node keeps.
    case 'spawnWorker':
    case 'killWorker':
      return isOnThisNode(instruction.slot);
    case 'showLab':
      return instruction.change.kind === 'storageStalled';
    case 'persist':
    case 'sendCohort':
    case 'sendAck':
    case 'sendRefused':
    case 'sendCancel':
    case 'sendWelcome':
    case 'sendGoodbye':
    case 'sendNode':
    case 'cutNode':
    case 'show':
    case 'finishStudy':
      return false;
    default:
      return instruction satisfies never;
  }
}
