/** Against the reference, where TensorFlow is: every op in a network, forward, backward and updated, in company, with a remainder. */
import { describe, expect } from 'vitest';
import { ReferenceExecutor } from '../../../src/training/executors/reference/reference.ts';
import { TensorflowExecutor } from '../../../src/training/executors/tensorflow/tensorflow.ts';
import type { OptimizerSettings, Params } from '../../../src/training/objective.ts';
import { byWeight, NEVER, PARAMS, subject, synthetic, trainOn, worst } from '../support.ts';
import { whereInstalled } from './installed.ts';

const BATCH = 6;
const SAMPLES = 15; // 3 steps, the last of 3 samples
const TOLERANCE = 1e-4;

const FLATTEN = [{ type: 'flatten' }];
const HEAD = [...FLATTEN, { type: 'dense', units: 5 }];
const conv = (fields: object): object => ({ type: 'conv', filters: 4, kernel: 3, ...fields });

const NETWORKS: readonly [string, readonly number[], readonly object[]][] = [
  ['conv, valid, on the image', [2, 7, 6], [conv({}), ...HEAD]],
  [
    'conv, same, stride 2, even size',
    [3, 6, 8],
    [conv({ padding: 'same', stride: 2 }), { type: 'relu' }, conv({ padding: 'same', stride: 2 }), ...HEAD],
  ],
  ['conv, uneven kernel and padding', [2, 7, 5], [conv({}), conv({ kernel: [2, 3], padding: [1, 0], filters: 3 }), ...HEAD]],
  ['conv 1×1, 5×5 on one pixel', [3, 1, 1], [conv({ kernel: 1 }), conv({ kernel: 1 }), conv({ kernel: 5, padding: 2 }), ...HEAD]],
  ['conv 1×1 with stride 2', [3, 5, 5], [conv({ padding: 1 }), conv({ kernel: 1, stride: 2, bias: false }), ...HEAD]],
  ['conv in groups', [4, 5, 5], [conv({ groups: 2 }), conv({ groups: 2, filters: 6, padding: 1 }), ...HEAD]],
  [
    'conv depthwise, with a multiplier, stride 2',
    [2, 6, 6],
    [conv({}), conv({ groups: 'depthwise', padding: 1, stride: 2 }), conv({ groups: 4, filters: 8, padding: 1 }), ...HEAD],
  ],
  ['max-pool, overlapping, padded', [1, 8, 7], [conv({ padding: 1 }), { type: 'max-pool', size: 3, stride: 2, padding: 1 }, ...HEAD]],
  [
    'max-pool that leaves rows over, then relu',
    [1, 8, 7],
    [conv({}), { type: 'max-pool', size: 2 }, { type: 'relu' }, conv({ kernel: 2 }), ...HEAD],
  ],
  [
    'average-pool, overlapping, padded',
    [1, 7, 8],
    [conv({ padding: 1 }), { type: 'average-pool', size: 3, stride: 2, padding: 1 }, ...HEAD],
  ],
  ['global-average-pool', [2, 4, 5], [conv({}), { type: 'global-average-pool' }, ...HEAD]],
  ...['leaky-relu', 'gelu', 'silu', 'sigmoid', 'tanh', 'identity', 'relu'].map((type): [string, readonly number[], readonly object[]] => [
    type,
    [2, 4, 4],
    [conv({ padding: 1 }), { type }, conv({}), { type }, ...FLATTEN, { type: 'dense', units: 6 }, { type }, { type: 'dense', units: 5 }],
  ]),
  [
    'dropout on an image and on a vector',
    [2, 4, 5],
    [
      conv({}),
      { type: 'dropout', rate: 0.4 },
      conv({ kernel: 2, padding: 1 }),
      ...FLATTEN,
      { type: 'dropout', rate: { $param: 'dropout' } },
      { type: 'dense', units: 5 },
    ],
  ],
  [
    'dropout on what is shared',
    [7],
    [
      { type: 'dropout', rate: 0.3 },
      { type: 'dense', units: 5 },
    ],
  ],
  [
    'batch-norm on images and vectors',
    [2, 4, 4],
    [
      conv({ padding: 1, bias: false }),
      { type: 'batch-norm' },
      { type: 'relu' },
      conv({}),
      { type: 'batch-norm' },
      ...FLATTEN,
      { type: 'dense', units: 6 },
      { type: 'batch-norm' },
      { type: 'dense', units: 5 },
    ],
  ],
  [
    'layer-norm over all and over channels',
    [2, 4, 5],
    [
      conv({ padding: 1 }),
      { type: 'layer-norm' },
      conv({}),
      { type: 'layer-norm', over: 'channels' },
      ...FLATTEN,
      { type: 'dense', units: 6 },
      { type: 'layer-norm' },
      { type: 'dense', units: 5 },
    ],
  ],
  [
    'add, multiply, concat: a block with squeeze and excite',
    [3, 5, 5],
    [
      { id: 'in', ...conv({ padding: 1 }) },
      { ...conv({ padding: 1 }) },
      { id: 'main', type: 'batch-norm' },
      { type: 'global-average-pool' },
      conv({ kernel: 1, filters: 2 }),
      { type: 'relu' },
      conv({ kernel: 1, filters: 4 }),
      { id: 'gate', type: 'sigmoid' },
      { id: 'scaled', type: 'multiply', from: ['main', 'gate'] },
      { id: 'sum', type: 'add', from: ['scaled', 'in'] },
      { id: 'wide', type: 'concat', from: ['sum', 'in'] },
      { type: 'average-pool', size: 2 },
      ...HEAD,
    ],
  ],
  [
    'concat with zeros around',
    [2, 4, 4],
    [
      conv({ padding: 1, filters: 2 }),
      { id: 'a', type: 'average-pool', size: 1, stride: 2 },
      { type: 'concat', from: ['a'], zeros: [1, 2] },
      ...HEAD,
    ],
  ],
  [
    'multiply of two vectors',
    [6],
    [
      { id: 'a', type: 'dense', units: 4 },
      { id: 'b', type: 'tanh', from: 'a' },
      { type: 'multiply', from: ['a', 'b'] },
      { type: 'dense', units: 5 },
    ],
  ],
  ['dense only', [9], [{ type: 'dense', units: 7, bias: false }, { type: 'tanh' }, { type: 'dense', units: 5 }]],
  ['pool of the image itself', [1, 8, 8], [{ type: 'max-pool', size: 2 }, ...HEAD]],
];

