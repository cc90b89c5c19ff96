import { afterEach, describe, expect, it, vi } from 'vitest';
import type { AttemptId } from '../../src/core/scheduling/index.ts';
import { cpuDevice } from '../../src/runtime/cpu-device.ts';
import { Trainer } from '../../src/training/run/trainer.ts';
import { TrainingError, type TrainingErrorKind } from '../../src/training/training-error.ts';
import { createRunner } from '../../src/worker/attempt.ts';
import { study } from '../support/worker-message-examples.ts';

const WORKPLACE = {
  slot: 'local/gpu/0',
  device: cpuDevice(),
  resources: '/nowhere',
  userFolder: '/nowhere',
};
const UNHEARD = {
  progress: () => undefined,
  report: () => undefined,
  ended: () => undefined,
};
const TRAIN = {
  kind: 'train',
  dataset: 'mnist',
  network: 'mlp',
  settings: { batch: 8, epochs: 1, optimizer: { type: 'sgd', learningRate: 0.1 } },
  metric: 'accuracy',
  selectOn: 'test',
};

afterEach(() => {
  vi.restoreAllMocks();
});

function running(kind: TrainingErrorKind, loseDevice?: (error: TrainingError) => void) {
  vi.spyOn(Trainer.prototype, 'train').mockRejectedValue(new TrainingError(kind, 'the card'));
  const attempt = { study: 0, trial: 0, attempt: 1 } as unknown as AttemptId;
  const lane = { attempt, params: {}, signal: new AbortController().signal };
  const run = createRunner(WORKPLACE, loseDevice);
  const { session, parameters, seed } = study;
  const trained = { type: 'study', session, study: study.study, objective: TRAIN } as const;
  return run({ ...trained, parameters, seed }, [lane], UNHEARD, undefined);
}

describe('Worker: devices that fail', () => {
  it.each(['device-lost', 'timed-out'] as const)(
    'gives no result after %s, so that the attempt is repeated free of charge',
    async (kind) => {
      let answered = false;
      const lost = await new Promise<TrainingError>((resolve) => {
        void running(kind, resolve).then(() => (answered = true));
      });
      await new Promise((resolve) => setImmediate(resolve));
      expect([lost.kind, answered]).toEqual([kind, false]);
    },
  );

  it('charges the attempt for every other failure', async () => {
    const lose = vi.fn();
    expect(await running('compile-failed', lose)).toMatchObject([{ outcome: 'crashed' }]);
    expect(lose).not.toHaveBeenCalled();
  });
});
