/** Names of states, outcomes and reasons, shared by events, instructions, storage and the wire. */
export type TrialState = 'waiting' | 'running' | 'complete' | 'pruned' | 'failed';
export type EndedState = 'complete' | 'pruned' | 'failed';

/**
 * Live = open, recalled, orphaned. Spending credit = open, recalled, revoked. All others are
 * settled.
 */
export type AttemptState = 'open' | 'recalled' | 'orphaned' | 'revoked' | AttemptOutcome;
export type AttemptOutcome =
  | 'succeeded'
  | 'diverged'
  | 'pruned'
  | 'crashed'
  | 'outOfMemory'
  | 'timedOut'
  | 'lost'
  | 'cancelled'
  | 'paused';

export type SlotState = 'absent' | 'ready' | 'draining' | 'quarantined' | 'probation';

export type StudyState = 'running' | 'pausing' | 'paused' | 'ending' | 'finished';

/**
 * Outcome of an ended trial, more precise than its state. `endedElsewhere`: ended by another
 * program that writes the same lab file.
 */
export type TrialOutcome =
  | 'succeeded'
  | 'diverged'
  | 'pruned'
  | 'crashed'
  | 'outOfMemory'
  | 'timedOut'
  | 'deadly'
  | 'cancelled'
  | 'endedElsewhere'
  | 'silent';

export type RefusalReason =
  | 'duplicateResult'
  | 'staleLease'
  | 'unknownAttempt'
  | 'trialEnded'
  | 'notYours'
  | 'malformed'
  | 'staleSession'
  | 'oldIncarnation'
  | 'repeatedHello'
  | 'staleProposal'
  | 'alreadyEnded';

/** Reason of a cancel with which a pruner stops a trial; the worker answers with that outcome. */
export const PRUNED = 'pruned';
/** Detail of a cancelled attempt whose trial another attempt ends. */
export const SUPERSEDED = 'superseded';

/** A pruner's decision to stop a trial. */
export interface Verdict {
  /** Step of the report after which it was taken. */
  readonly step: number;
  /** Value that the trial would probably have reached; samplers are told this one. */
  readonly expected: number;
}

/** Reason why a command of the user was refused. */
export type CommandRefusal =
  | 'already-ended'
  | 'duplicate-trial'
  | 'limit-reached'
  | 'name-taken'
  | 'not-allowed-now'
  | 'unknown-study'
  | 'unknown-slot'
  | 'unknown-node';

/** Id of an attempt, given to one process once. */
export interface AttemptId {
  /** The study's uid. */
  readonly study: string;
  /** The trial's number. */
  readonly number: number;
  /** 1, 2 … within the trial. */
  readonly attemptNumber: number;
}

/** Id of one connection period of a worker with one coordinator run, `epoch.n`. */
export type Session = string;

/** Stable name of a share of a device, `node/device/i`. */
export type SlotName = string;

/** Id of a machine of the lab; `local` is the machine that runs the coordinator. */
export type NodeId = string;

/**
 * `absent`: not connected, or lost. `away`: silent for `silentMs`, given no work, but its sessions
 * go on.
 */
export type NodePresence = 'absent' | 'present' | 'away';

/** In ascending order of strictness. `drained`: it has finished draining. */
export type NodeMode = 'open' | 'paused' | 'draining' | 'drained';

/**
 * Person who sets a mode: the user of the lab, or the owner of the node's machine. The stricter
 * wins.
 */
export type NodeModeBy = 'user' | 'owner';