const OPTIMIZERS: readonly OptimizerSettings[] = [
  { type: 'sgd', learningRate: { $param: 'rate' } },
  { type: 'sgd', learningRate: { $param: 'rate' }, momentum: 0.9, nesterov: true, weightDecay: 0.01, decay: 'kernels' },
  { type: 'adam', learningRate: { $param: 'rate' }, weightDecay: 0.01 },
  { type: 'adamw', learningRate: { $param: 'rate' } },
  { type: 'rmsprop', learningRate: { $param: 'rate' }, momentum: 0.5 },
];

function lanesOf(count: number, rate: number) {
  return Array.from({ length: count }, (_, trial) => ({
    seed: { trial, shared: false },
    params: { ...PARAMS, rate: rate * (trial + 1) } satisfies Params,
  }));
}

async function compare(
  shape: readonly number[],
  layers: readonly object[],
  count: number,
  optimizer?: OptimizerSettings,
  loss?: object,
): Promise<void> {
  const rate = optimizer === undefined || optimizer.type === 'sgd' ? 0.05 : 0.005;
  const made = subject(shape, layers, BATCH, { ...(optimizer && { optimizer }), ...(loss && { loss }) });
  const view = synthetic(shape, 5, SAMPLES);
  const lanes = lanesOf(count, rate);
  const found = await trainOn(new TensorflowExecutor(), made, view, 3, lanes, optimizer);
  const expected = await trainOn(new ReferenceExecutor(), made, view, 3, lanes, optimizer);
  const every = Uint32Array.from({ length: SAMPLES }, (_, i) => i);
  const [evaluated, wanted] = [await found.executable.evaluate(every, NEVER), await expected.executable.evaluate(every, NEVER)];
  await found.executable.dispose();
  expected.states.forEach((state, lane) => {
    const mine = found.states[lane];
    if (mine === undefined) throw new Error('a lane is missing');
    const [trained, reference] = [byWeight(made.plan, mine.weights), byWeight(made.plan, state.weights)];
    reference.forEach(({ name, values }, i) => {
      expect(worst(trained[i]?.values ?? [], values, 1e-2), `lane ${String(lane)} ${name}`).toBeLessThan(TOLERANCE);
    });
    state.slots.forEach((slot, s) => {
      expect(worst(mine.slots[s] ?? [], slot, 1e-2), `lane ${String(lane)} slot ${String(s)}`).toBeLessThan(TOLERANCE);
    });
    expect(worst(mine.statistics, state.statistics, 1e-2), `lane ${String(lane)} statistics`).toBeLessThan(TOLERANCE);
    expect(mine.step).toBe(state.step);
    for (const [a, r] of [
      [found.report.lanes[lane], expected.report.lanes[lane]],
      [evaluated[lane], wanted[lane]],
    ]) {
      expect(Math.abs((a?.lossSum ?? NaN) - (r?.lossSum ?? NaN))).toBeLessThan(TOLERANCE * Math.abs(r?.lossSum ?? 0));
      expect(a?.correct).toBe(r?.correct);
      expect(a?.samples).toBe(r?.samples);
    }
  });
}

describe('tensorflow against the reference', () => {
  for (const [name, shape, layers] of NETWORKS) {
    whereInstalled(`${name}, alone`, () => compare(shape, layers, 1));
    whereInstalled(`${name}, three lanes`, () => compare(shape, layers, 3));
  }
  for (const optimizer of OPTIMIZERS) {
    whereInstalled(`optimiser ${JSON.stringify(optimizer)}`, () => compare([2, 4, 4], [conv({}), { type: 'relu' }, ...HEAD], 3, optimizer));
  }
  whereInstalled('label smoothing', () =>
    compare([5], [{ type: 'dense', units: 5 }], 2, undefined, { type: 'softmax-cross-entropy', smoothing: 0.1 }),
  );
  whereInstalled('mean squared error of classes', () =>
    compare([5], [{ type: 'dense', units: 5 }], 2, undefined, { type: 'mean-squared-error' }),
  );
});
