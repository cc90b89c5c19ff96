/** The objective `train`: a thin adapter from the worker's lanes to the trainer's, which is loaded with the first of them. */
import type { Trainer, TrainObjective } from '../training/trainer.ts';
import type { LaneEnd, Objective } from './objective.ts';

/** @param resources absolute path of the folder `resources/` */
export function createTraining(resources: string): Objective {
  let trainer: Promise<Trainer> | null = null;
  return async ({ objective, seed }, lanes, onProgress) => {
    trainer ??= import('../training/trainer.ts').then(({ Trainer }) => new Trainer({ resources }));
    const requests = lanes.map(({ attempt, params, signal }) => ({ request: { trial: attempt.number, params }, signal }));
    // The trainer parses the objective itself, and says what is wrong with it.
    const outcomes = await (
      await trainer
    ).train(objective as unknown as TrainObjective, seed, requests, ({ step, steps }) => onProgress({ step, steps }));
    return outcomes.map((lane): LaneEnd => {
      switch (lane.outcome) {
        case 'succeeded':
          return { outcome: 'finished', value: lane.value, metrics: { ...lane.metrics, checksum: lane.checksum }, executor: lane.executor };
        case 'diverged':
          return { outcome: 'finished', value: NaN, metrics: { epoch: lane.epoch }, executor: lane.executor };
        case 'cancelled':
          return { outcome: 'stopped' };
      }
    });
  };
}
