/**
 * Small networks that together contain every op, optimizer and form of gradient accumulation, for
 * the tests of all executors. They are not presets: shapes are odd, images small, batches leave
 * remainders.
 */
import type { HyperSettings } from '../../src/training/run/hyper.ts';
import type { SmallNetwork } from './networks.ts';

const IMAGE = [2, 7, 6];
const PIXEL = [3, 1, 1];
const conv = (filters: number, kernel: number | readonly number[], more: object = {}): object => ({
  type: 'conv',
  filters,
  kernel,
  ...more,
});
const dense = (units: number, more: object = {}): object => ({ type: 'dense', units, ...more });
const plain = (type: string, more: object = {}): object => ({ type, ...more });
const FLAT = plain('flatten');
const HEAD = [FLAT, dense(3)];
const GAP = plain('global-average-pool');
const network = (
  name: string,
  shape: readonly number[],
  layers: readonly object[],
  more: Partial<SmallNetwork> = {},
): SmallNetwork => ({
  name,
  shape,
  layers,
  ...more,
});
const STACK = [FLAT, dense(6), plain('tanh'), dense(3)];
const rate = { $param: 'rate' };
const optimised = (
  name: string,
  optimizer: object,
  more: Partial<SmallNetwork> = {},
): SmallNetwork =>
  network(name, [1, 3, 3], STACK, {
    settings: { optimizer: optimizer as HyperSettings['optimizer'], ...more.settings },
  });

const ACTIVATIONS = ['relu', 'leaky-relu', 'gelu', 'silu', 'sigmoid', 'tanh'];

