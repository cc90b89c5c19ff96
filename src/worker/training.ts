/**
 * The objective `train`: a thin adapter from the worker's lanes to the trainer's, which is made
 * with the first of them.
 */
import { join } from 'node:path';
import type { Report } from '../core/scheduling/index.ts';
import { Trainer } from '../training/run/trainer.ts';
import type { EpochReport, LaneOutcome, TrainObjective } from '../training/run/trainer.ts';
import type { LaneEnd, Objective } from './objective.ts';

export interface TrainingFolders {
  /** Absolute path of the folder `resources/`. */
  readonly resources: string;
  /**
   * Absolute path of this user's folder: what was measured on this machine and imported datasets
   * are kept there.
   */
  readonly userFolder: string;
}

export function createTraining({ resources, userFolder }: TrainingFolders): Objective {
  let trainer: Trainer | null = null;
  return async ({ objective, seed, executor: began }, lanes, listener) => {
    const [calibrations, datasets] = [
      join(userFolder, 'calibrations'),
      join(userFolder, 'datasets'),
    ];
    // Loaded from the start: imported only when needed, the bundler would have it load the command
    // line's entry too, and so run it.
    trainer ??= new Trainer({ resources, calibrations, datasets });
    const requests = lanes.map(({ attempt, params, signal }) => ({
      request: { trial: attempt.number, params },
      signal,
    }));
    // The trainer parses the objective itself, and says what is wrong with it.
    const outcomes = await trainer.train(objective as unknown as TrainObjective, seed, requests, {
      began,
      progress: ({ step, steps }) => listener.progress({ step, steps }),
      report: (lane, report) => listener.report(lane, reportOf(report)),
      ended: (lane, outcome) => listener.ended(lane, endOf(outcome)),
    });
    return outcomes.map(endOf);
  };
}

function endOf(outcome: LaneOutcome): LaneEnd {
  if (outcome.outcome === 'cancelled') return { outcome: 'stopped' };
  const { executor, executorReason } = outcome;
  const about = { executor, executorReason, reports: outcome.reports.map(reportOf) };
  return outcome.outcome === 'succeeded'
    ? {
        outcome: 'finished',
        value: outcome.value,
        metrics: { ...outcome.metrics, checksum: outcome.checksum },
        ...about,
      }
    : { outcome: 'finished', value: NaN, metrics: { epoch: outcome.epoch }, ...about };
}

function reportOf({ epoch, value, metrics }: EpochReport): Report {
  return { step: epoch, value, metrics };
}
