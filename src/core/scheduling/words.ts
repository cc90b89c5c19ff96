/**
 * The scheduler's vocabulary: names of states, outcomes and reasons, shared by events,
 * instructions, storage and wire.
 */
export type TrialState = 'waiting' | 'running' | 'complete' | 'pruned' | 'failed';
export type EndedState = 'complete' | 'pruned' | 'failed';

/**
 * Live = open, recalled, orphaned. Spending credit = open, recalled, revoked. The rest are settled.
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
  | 'cancelled';

export type SlotState = 'absent' | 'ready' | 'draining' | 'quarantined' | 'probation';

export type StudyState = 'running' | 'pausing' | 'paused' | 'ending' | 'finished';

/**
 * How a trial ended, beyond its state. `endedElsewhere`: by another program writing the same lab
 * file.
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

/** Why a command of the user was not carried out. */
export type CommandRefusal =
  | 'alreadyEnded'
  | 'duplicateTrial'
  | 'limitReached'
  | 'nameTaken'
  | 'notAllowedNow'
  | 'unknownStudy'
  | 'unknownSlot';

/** An attempt's name: given to one process once. */
export interface AttemptId {
  /** The study's uid. */
  readonly study: string;
  /** The trial's number. */
  readonly number: number;
  /** 1, 2 … within the trial. */
  readonly k: number;
}

/** A stay of one worker process with one coordinator run, `epoch.n`. */
export type Session = string;

/** A stable name of a device's share, `node/device/i`. */
export type SlotName = string;