const LAYERS: readonly SmallNetwork[] = [
  network('dense', IMAGE, HEAD),
  network(
    'dense without bias, on numbers',
    [5],
    [dense(7, { bias: false }), plain('relu'), dense(3)],
  ),
  network('conv', IMAGE, [conv(3, [3, 2]), ...HEAD]),
  network('conv, stride (2,3), uneven "same", no bias', IMAGE, [
    conv(2, [4, 3], { stride: [2, 3], padding: 'same', bias: false }),
    conv(3, 2),
    ...HEAD,
  ]),
  network('conv 1×1 with stride 2: pixels no window reads', IMAGE, [
    conv(3, 3, { padding: 1 }),
    conv(4, 1, { stride: 2 }),
    ...HEAD,
  ]),
  network('conv in groups', IMAGE, [conv(4, 1), conv(6, 3, { groups: 2, padding: 1 }), ...HEAD]),
  network('depthwise conv with a multiplier', IMAGE, [
    conv(4, 3, { groups: 'depthwise', padding: 1 }),
    conv(8, [3, 2], { groups: 'depthwise' }),
    ...HEAD,
  ]),
  network(
    'depthwise 5×5 with stride 2',
    [3, 9, 8],
    [conv(5, 1), conv(5, 5, { groups: 'depthwise', padding: 2, stride: 2, bias: false }), ...HEAD],
  ),
  network('conv 5×5 on one pixel', PIXEL, [
    conv(4, 5, { padding: 2 }),
    plain('relu'),
    conv(5, 3, { padding: 1 }),
    ...HEAD,
  ]),
  network(
    'conv with many channels',
    [3, 6, 5],
    [conv(17, 3, { padding: 1 }), plain('relu'), conv(9, 3, { padding: 1, stride: 2 }), ...HEAD],
  ),
  network('max-pool and relu between convs', IMAGE, [
    conv(2, 2),
    plain('max-pool', { size: 2 }),
    plain('relu'),
    conv(2, 2),
    ...HEAD,
  ]),
  network('relu before a max-pool', IMAGE, [
    conv(3, 2),
    plain('relu'),
    plain('max-pool', { size: 2 }),
    conv(2, 2),
    ...HEAD,
  ]),
  network('overlapping, padded max-pool', IMAGE, [
    conv(2, 2),
    plain('max-pool', { size: 3, stride: 2, padding: 1 }),
    ...HEAD,
  ]),
  network('average-pool', IMAGE, [conv(2, 2), plain('average-pool', { size: 2 }), ...HEAD]),
  network('overlapping, padded average-pool', IMAGE, [
    conv(2, 2),
    plain('average-pool', { size: [3, 2], stride: [2, 1], padding: [1, 0] }),
    ...HEAD,
  ]),
  network('average-pool of one tap with stride 2', IMAGE, [
    conv(2, 2),
    plain('average-pool', { size: 1, stride: 2 }),
    ...HEAD,
  ]),
  network('global-average-pool', IMAGE, [conv(5, 3), plain('relu'), GAP, ...HEAD]),
  network('pools of one pixel', PIXEL, [
    conv(4, 1),
    plain('max-pool', { size: 1 }),
    plain('average-pool', { size: 1 }),
    GAP,
    ...HEAD,
  ]),
  ...ACTIVATIONS.map((type) =>
    network(`${type} after a conv and after a dense`, IMAGE, [
      conv(3, 3),
      plain(type),
      FLAT,
      dense(7),
      plain(type),
      dense(3),
    ]),
  ),
  ...ACTIVATIONS.map((type) =>
    network(
      `${type} last: its output is read after the loss`,
      [1, 3, 3],
      [FLAT, dense(4), plain(type)],
      {
        loss: { type: 'mean-squared-error' },
      },
    ),
  ),
  network('leaky-relu of other slopes', IMAGE, [
    conv(3, 3),
    plain('leaky-relu', { slope: 0.3 }),
    FLAT,
    dense(5),
    plain('leaky-relu', { slope: 0 }),
    dense(3),
  ]),
  network('dropout of an image, then flatten', IMAGE, [
    conv(3, 3),
    plain('dropout', { rate: { $param: 'dropout' } }),
    ...HEAD,
  ]),
  network(
    'dropout before and after relu',
    [1, 3, 3],
    [
      FLAT,
      dense(9),
      plain('dropout', { rate: 0.5 }),
      plain('relu'),
      plain('dropout', { rate: { $param: 'dropout' } }),
      dense(3),
    ],
  ),
  network(
    'a dropout beside other readers of what it reads',
    [1, 3, 3],
    [
      FLAT,
      { ...dense(6), id: 'a' },
      { ...plain('dropout', { rate: 0.4 }), id: 'd' },
      { ...plain('relu', { from: 'a' }), id: 'r' },
      plain('add', { from: ['d', 'r'] }),
      dense(3),
    ],
  ),
  network('batch-norm, relu', IMAGE, [
    conv(3, 3),
    plain('batch-norm'),
    plain('relu'),
    conv(4, 2, { bias: false }),
    plain('batch-norm', { momentum: 0.3, epsilon: 0.01 }),
    plain('silu'),
    ...HEAD,
  ]),
  network(
    'batch-norm of vectors',
    [1, 3, 3],
    [FLAT, dense(6), plain('batch-norm', { epsilon: 0.1 }), plain('relu'), dense(3)],
  ),
  network('batch-norm of the input, which has no gradient', IMAGE, [
    plain('batch-norm', { epsilon: 0.01 }),
    conv(3, 3),
    plain('relu'),
    ...HEAD,
  ]),
  network('batch-norm of one pixel', PIXEL, [
    conv(4, 1),
    plain('batch-norm', { epsilon: 0.1 }),
    plain('tanh'),
    ...HEAD,
  ]),
  network('batch-norm after a relu and a pool', IMAGE, [
    conv(3, 2),
    plain('relu'),
    plain('batch-norm'),
    plain('max-pool', { size: 2 }),
    plain('batch-norm'),
    ...HEAD,
  ]),
  network('layer-norm over everything', IMAGE, [
    conv(3, 3),
    plain('layer-norm'),
    plain('relu'),
    ...HEAD,
  ]),
  network('layer-norm over channels', IMAGE, [
    conv(5, 3),
    plain('layer-norm', { over: 'channels', epsilon: 0.01 }),
    plain('gelu'),
    ...HEAD,
  ]),
  network(
    'layer-norm of vectors',
    [1, 3, 3],
    [FLAT, dense(6), plain('layer-norm'), plain('relu'), dense(3)],
  ),
  network('layer-norm of the input, which has no gradient', IMAGE, [
    plain('layer-norm', { over: 'channels', epsilon: 0.1 }),
    ...HEAD,
  ]),
];

