/** Contract of evaluation: takes the lanes of a cohort and returns the outcome of each. */
import type { Device } from '../core/device.ts';
import type { LanesListener } from '../core/lanes-listener.ts';
import type { AttemptId, Report } from '../core/scheduling/index.ts';
import type { Params } from '../core/search-space/distribution.ts';
import type { TrainingPart } from '../core/study/training-part.ts';
import type { StudyMessage } from '../protocol/worker-messages.ts';
import type { CardTimes } from './command/cards/card-share.ts';
import type { Gate } from '../runtime/gate.ts';

/** Reason for stopping a running lane; becomes the attempt's outcome. */
export type StopReason = 'cancelled' | 'pruned' | 'timedOut' | 'outOfMemory';

export interface EvaluatedLane {
  readonly attempt: AttemptId;
  readonly params: Params;
  /** Part of its training to carry out; absent: all of it. */
  readonly part?: TrainingPart;
  /** Aborted between batches with a `StopReason`. */
  readonly signal: AbortSignal;
}

/** End of one lane, as its objective reports it; the worker measures how long it took. */
export type LaneEnd =
  | {
      /** `pruned`: stopped early because of its reports; its value is the last report's. */
      readonly outcome: 'finished' | 'pruned';
      /** NaN and ±∞ mean diverged, or, of a pruned lane, that there is no value. */
      readonly value: number;
      readonly metrics?: Readonly<Record<string, number | string>>;
      readonly executor?: string;
      /** Reason for choosing that executor, in words. */
      readonly executorReason?: string;
      /** Number of trials of this study that fill the device; absent: not measured. */
      readonly lanesWanted?: number;
      /** All reports, including those sent before. */
      readonly reports?: readonly Report[];
    }
  /** Ended without a value for a reason that the objective knows. */
  | {
      readonly outcome: 'failed';
      readonly as: 'crashed' | 'outOfMemory' | 'timedOut';
      /** Memory ran out, or was not free, because of others on the device. */
      readonly byNeighbour?: boolean;
      /** For people: the cause in the first line. */
      readonly error: string;
      readonly reports?: readonly Report[];
    }
  /** Obeyed the lane's signal. */
  | {
      readonly outcome: 'stopped';
      /** Absent: nothing was trained. */
      readonly executor?: string;
      /** All reports, including those sent before. */
      readonly reports?: readonly Report[];
    };

/**
 * Evaluates lanes and returns their ends in the lanes' order. An error counts as a crash of every
 * lane that was not stopped.
 * @param shape key that all lanes share, as the kind's `shapeKey` computed it at the coordinator
 */
export type Evaluate = (
  study: StudyMessage,
  lanes: readonly EvaluatedLane[],
  listener: LanesListener<Report, LaneEnd>,
  shape?: string,
) => Promise<readonly LaneEnd[]>;

/** The worker that evaluates. */
export interface Workplace {
  /** Name of the worker's slot. */
  readonly slot: string;
  /** Device that the slot computes on. */
  readonly device: Device;
  /** Absolute path of the folder `resources/`. */
  readonly resources: string;
  /** Absolute path of this user's folder. */
  readonly userFolder: string;
  /** The worker's share of the machine's cores; absent: unknown. */
  readonly threads?: number;
  /** True if the owner of this machine permits programs of the lab's host; default: false. */
  readonly labPrograms?: boolean;
  /**
   * Sends output of a program to the lab's host; false: the host does not take it. Used with
   * `labPrograms`.
   * @param from place of the first byte in the whole output
   */
  readonly sendOutput?: (attempt: AttemptId, from: number, bytes: Uint8Array) => boolean;
  /** Closed while running lanes wait between two batches; absent: they never wait. */
  readonly gate?: Gate;
  /** Times of readings of a card's memory; default: `CARD_TIMES`. */
  readonly cardTimes?: CardTimes;
  /** Writes a remark to the worker's log. */
  readonly log?: (text: string) => void;
}
