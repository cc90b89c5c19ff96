import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Network } from '../../../src/training/models/network.ts';
import type { Params } from '../../../src/training/objective/objective.ts';
import type { HyperColumn, Plan } from '../../../src/training/plan/plan.ts';
import { HyperRows, type HyperSettings } from '../../../src/training/run/hyper.ts';

const NETWORK: Network = {
  name: 'n',
  input: { shape: [2], mean: [0], deviation: [1] },
  layers: [
    {
      id: 'drop',
      from: [-1],
      fields: { type: 'dropout', rate: { $param: 'rate', over: 2 } },
      output: [2],
    },
  ],
  loss: { type: 'softmax-cross-entropy', smoothing: { $param: 'smoothing' } },
};

/** Only the plan's columns matter here. */
function planWith(...names: string[]): Plan {
  const hyper = names.map((name): HyperColumn => ({
    name,
    type: name.endsWith('threshold') ? 'u32' : 'f32',
    varies: 'step',
  }));
  return { hyper } as unknown as Plan;
}

/** Values of one lane by step and column. */
function laneValues(
  names: string[],
  settings: HyperSettings,
  params: Params,
  perEpoch: number,
  first: number,
  count: number,
): number[][] {
  const rows = new HyperRows(planWith(...names), NETWORK, settings, [params], perEpoch);
  const words = rows.piece(first, count);
  const floats = new Float32Array(words.buffer);
  const of = (row: number): number[] =>
    names.map((name, c) => (name.endsWith('threshold') ? words : floats)[row * names.length + c]!);
  return Array.from({ length: rows.rows === 'run' ? 1 : count }, (_, row) => of(row));
}

const share = fc.double({ min: 0, max: 0.999, noNaN: true });
const rate = fc.double({ min: 1e-6, max: 1, noNaN: true });
const step = fc.integer({ min: 0, max: 100_000 });
const PARAMS = { rate: 0.5, smoothing: 0.1 };
const close = (found: number | undefined, expected: number): void =>
  expect(Math.abs((found ?? NaN) - expected)).toBeLessThanOrEqual(
    1.3e-7 * Math.abs(expected) + 1e-45,
  );

describe('Columns of the optimisers', () => {
  it('give adam a₁ = α/(1−β₁^(t+1)) and a₂ = 1/√(1−β₂^(t+1)), rounded once to float32', () => {
    fc.assert(
      fc.property(rate, share, share, step, (alpha, beta1, beta2, t) => {
        const optimizer = {
          type: 'adam',
          learningRate: alpha,
          beta1,
          beta2,
          weightDecay: 0.25,
        } as const;
        const names = [
          'stepSize',
          'correction',
          'beta1',
          'rest1',
          'beta2',
          'rest2',
          'epsilon',
          'weightDecay',
        ];
        const [row] = laneValues(names, { optimizer }, PARAMS, 10, t, 1);
        const [stepSize, correction, ...rest] = row!;
        close(stepSize, alpha / (1 - beta1 ** (t + 1)));
        close(correction, 1 / Math.sqrt(1 - beta2 ** (t + 1)));
        expect(rest).toEqual([beta1, 1 - beta1, beta2, 1 - beta2, 1e-8, 0.25].map(Math.fround));
      }),
    );
  });

  it('give adamw 1−αλ instead of λ, with the scheduled α', () => {
    fc.assert(
      fc.property(rate, share, fc.integer({ min: 0, max: 40 }), (alpha, decay, epoch) => {
        const optimizer = { type: 'adamw', learningRate: alpha, weightDecay: decay } as const;
        const settings: HyperSettings = {
          optimizer,
          schedule: { type: 'exponential', gamma: 0.9 },
        };
        const [row] = laneValues(['shrink'], settings, PARAMS, 10, 10 * epoch + 9, 1);
        close(row![0], 1 - alpha * 0.9 ** epoch * decay);
      }),
    );
    const [row] = laneValues(
      ['shrink', 'beta1', 'beta2', 'epsilon'],
      { optimizer: { type: 'adamw', learningRate: 1 } },
      PARAMS,
      1,
      0,
      1,
    );
    expect(row).toEqual([0.99, 0.9, 0.999, 1e-8].map(Math.fround));
  });

  it('give sgd and rmsprop their numbers unchanged, one row per run', () => {
    const names = ['learningRate', 'momentum', 'weightDecay'];
    expect(
      laneValues(
        names,
        { optimizer: { type: 'sgd', learningRate: 0.1, momentum: 0.9 } },
        PARAMS,
        10,
        70,
        5,
      ),
    ).toEqual([[0.1, 0.9, 0].map(Math.fround)]);
    const all = ['learningRate', 'alpha', 'rest', 'epsilon', 'momentum', 'weightDecay'];
    const optimizer = { type: 'rmsprop', learningRate: 0.1, alpha: 0.7, weightDecay: 0.2 } as const;
    expect(laneValues(all, { optimizer }, PARAMS, 10, 0, 5)).toEqual([
      [0.1, 0.7, 1 - 0.7, 1e-8, 0, 0.2].map(Math.fround),
    ]);
  });

  it('give clip, smoothing and dropout: threshold ⌊rate·2³²⌋ and scale 1/(1−rate)', () => {
    fc.assert(
      fc.property(share, (rate) => {
        const names = ['clip', 'smoothing', 'drop.threshold', 'drop.scale'];
        const settings: HyperSettings = {
          optimizer: { type: 'sgd', learningRate: 1 },
          clip: { norm: { $param: 'smoothing', times: 50 } },
        };
        const [row] = laneValues(names, settings, { rate: 2 * rate, smoothing: 0.1 }, 1, 0, 1);
        expect(row).toEqual([
          Math.fround(5),
          Math.fround(0.1),
          Math.floor(rate * 2 ** 32),
          Math.fround(1 / (1 - rate)),
        ]);
      }),
    );
    const value: HyperSettings = {
      optimizer: { type: 'sgd', learningRate: 1 },
      clip: { value: 0.5 },
    };
    expect(laneValues(['clip'], value, PARAMS, 1, 0, 1)).toEqual([[0.5]]);
  });
});

