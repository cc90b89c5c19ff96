/**
 * Studies that had finished when their lab was opened. Their counts and best trial are known; their
 * trials are read when they are first needed, for example to extend the study. The time to open a
 * lab therefore does not depend on the trials of its finished studies.
 */
import type { Column } from '../study/column.ts';
import type { TrialColumns } from '../study/trial-columns.ts';
import type { StoredHead } from './events.ts';

/** Data that a study keeps about its trials. */
export interface Trials {
  readonly columns: TrialColumns;
  /** Attempt number of the last attempt of each ended trial; 255 means 255 or more. */
  readonly lastAttemptNumber: Column<Uint8Array>;
}

export interface Dormant {
  readonly head: StoredHead;
  /** Reads all trials, yielding after each piece. */
  readonly read: () => Generator<void, Trials>;
  /** The reading in progress; null: not started, or failed. */
  reading: Generator<void, Trials> | null;
}

/** The fields of a study that reading its trials needs. */
interface Sleeper {
  trials: Trials;
  dormant: Dormant | null;
}

/**
 * Reads the trials of a dormant study, yielding after each piece; does nothing for another study.
 * Other callers may continue the reading meanwhile.
 * @throws StorageError when the trials cannot be read; the study then stays dormant
 */
export function* takingUp(study: Sleeper): Generator<void, void> {
  while (study.dormant !== null) {
    const { dormant } = study;
    dormant.reading ??= dormant.read();
    try {
      const piece = dormant.reading.next();
      if (piece.done === true) {
        study.trials = piece.value;
        study.dormant = null;
        return;
      }
    } catch (error) {
      dormant.reading = null;
      throw error;
    }
    yield;
  }
}

/**
 * Returns the trials of a study; reads them in one piece if it is dormant. @throws as `takingUp`
 */
export function takenUp(study: Sleeper): Trials {
  for (const pieces = takingUp(study); pieces.next().done !== true;);
  return study.trials;
}

/** Number of trials of the study, ended or not; O(1) for dormant studies as well. */
export function trialsOf(study: Sleeper): number {
  return study.dormant?.head.trials ?? study.trials.columns.size;
}

/** Number of its ended trials; O(1) for dormant studies as well. */
export function endedOf(study: Sleeper): number {
  return study.dormant?.head.trials ?? study.trials.columns.ended;
}