const JOINS: readonly SmallNetwork[] = [
  network('a residual block', IMAGE, [
    { ...conv(3, 3, { padding: 1 }), id: 'in' },
    conv(3, 3, { padding: 1 }),
    plain('batch-norm'),
    plain('relu'),
    conv(3, 3, { padding: 1 }),
    { ...plain('batch-norm'), id: 'main' },
    plain('add', { from: ['main', 'in'] }),
    plain('relu'),
    ...HEAD,
  ]),
  network('a residual block with a projection', IMAGE, [
    { ...conv(3, 3, { padding: 1 }), id: 'in' },
    conv(4, 3, { padding: 1, stride: 2, bias: false }),
    plain('relu'),
    { ...conv(5, 1), id: 'main' },
    { ...conv(5, 1, { stride: 2, from: 'in' }), id: 'short' },
    plain('add', { from: ['short', 'main'] }),
    plain('relu'),
    ...HEAD,
  ]),
  network(
    'a residual block with a padding shortcut',
    [2, 6, 6],
    [
      { ...conv(4, 3, { padding: 1 }), id: 'in' },
      conv(6, 3, { padding: 1, stride: 2 }),
      { ...plain('batch-norm'), id: 'main' },
      { ...plain('average-pool', { size: 1, stride: 2, from: 'in' }), id: 'half' },
      { ...plain('concat', { from: ['half'], zeros: [1, 1] }), id: 'short' },
      plain('add', { from: ['main', 'short'] }),
      plain('relu'),
      ...HEAD,
    ],
  ),
  network('a conv added to what it reads: two gradients of one memory', IMAGE, [
    { ...conv(3, 1), id: 'in' },
    { ...conv(3, 3, { padding: 1 }), id: 'main' },
    plain('add', { from: ['main', 'in'] }),
    ...HEAD,
  ]),
  network(
    'add of three, one of them twice',
    [1, 3, 3],
    [
      FLAT,
      { ...dense(5), id: 'a' },
      { ...plain('tanh'), id: 'b' },
      plain('add', { from: ['a', 'b', 'a'] }),
      dense(3),
    ],
  ),
  network(
    'two parts of a sum, one made of the other and read again',
    [1, 3, 3],
    [
      FLAT,
      { ...dense(5), id: 'b' },
      plain('tanh'),
      { ...dense(5), id: 'a' },
      { ...plain('tanh'), id: 'c' },
      { ...plain('add', { from: ['a', 'b'] }), id: 's' },
      plain('concat', { from: ['s', 'c'] }),
      dense(3),
    ],
  ),
  network('a layer with four readers', IMAGE, [
    { ...conv(3, 3), id: 'a' },
    { ...plain('relu'), id: 'r' },
    { ...plain('sigmoid', { from: 'a' }), id: 's' },
    { ...plain('gelu', { from: 'a' }), id: 'g' },
    { ...conv(3, 1, { from: 'a' }), id: 'c' },
    { ...plain('multiply', { from: ['r', 's'] }), id: 'rs' },
    { ...plain('add', { from: ['rs', 'g'] }), id: 'x' },
    plain('add', { from: ['x', 'c'] }),
    ...HEAD,
  ]),
  network(
    'relu read twice, and what it reads read again',
    [1, 3, 3],
    [
      FLAT,
      { ...dense(6), id: 'a' },
      { ...plain('relu'), id: 'r' },
      { ...dense(6), id: 'b' },
      plain('add', { from: ['a', 'r', 'b'] }),
      dense(3),
    ],
  ),
  network(
    'flatten and identity beside other readers',
    [2, 3, 2],
    [
      { ...conv(2, 1), id: 'a' },
      { ...plain('identity'), id: 'i' },
      { ...plain('flatten', { from: 'a' }), id: 'f' },
      { ...plain('relu', { from: 'i' }), id: 'r' },
      { ...plain('flatten'), id: 'rf' },
      { ...plain('flatten', { from: 'i' }), id: 'if' },
      plain('add', { from: ['f', 'rf', 'if'] }),
      dense(3),
    ],
  ),
  network('squeeze and excite', IMAGE, [
    conv(4, 3),
    { ...plain('silu'), id: 'main' },
    GAP,
    conv(2, 1),
    plain('relu'),
    conv(4, 1),
    { ...plain('sigmoid'), id: 'gate' },
    plain('multiply', { from: ['gate', 'main'] }),
    ...HEAD,
  ]),
  network(
    'multiply of equal shapes, and with itself',
    [1, 3, 3],
    [
      FLAT,
      { ...dense(5), id: 'a' },
      { ...plain('tanh'), id: 'b' },
      { ...plain('multiply', { from: ['a', 'b'] }), id: 'm' },
      plain('multiply', { from: ['m', 'm'] }),
      dense(3),
    ],
  ),
  network('a product added to its factor', IMAGE, [
    { ...conv(3, 3), id: 'x' },
    { ...plain('sigmoid'), id: 's' },
    { ...plain('multiply', { from: ['x', 's'] }), id: 'm' },
    plain('add', { from: ['m', 'x'] }),
    ...HEAD,
  ]),
  network('concat of channels, dense block', IMAGE, [
    { ...conv(3, 3, { padding: 1 }), id: 'a' },
    plain('relu'),
    { ...conv(2, 3, { padding: 1 }), id: 'b' },
    { ...plain('concat', { from: ['a', 'b'] }), id: 'ab' },
    plain('batch-norm'),
    { ...conv(2, 1), id: 'c' },
    plain('concat', { from: ['c', 'ab', 'a'] }),
    ...HEAD,
  ]),
  network(
    'concat of features, of the same twice',
    [1, 3, 3],
    [
      FLAT,
      { ...dense(5), id: 'a' },
      { ...plain('tanh'), id: 'b' },
      plain('concat', { from: ['b', 'a', 'b'], zeros: [2, 1] }),
      dense(3),
    ],
  ),
  network('joins of the input itself', IMAGE, [
    { ...plain('identity'), id: 'in' },
    { ...conv(2, 3, { padding: 1 }), id: 'a' },
    { ...plain('add', { from: ['in', 'a'] }), id: 'b' },
    { ...plain('multiply', { from: ['in', 'b'] }), id: 'c' },
    plain('concat', { from: ['c', 'in'] }),
    ...HEAD,
  ]),
];