describe('Schedules of the learning rate', () => {
  const sgd = { type: 'sgd', learningRate: { $param: 'lr' } } as const;
  const at = (
    schedule: HyperSettings['schedule'],
    lr: number,
    t: number,
    perEpoch: number,
    epochs = 3,
  ): number | undefined =>
    laneValues(
      ['learningRate'],
      { optimizer: sgd, schedule, epochs },
      { ...PARAMS, lr },
      perEpoch,
      t,
      1,
    )[0]?.[0];

  it('multiply by γ^e (exponential) or γ^⌊e/every⌋ (step)', () => {
    fc.assert(
      fc.property(
        rate,
        share,
        fc.integer({ min: 1, max: 50 }),
        fc.integer({ min: 1, max: 7 }),
        step,
        (lr, gamma, perEpoch, every, t) => {
          const epoch = Math.floor(t / perEpoch);
          close(at({ type: 'exponential', gamma }, lr, t, perEpoch), lr * gamma ** epoch);
          close(
            at({ type: 'step', every, gamma }, lr, t, perEpoch),
            lr * gamma ** Math.floor(epoch / every),
          );
        },
      ),
    );
  });

  it('follow a cosine with warm-up over the lane’s own T steps', () => {
    const whole = fc.integer({ min: 1, max: 60 });
    fc.assert(
      fc.property(
        rate,
        share,
        whole,
        whole,
        fc.integer({ min: 0, max: 80 }),
        share,
        (lr, final, perEpoch, epochs, warmup, where) => {
          const total = perEpoch * epochs;
          const t = Math.floor(where * total);
          const expected =
            t < warmup
              ? (lr * (t + 1)) / warmup
              : lr *
                (final +
                  (1 - final) * 0.5 * (1 + Math.cos((Math.PI * (t - warmup)) / (total - warmup))));
          const found = at({ type: 'cosine', warmup, final }, lr, t, perEpoch, epochs);
          // Near the end the terms cancel, so the error is relative to α.
          expect(Math.abs(found! - expected)).toBeLessThanOrEqual(
            1.3e-7 * Math.abs(expected) + 1e-15 * lr,
          );
        },
      ),
    );
  });

  it('use each lane’s own T and end after its own epochs', () => {
    const settings: HyperSettings = {
      optimizer: sgd,
      schedule: { type: 'cosine', warmup: 0, final: 0 },
      epochs: { $param: 'epochs' },
    };
    const lanes = [1, 4].map((epochs) => ({ ...PARAMS, lr: 1, epochs }));
    const rows = new HyperRows(planWith('learningRate'), NETWORK, settings, lanes, 8);
    expect(rows.epochs).toEqual([1, 4]);
    const [short, long] = new Float32Array(rows.piece(4, 1).buffer);
    close(short, 0.5);
    close(long, 0.5 * (1 + Math.cos(Math.PI / 8)));
  });
});

describe('Rows of hyper-parameters in pieces', () => {
  it('are equal for any division of the steps, so resuming needs no history', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 500 }),
        fc.integer({ min: 1, max: 40 }),
        (first, count) => {
          const optimizer = { type: 'adam', learningRate: { $param: 'smoothing' } } as const;
          const settings: HyperSettings = {
            optimizer,
            schedule: { type: 'cosine', warmup: 9, final: 0.1 },
            epochs: 60,
          };
          const whole = new HyperRows(
            planWith('stepSize', 'correction'),
            NETWORK,
            settings,
            [PARAMS, PARAMS],
            9,
          ).piece(0, first + count);
          const piece = new HyperRows(
            planWith('stepSize', 'correction'),
            NETWORK,
            settings,
            [PARAMS, PARAMS],
            9,
          ).piece(first, count);
          expect(piece).toEqual(whole.subarray(4 * first));
        },
      ),
    );
  });

  it('report a parameter that a lane lacks, and a column without a source', () => {
    const make = (names: string[], params: Params): HyperRows =>
      new HyperRows(
        planWith(...names),
        NETWORK,
        { optimizer: { type: 'sgd', learningRate: { $param: 'lr' } } },
        [params],
        1,
      );
    expect(() => make(['learningRate'], PARAMS)).toThrow(
      'parameter "lr": expected a number, found nothing',
    );
    expect(() => make(['stepSize'], { ...PARAMS, lr: 1 })).toThrow(
      "no value for the plan's column stepSize",
    );
  });
});
