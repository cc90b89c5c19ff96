/**
 * Studies that had finished when their lab was opened. Their counts and best are known; their
 * trials are read when they are first needed, for instance because the study is extended. Opening a
 * lab therefore takes the same time however many trials its finished studies have.
 */
import type { Column } from '../study/column.ts';
import type { TrialColumns } from '../study/trial-columns.ts';
import type { StoredHead } from './events.ts';

/** What a study keeps of each trial. */
export interface Trials {
  readonly columns: TrialColumns;
  /** The last attempt of each ended trial, 255 standing for more. */
  readonly lastK: Column<Uint8Array>;
}

export interface Dormant {
  readonly head: StoredHead;
  /** Reads all trials, resting after each piece. */
  readonly read: () => Generator<void, Trials>;
  /** The reading under way; null: it has not begun, or it failed. */
  reading: Generator<void, Trials> | null;
}

/** The part of a study that takes it up. */
interface Sleeper {
  trials: Trials;
  dormant: Dormant | null;
}

/**
 * Reads the trials of a dormant study, resting after each piece; of another study nothing. Others
 * may read on meanwhile.
 * @throws StorageError when the trials cannot be read; the study stays dormant then
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

/** The trials of a study, read at once if it is dormant. @throws as `takingUp` */
export function takenUp(study: Sleeper): Trials {
  for (const pieces = takingUp(study); pieces.next().done !== true;);
  return study.trials;
}

/** How many trials the study has, ended or not; O(1) for dormant studies as well. */
export function trialsOf(study: Sleeper): number {
  return study.dormant?.head.trials ?? study.trials.columns.size;
}

/** How many of its trials have ended; O(1) for dormant studies as well. */
export function endedOf(study: Sleeper): number {
  return study.dormant?.head.trials ?? study.trials.columns.ended;
}
