import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { Trainer, type TrainObjective } from '../../src/training/run/trainer.ts';
import { size } from '../support/effort.ts';

const trainer = new Trainer({
  resources: fileURLToPath(new URL('../../resources', import.meta.url)),
});
afterAll(() => trainer.dispose());

/** @param validation share of the training images that are not trained on */
function objective(epochs: number, validation: number): TrainObjective {
  return {
    kind: 'train',
    dataset: 'mnist',
    network: 'lenet-5',
    settings: {
      batch: 64,
      epochs,
      ...(validation > 0 && { validation }),
      optimizer: { type: 'sgd', learningRate: 0.04, momentum: 0.9 },
      schedule: { type: 'cosine', warmup: 100, final: 0 },
    },
    metric: 'accuracy',
    selectOn: 'test',
    executor: 'wasm',
    bits: 'wasm',
  };
}

/** All training images, two epochs; in `npm test` a fifth of them, one epoch. */
const [EPOCHS, LEFT_OUT, ACCURACY] = [size(1, 2), size(0.8, 0), size(0.95, 0.985)];

describe('Presets: training', () => {
  it(`lenet-5 reaches ${100 * ACCURACY} % on the MNIST test set (epochs: ${EPOCHS}, training images: ${100 - 100 * LEFT_OUT} %)`, async () => {
    const [outcome] = await trainer.train(objective(EPOCHS, LEFT_OUT), 3, [
      { request: { trial: 0, params: {} }, signal: new AbortController().signal },
    ]);
    expect(outcome?.outcome).toBe('succeeded');
    const value = outcome?.outcome === 'succeeded' ? outcome.value : 0;
    expect(value).toBeGreaterThanOrEqual(ACCURACY);
  });
});
