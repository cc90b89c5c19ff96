/**
 * Trains a finished trial again with its seed, parameters and executor to obtain its weights, which
 * the lab file does not contain.
 */
import { join } from 'node:path';
import { GalapagosError } from '../core/errors.ts';
import { trainsInParts } from '../core/samplers/in-parts.ts';
import { checkpointsFolder } from '../objectives/checkpoint-places.ts';
import { objectiveKind } from '../objectives/registry.ts';
import { datasetsFolder } from '../datasets/places.ts';
import { userFolder } from '../runtime/user-folder.ts';
import type { StudySummary, TrialRecord } from '../storage/lab-reader.ts';
import { Trainer, TrainingError } from '../training/run/trainer.ts';
import type {
  EpochReport,
  LaneOutcome,
  TrainObjective,
  TrainProgress,
  Trained,
} from '../training/run/trainer.ts';

export interface TrainedAgain {
  readonly trained: Trained;
  readonly outcome: Extract<LaneOutcome, { outcome: 'succeeded' }>;
  /** SHA-256 of the original weights; null: not recorded. */
  readonly recorded: string | null;
}

export interface TrainAgainOptions {
  /** Absolute path of the folder `resources/`. */
  readonly resources: string;
  readonly signal: AbortSignal;
  readonly progress: (progress: TrainProgress) => void;
  readonly report: (report: EpochReport) => void;
}

/** Input of the training: the study's objective and seed, and the trial. */
export interface Repeatable {
  readonly objective: TrainObjective;
  readonly seed: number;
  readonly trial: TrialRecord;
}

/**
 * @throws GalapagosError `usage` or `unknown-trial` if the trial cannot be trained again: another
 *   program's study, no network, a trial without a value
 */
export function repeatable(
  { name, uid, spec }: StudySummary,
  trial: TrialRecord | undefined,
): Repeatable {
  if (spec === null)
    throw new GalapagosError(
      'usage',
      `${name} is an Optuna study: the lab file does not contain what its trials trained`,
    );
  if (objectiveKind(spec.objective.kind)?.trains !== true)
    throw new GalapagosError(
      'usage',
      `${name} trains no network: its objective is ${spec.objective.kind}`,
    );
  if (trainsInParts(spec.sampler))
    throw new GalapagosError(
      'usage',
      `a trial of ${name} is the last part of a training: its weights are in the checkpoint of the best trial, ${checkpointsFolder(userFolder(), uid ?? name)}`,
    );
  if (trial === undefined)
    throw new GalapagosError('unknown-trial', `${name} has no complete trial with a value yet`);
  if (trial.outcome !== 'succeeded') {
    const found = trial.outcome ?? trial.state;
    throw new GalapagosError(
      'unknown-trial',
      `trial ${trial.number} of ${name}: expected one that succeeded, found ${found}`,
    );
  }
  return { objective: spec.objective as unknown as TrainObjective, seed: spec.seed, trial };
}

/**
 * Trains the trial again. Returns null if the signal stopped it.
 * @throws GalapagosError `not-trained` where the objective can no longer be trained here
 */
export async function trainAgain(
  { objective, seed, trial }: Repeatable,
  options: TrainAgainOptions,
): Promise<TrainedAgain | null> {
  const { resources, signal, progress, report } = options;
  const [calibrations, datasets] = [
    join(userFolder(), 'calibrations'),
    datasetsFolder(userFolder()),
  ];
  const trainer = new Trainer({ resources, calibrations, datasets });
  const began = trial.result?.executor;
  const kept: Trained[] = [];
  try {
    const lane = { request: { trial: trial.number, params: trial.params }, signal };
    const [outcome] = await trainer.train(objective, seed, [lane], {
      began,
      progress,
      report: (_, each) => report(each),
      trained: (_, each) => kept.push(each),
    });
    if (outcome === undefined || outcome.outcome === 'cancelled') return null;
    const [trained] = kept;
    if (outcome.outcome === 'diverged' || trained === undefined)
      throw new GalapagosError(
        'not-trained',
        `trial ${trial.number} diverges with ${began ?? 'the available executor'}, although it succeeded in the study`,
      );
    const checksum = trial.result?.metrics?.['checksum'];
    return { trained, outcome, recorded: typeof checksum === 'string' ? checksum : null };
  } catch (error) {
    if (!(error instanceof TrainingError)) throw error;
    throw new GalapagosError(
      'not-trained',
      `trial ${trial.number} cannot be trained here: ${error.message}`,
      {},
      error,
    );
  } finally {
    await trainer.dispose();
  }
}