const LOSSES: readonly SmallNetwork[] = [
  network('label smoothing', [1, 3, 3], STACK, {
    loss: { type: 'softmax-cross-entropy', smoothing: 0.3 },
  }),
  network('squared error of classes', [1, 3, 3], STACK, { loss: { type: 'mean-squared-error' } }),
  network('squared error of numbers, from numbers', [5], [dense(6), plain('tanh'), dense(2)], {
    loss: { type: 'mean-squared-error' },
    data: { sampleType: 'f32', targets: 2 },
  }),
  network('classes of numbers', [5], [dense(6), plain('tanh'), dense(3)], {
    data: { sampleType: 'f32' },
  }),
  network('an image of numbers', IMAGE, [conv(3, 3), plain('relu'), ...HEAD], {
    data: { sampleType: 'f32' },
  }),
  network('crop and flip', [3, 6, 5], [conv(3, 3), plain('relu'), ...HEAD], {
    settings: { augment: { crop: 2, flip: true } },
  }),
  network('flip alone', [1, 4, 5], HEAD, { settings: { augment: { crop: 0, flip: true } } }),
  network('a batch of one', IMAGE, [conv(3, 3), plain('relu'), ...HEAD], { batch: 1 }),
  network(
    'a batch of nine, remainder of two',
    IMAGE,
    [conv(3, 3), plain('batch-norm'), plain('relu'), ...HEAD],
    { batch: 9 },
  ),
];

const momentum = { $param: 'momentum' };

const OPTIMISERS: readonly SmallNetwork[] = [
  optimised('sgd without momentum', { type: 'sgd', learningRate: rate }),
  optimised('sgd with momentum and decay', {
    type: 'sgd',
    learningRate: rate,
    momentum,
    weightDecay: 0.1,
  }),
  optimised('sgd, Nesterov', { type: 'sgd', learningRate: rate, momentum, nesterov: true }),
  optimised('sgd, decay of kernels only', {
    type: 'sgd',
    learningRate: rate,
    momentum,
    weightDecay: 0.3,
    decay: 'kernels',
  }),
  optimised('adam', { type: 'adam', learningRate: rate }),
  optimised('adam with decay', {
    type: 'adam',
    learningRate: rate,
    beta1: 0.8,
    beta2: 0.95,
    epsilon: 1e-6,
    weightDecay: 0.2,
  }),
  optimised('adamw', { type: 'adamw', learningRate: rate, weightDecay: 0.3 }),
  optimised('adamw, decay of kernels only', {
    type: 'adamw',
    learningRate: rate,
    weightDecay: 0.3,
    decay: 'kernels',
  }),
  optimised('rmsprop', { type: 'rmsprop', learningRate: rate, alpha: 0.9 }),
  optimised('rmsprop with momentum and decay', {
    type: 'rmsprop',
    learningRate: rate,
    momentum,
    weightDecay: 0.1,
    alpha: 0.9,
    epsilon: 1e-4,
  }),
  optimised(
    'clip by norm',
    { type: 'sgd', learningRate: rate },
    { settings: { clip: { norm: 0.1 } } },
  ),
  optimised(
    'clip by norm, not reached',
    { type: 'sgd', learningRate: rate },
    { settings: { clip: { norm: 1000 } } },
  ),
  optimised(
    'clip by value',
    { type: 'sgd', learningRate: rate, momentum },
    { settings: { clip: { value: 0.02 } } },
  ),
  optimised(
    'cosine with warm-up',
    { type: 'adamw', learningRate: rate },
    { settings: { schedule: { type: 'cosine', warmup: 1, final: 0.1 } } },
  ),
  optimised(
    'exponential schedule',
    { type: 'sgd', learningRate: rate, momentum },
    { settings: { schedule: { type: 'exponential', gamma: 0.5 } } },
  ),
];

export const NETWORKS: readonly SmallNetwork[] = [...LAYERS, ...JOINS, ...LOSSES, ...OPTIMISERS];
