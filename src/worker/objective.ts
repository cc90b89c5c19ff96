/**
 * The contract of an objective: what is asked of it for a cohort, and what it answers for each
 * lane.
 */
import type { Report } from '../core/scheduling/index.ts';
import type { StudyMessage } from '../protocol/worker-messages.ts';
import type { Lane, Progress } from './cohorts.ts';

/** What an objective says of one lane; how long it took is measured here. */
export type LaneEnd =
  | {
      readonly outcome: 'finished';
      /** NaN and ±∞ mean diverged. */
      readonly value: number;
      readonly metrics?: Readonly<Record<string, number | string>>;
      readonly executor?: string;
      /** Why that executor, in words. */
      readonly executorReason?: string;
      /** All of them, also those told before. */
      readonly reports?: readonly Report[];
    }
  /** Obeyed the lane's signal. */
  | { readonly outcome: 'stopped' };

/** Told while lanes are evaluated; `lane` is an index into them. */
export interface ObjectiveListener {
  progress(progress: Progress): void;
  report(lane: number, report: Report): void;
  /** As soon as it ends, where that is before the others. */
  ended(lane: number, end: LaneEnd): void;
}

/**
 * Evaluates lanes, in their order. Throws what it throws: then every lane that is not stopped has
 * crashed.
 */
export type Objective = (
  study: StudyMessage,
  lanes: readonly Lane[],
  listener: ObjectiveListener,
) => Promise<readonly LaneEnd[]>;
