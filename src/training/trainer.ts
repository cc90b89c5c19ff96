/** Trains lanes on a dataset and reports their outcomes. Not an executor. */
import type { LaneOutcome, LaneRequest, Params, SearchSpaceLike, TrainObjective, TrainProgress } from './objective.ts';
import type { Problem } from './problem.ts';

export type * from './objective.ts';
export type { Problem } from './problem.ts';
export { TrainingError } from './training-error.ts';

/** Every error of an objective against a search space, before a study starts. Empty: good. */
export declare function checkObjective(objective: TrainObjective, space: SearchSpaceLike, resources: string): Problem[];

export declare class Trainer {
  constructor(options: { readonly resources: string });
  train(
    objective: TrainObjective,
    seed: number,
    lanes: readonly { readonly request: LaneRequest; readonly signal: AbortSignal }[],
    onProgress?: (progress: TrainProgress) => void,
  ): Promise<LaneOutcome[]>;
  static shapeKey(objective: TrainObjective, params: Params): string;
  dispose(): Promise<void>;
}
