/** The contract of an objective: what is asked of it for a cohort, and what it answers for each lane. */
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
    }
  /** Obeyed the lane's signal. */
  | { readonly outcome: 'stopped' };

/** Evaluates lanes, in their order. Throws what it throws: then every lane that is not stopped has crashed. */
export type Objective = (
  study: StudyMessage,
  lanes: readonly Lane[],
  onProgress: (progress: Progress) => void,
) => Promise<readonly LaneEnd[]>;
