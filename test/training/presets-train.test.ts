import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { Trainer, type TrainObjective } from '../../src/training/run/trainer.ts';

const trainer = new Trainer({
  resources: fileURLToPath(new URL('../../resources', import.meta.url)),
});
afterAll(() => trainer.dispose());

function objective(epochs: number): TrainObjective {
  return {
    kind: 'train',
    dataset: 'mnist',
    network: 'lenet-5',
    settings: {
      batch: 64,
      epochs,
      optimizer: { type: 'sgd', learningRate: 0.04, momentum: 0.9 },
      schedule: { type: 'cosine', warmup: 100, final: 0 },
    },
    metric: 'accuracy',
    selectOn: 'test',
    executor: 'wasm',
    bits: 'wasm',
  };
}

describe('Presets: training', () => {
  it(
    'lenet-5 reaches 98.5 % on the MNIST test set within 5 epochs',
    { timeout: 600_000 },
    async () => {
      const [outcome] = await trainer.train(objective(2), 3, [
        { request: { trial: 0, params: {} }, signal: new AbortController().signal },
      ]);
      expect(outcome?.outcome).toBe('succeeded');
      expect(outcome?.outcome === 'succeeded' ? outcome.value : 0).toBeGreaterThanOrEqual(0.985);
    },
  );
});
