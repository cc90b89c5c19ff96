import { afterAll, describe, expect, it } from 'vitest';
import { checksum } from '../../../src/training/run/lane.ts';
import {
  Trainer,
  type LaneOutcome,
  type ParamValue,
  type TrainObjective,
  type TrainOptions,
} from '../../../src/training/run/trainer.ts';

const trainer = new Trainer({ resources: new URL('../../../resources', import.meta.url).pathname });
const paper: TrainObjective = {
  kind: 'train',
  dataset: 'mnist',
  network: 'mnist-paper',
  settings: {
    batch: 128,
    epochs: 1,
    optimizer: { type: 'sgd', learningRate: { $param: 'lr' }, momentum: { $param: 'mmt' } },
    shuffle: false,
  },
  metric: 'accuracy',
  // From Node 22 on there are two executors, of which each call might take another.
  bits: 'wasm',
  selectOn: 'test',
};
/** The same with a fifth of the training images. */
const quick: TrainObjective = {
  ...paper,
  settings: { ...(paper.settings as object), validation: 0.8 },
};
const GOOD = { lr: 0.1, mmt: 0.5, dropout: 0.1 };

function lanes(
  ...of: readonly { trial: number; params?: Record<string, ParamValue>; signal?: AbortSignal }[]
): Parameters<Trainer['train']>[2] {
  return of.map(({ trial, params = GOOD, signal = new AbortController().signal }) => ({
    request: { trial, params },
    signal,
  }));
}

function succeeded(
  outcome: LaneOutcome | undefined,
): Extract<LaneOutcome, { outcome: 'succeeded' }> {
  if (outcome?.outcome !== 'succeeded')
    throw new Error(`expected success, found ${JSON.stringify(outcome)}`);
  return outcome;
}

afterAll(() => trainer.dispose());

describe('Trainer on MNIST', () => {
  it('reaches the published accuracy in one epoch: mean of six trials', async () => {
    const outcomes = await trainer.train(
      paper,
      7,
      lanes(...[0, 1, 2, 3, 4, 5].map((trial) => ({ trial }))),
    );
    const values = outcomes.map((o) => succeeded(o).value);
    console.log(`accuracies: ${values.join(' ')}`);
    expect(values.reduce((a, b) => a + b, 0) / values.length).toBeGreaterThanOrEqual(0.935);
    expect(succeeded(outcomes[0]).executor).toBe('wasm');
  });

  it('gives the same checksum alone, with other lanes, and in a second trainer', async () => {
    const company = await trainer.train(
      quick,
      3,
      lanes({ trial: 5 }, { trial: 6, params: { ...GOOD, lr: 0.03 } }),
    );
    const other = new Trainer({
      resources: new URL('../../../resources', import.meta.url).pathname,
    });
    const [alone] = await other.train(quick, 3, lanes({ trial: 5 }));
    await other.dispose();
    expect(succeeded(alone).checksum).toBe(succeeded(company[0]).checksum);
    expect(succeeded(company[1]).checksum).not.toBe(succeeded(company[0]).checksum);
  });

  it('starts all trials with equal weights if the settings say so', async () => {
    const same = { ...quick, settings: { ...(quick.settings as object), sameStart: true } };
    const [a, b] = await trainer.train(same, 3, lanes({ trial: 1 }, { trial: 2 }));
    expect(succeeded(a).checksum).toBe(succeeded(b).checksum);
  });

  it('reports divergence as an outcome and continues with the other lanes', async () => {
    const outcomes = await trainer.train(
      quick,
      7,
      lanes({ trial: 0, params: { ...GOOD, lr: 3e38 } }, { trial: 1 }),
    );
    expect(outcomes[0]).toMatchObject({
      outcome: 'diverged',
      epoch: 0,
      reports: [],
      executor: 'wasm',
    });
    expect(succeeded(outcomes[1]).value).toBeGreaterThan(0.5);
  });

  it('cancels one lane between chunks without changing the others', async () => {
    const stop = new AbortController();
    const seen: number[] = [];
    const progress: TrainOptions['progress'] = ({ step, steps }) => {
      seen.push(step);
      expect(steps).toBe(94);
      if (step > 10) stop.abort();
    };
    const outcomes = await trainer.train(
      quick,
      3,
      lanes({ trial: 4, signal: stop.signal }, { trial: 5 }),
      { progress },
    );
    expect(outcomes[0]).toMatchObject({ outcome: 'cancelled', executor: 'wasm' });
    const [alone] = await trainer.train(quick, 3, lanes({ trial: 5 }));
    expect(succeeded(outcomes[1]).checksum).toBe(succeeded(alone).checksum);
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
  });

  it('lets the event loop run while it trains', async () => {
    let turns = 0;
    const timer = setInterval(() => {
      turns += 1;
    }, 1);
    await trainer.train(paper, 3, lanes({ trial: 5 }, { trial: 6 }, { trial: 7 }));
    clearInterval(timer);
    // A turn after each chunk of about 25 ms; without them there would be one or two in all.
    expect(turns).toBeGreaterThan(10);
  });

  it('validates on a split, shuffles, and trains lanes with different numbers of epochs', async () => {
    const objective: TrainObjective = {
      ...paper,
      settings: {
        batch: 256,
        epochs: { $param: 'epochs' },
        optimizer: { type: 'sgd', learningRate: 0.1 },
        validation: 0.5,
        remainder: 'drop',
      },
      metric: 'loss',
      selectOn: 'validation',
    };
    const outcomes = await trainer.train(
      objective,
      1,
      lanes(
        { trial: 0, params: { ...GOOD, epochs: 1 } },
        { trial: 0, params: { ...GOOD, epochs: 2 } },
      ),
    );
    const [one, two] = outcomes.map(succeeded);
    expect([one?.metrics['epochs'], two?.metrics['epochs']]).toEqual([1, 2]);
    expect(two!.value).toBeLessThan(one!.value);
    expect(one!.value).toBe(one!.metrics['loss']);
  });

  it('refuses lanes of different shapes, wrong objectives, and concurrent calls', async () => {
    const network = {
      format: 'galapagos-network/1',
      name: 'n',
      input: { shape: [1, 28, 28] },
      layers: [{ type: 'flatten' }, { type: 'dense', units: { $param: 'units' } }],
      loss: { type: 'softmax-cross-entropy' },
    };
    const two = lanes(
      { trial: 0, params: { ...GOOD, units: 10 } },
      { trial: 1, params: { ...GOOD, units: 11 } },
    );
    await expect(trainer.train({ ...paper, network }, 1, two)).rejects.toMatchObject({
      kind: 'unsupported',
      message: /share their structure/,
    });
    await expect(
      trainer.train({ ...paper, network: 'mnist-papre' }, 1, lanes({ trial: 0 })),
    ).rejects.toThrow(/did you mean "mnist-paper"/);
    const first = trainer.train(quick, 1, lanes({ trial: 0 }));
    await expect(trainer.train(quick, 1, lanes({ trial: 0 }))).rejects.toThrow(/busy/);
    await first;
  });
});

describe('Checksum of weights', () => {
  it('is the SHA-256 of little-endian float32', () => {
    expect(checksum(Float32Array.of(1, -2.5))).toBe(
      '48943f7a0ea247f8e3c9386d0c5822fe181d323a9289980426638cc4e72a43e1',
    );
    expect(checksum(new Float32Array(0))).toBe(
      'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    );
  });
});
