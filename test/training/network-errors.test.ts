import { problemText } from '../../src/core/errors.ts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SearchSpaceLike } from '../../src/training/objective/objective.ts';
import { checkObjective, type TrainObjective } from '../../src/training/run/trainer.ts';
import { describeNetwork, readDescription as resolve } from '../support/training.ts';

const RESOURCES = new URL('../../resources', import.meta.url).pathname;
const HEAD = [{ type: 'flatten' }, { type: 'dense', units: 10 }];

describe('Network errors', () => {
  const conv = { type: 'conv', filters: 2, kernel: 3 };
  const space: SearchSpaceLike = {
    width: { type: 'int', low: 1, high: 4 },
    head: { type: 'categorical', choices: ['wide', 'slim'] },
    extra: { type: 'int', low: 1, high: 4, when: { head: ['wide'] } },
  };
  const params = { width: 2, head: 'slim' };

  // Network 1×6×6 with the given layers and softmax-cross-entropy; problems as users read them.
  it.each<[string, string, readonly object[]]>([
    [
      'unknown-type',
      'layers[0].type: expected one of conv, dense, max-pool, average-pool, global-average-pool, relu, leaky-relu, gelu, silu, sigmoid, tanh, identity, flatten, dropout, batch-norm, layer-norm, add, multiply, concat, found "cnov" (did you mean "conv"?)',
      [{ type: 'cnov', filters: 2, kernel: 3 }],
    ],
    [
      'unknown-field',
      'layers[0].kernal (conv1): expected one of type, id, from, when, groups, filters, kernel, stride, padding, bias, found "kernal" (did you mean "kernel"?)',
      [{ ...conv, kernal: 3 }],
    ],
    [
      'unknown-field',
      'layers[0].slope (relu1): expected one of type, id, from, when, found "slope"',
      [{ type: 'relu', slope: 0.1 }],
    ],
    [
      'missing-field',
      'layers[0].kernel (conv1): expected an integer or [rows, columns], found nothing',
      [{ type: 'conv', filters: 2 }],
    ],
    [
      'missing-field',
      'layers[1].from (add1): expected two layers or more, found nothing',
      [conv, { type: 'add' }],
    ],
    [
      'wrong-type',
      'layers[0].filters (conv1): expected a number, {"$param", "times", "over"} or {"$channels", "times", "over"}, found "2"',
      [{ ...conv, filters: '2' }],
    ],
    [
      'wrong-type',
      'layers[0].padding (conv1): expected a number or "same", found "sam" (did you mean "same"?)',
      [{ ...conv, padding: 'sam' }],
    ],
    [
      'wrong-type',
      'layers[0].groups (conv1): expected a number or "depthwise", found "all"',
      [{ ...conv, groups: 'all' }],
    ],
    [
      'wrong-type',
      'layers[0].kernel (conv1): expected an integer or a list of two, found [1,2,3]',
      [{ ...conv, kernel: [1, 2, 3] }],
    ],
    [
      'wrong-type',
      'layers[0].filters (conv1): expected an integer, found 2.5',
      [{ ...conv, filters: 2.5 }],
    ],
    [
      'wrong-type',
      'layers[1].rate (dropout1): expected a number or {"$param", "times", "over"}, found {"$channels":true}',
      [conv, { type: 'dropout', rate: { $channels: true } }],
    ],
    [
      'wrong-type',
      'layers[1].from (multiply1): expected two layers, found ["conv1"]',
      [conv, { type: 'multiply', from: ['conv1'] }],
    ],
    [
      'wrong-type',
      'layers[1].from (relu1): expected one layer, found ["conv1","conv1"]',
      [conv, { type: 'relu', from: ['conv1', 'conv1'] }],
    ],
    [
      'wrong-type',
      'layers[0].id (a b): expected letters, digits, _ . -, found "a b"',
      [{ ...conv, id: 'a b' }],
    ],
    [
      'wrong-type',
      'layers[0].when: expected {"parameter": [values]}, found ["wide"]',
      [{ ...conv, when: ['wide'] }, { type: 'relu' }],
    ],
    [
      'out-of-range',
      'layers[0].filters (conv1): expected at least 1, found 0',
      [{ ...conv, filters: 0 }],
    ],
    [
      'out-of-range',
      'layers[0].kernel[1] (conv1): expected at least 1, found 0',
      [{ ...conv, kernel: [3, 0] }],
    ],
    [
      'out-of-range',
      'layers[1].rate (dropout1): expected at least 0 and below 1, found 1',
      [conv, { type: 'dropout', rate: 1 }],
    ],
    [
      'out-of-range',
      'layers[0].slope (leaky-relu1): expected at least 0, found -0.1',
      [{ type: 'leaky-relu', slope: -0.1 }],
    ],
    [
      'out-of-range',
      'layers[0].epsilon (batch-norm1): expected above 0, found 0',
      [{ type: 'batch-norm', epsilon: 0 }],
    ],
    [
      'out-of-range',
      'layers[0].over (layer-norm1): expected "all" or "channels", found "chanels" (did you mean "channels"?)',
      [{ type: 'layer-norm', over: 'chanels' }],
    ],
    [
      'out-of-range',
      'layers[0].padding (max-pool1): expected at most half the size (1, 1), found 2, 2',
      [{ type: 'max-pool', size: 3, padding: 2 }],
    ],
    [
      'out-of-range',
      'layers[1].when.head[0]: expected one of "wide", "slim", the values of "head", found "wied" (did you mean "wide"?)',
      [conv, { type: 'relu', when: { head: ['wied'] } }],
    ],
    [
      'out-of-range',
      'layers[0].type: expected an activation (relu, leaky-relu, gelu, silu, sigmoid, tanh, identity) from parameter "head", found "slim"',
      [{ type: { $param: 'head' } }],
    ],
    [
      'unknown-param',
      'layers[0].filters (conv1): expected a declared parameter (width, head, extra), found "widht" (did you mean "width"?)',
      [{ ...conv, filters: { $param: 'widht' } }],
    ],
    [
      'unknown-param',
      'layers[0].filters (conv1): expected a parameter that is active wherever this layer exists, found "extra", which is absent for some values of the others (give this layer the same "when")',
      [{ ...conv, filters: { $param: 'extra' } }],
    ],
    [
      'unknown-layer',
      'layers[1].from (conv2): expected the id of an earlier layer, found "conv9" (did you mean "conv1"?)',
      [conv, { ...conv, from: 'conv9' }],
    ],
    [
      'unknown-layer',
      'layers[1].from[1] (add1): expected the id of an earlier layer, found "add1"',
      [conv, { type: 'add', from: ['conv1', 'add1'] }],
    ],
    [
      'unknown-layer',
      'layers[1].filters (conv2): expected the id of an earlier layer, found "stem"',
      [conv, { ...conv, filters: { $channels: 'stem' } }],
    ],
    [
      'duplicate-id',
      'layers[1].id (a): expected a unique name, found "a"',
      [
        { ...conv, id: 'a' },
        { ...conv, id: 'a' },
      ],
    ],
    [
      'duplicate-id',
      'layers[1].id (b): expected a unique name, found "b"',
      [
        { id: 'b', repeat: 2, layers: [{ type: 'relu' }] },
        { id: 'b', repeat: 2, layers: [{ type: 'relu' }] },
      ],
    ],
    [
      'shape-mismatch',
      'layers[1] (conv1): expected an image C×H×W as input, found a vector of 36',
      [{ type: 'flatten' }, conv],
    ],
    [
      'shape-mismatch',
      "layers[2] (add1): expected inputs of one shape, as in's 1×6×6, found conv1's 2×4×4",
      [{ id: 'in', type: 'identity' }, conv, { type: 'add', from: ['in', 'conv1'] }],
    ],
    [
      'shape-mismatch',
      "layers[2] (multiply1): expected a shape as conv1's 2×4×4 or 2×1×1, found relu1's 1×6×6",
      [{ type: 'relu' }, conv, { type: 'multiply', from: ['conv1', 'relu1'] }],
    ],
    [
      'shape-mismatch',
      "layers[2] (concat1): expected images of 6×6, as relu1's 1×6×6, found conv1's 2×4×4",
      [{ type: 'relu' }, conv, { type: 'concat', from: ['relu1', 'conv1'] }],
    ],
    [
      'empty-output',
      'layers[1].kernel (conv2): expected at most 4 for its input 2×4×4 (or padding), found 5',
      [conv, { type: 'conv', filters: 1, kernel: 5 }],
    ],
    [
      'empty-output',
      'layers[0].size (average-pool1): expected at most 6 for its input 1×6×6 (or padding), found 7',
      [{ type: 'average-pool', size: [1, 7] }],
    ],
    [
      'groups-do-not-divide',
      'layers[1].groups (conv2): expected a divisor of 2 channels and 2 filters, found 3',
      [conv, { ...conv, groups: 3 }],
    ],
    [
      'groups-do-not-divide',
      'layers[1].groups (conv2): expected a divisor of 2 channels and 3 filters, found 2',
      [conv, { ...conv, filters: 3, groups: 'depthwise' }],
    ],
    [
      'vector-expected',
      'layers[1] (dense1): expected a vector as input, found an image 2×4×4 (insert a flatten layer before it)',
      [conv, { type: 'dense', units: 3 }],
    ],
    [
      'unused-layer',
      'layers[1] (b): expected a layer that another layer reads, found b, which no layer reads',
      [conv, { ...conv, id: 'b' }, { ...conv, from: 'conv1' }],
    ],
  ])('reports once as %s: %s', (code, message, layers) => {
    const { problems } = resolve(describeNetwork([1, 6, 6], layers), params, space);
    expect(problems.map((problem) => [problem.code, problemText(problem)])).toEqual([
      [code, message],
    ]);
  });

  it.each<[string, string, object]>([
    [
      'wrong-type',
      'format: expected "galapagos-network/1", found "galapagos-network/2"',
      { format: 'galapagos-network/2' },
    ],
    ['missing-field', 'name: expected a text, found nothing', { name: undefined }],
    [
      'missing-field',
      'input: expected {"shape", "mean", "deviation"}, found nothing',
      { input: undefined },
    ],
    [
      'wrong-type',
      'input.shape: expected [C, H, W] or [F], positive integers, found [3,0,4]',
      { input: { shape: [3, 0, 4], mean: [0, 0, 0] } },
    ],
    [
      'wrong-type',
      'input.deviation: expected a number above 0 for each of 1 channels, found [0]',
      { input: { shape: [1, 6, 6], deviation: [0] } },
    ],
    ['wrong-type', 'layers: expected a list of layers, found []', { layers: [] }],
    [
      'missing-field',
      'layers: expected at least one layer whose "when" holds, found none',
      { layers: [{ type: 'relu', when: { head: ['wide'] } }] },
    ],
    [
      'unknown-type',
      'loss.type: expected "softmax-cross-entropy" or "mean-squared-error", found "mse"',
      { loss: { type: 'mse' } },
    ],
    [
      'unknown-field',
      'loss.smoothing: expected one of type, found "smoothing"',
      { loss: { type: 'mean-squared-error', smoothing: 0.1 } },
    ],
    [
      'out-of-range',
      'loss.smoothing: expected at least 0 and at most 1, found 2',
      { loss: { type: 'softmax-cross-entropy', smoothing: 2 } },
    ],
    [
      'unknown-field',
      'layer: expected one of $schema, format, name, input, loss, layers, found "layer" (did you mean "layers"?)',
      { layer: [] },
    ],
  ])('reports once as %s: %s', (code, message, changes) => {
    const { problems } = resolve(
      { ...describeNetwork([1, 6, 6], HEAD), ...changes },
      params,
      space,
    );
    expect(problems.map((problem) => [problem.code, problemText(problem)])).toEqual([
      [code, message],
    ]);
  });

  it('reports all problems together, but not the layers that depend on an invalid one', () => {
    const { problems } = resolve(
      describeNetwork(
        [1, 6, 6],
        [
          { type: 'conv', filters: 2, kernel: 9 },
          { type: 'conv', filters: 2, kernel: 9 },
          { type: 'max-pol', size: 2 },
          { type: 'dense', units: -1 },
        ],
      ),
    );
    expect(problems.map((p) => `${p.code} ${p.path}`)).toEqual([
      'empty-output layers[0].kernel',
      'unknown-type layers[2].type',
      'out-of-range layers[3].units',
    ]);
  });

  it('suggests similar names in the same block, whatever the names of the blocks', () => {
    const block = {
      id: 'a.b',
      repeat: 1,
      layers: [
        { id: 'main', type: 'relu' },
        { type: 'relu', from: 'mian' },
      ],
    };
    expect(
      resolve(describeNetwork([1], [{ id: 'outer', repeat: 1, layers: [block] }])).problems.map(
        (p) => problemText(p),
      ),
    ).toEqual([
      'layers[0].layers[0].layers[1].from (outer.0.a.b.0.relu2): expected the id of an earlier layer, found "mian" (did you mean "main"?)',
    ]);
  });

  it('reports a problem once for all repetitions of a repeat', () => {
    const layers = [
      {
        repeat: 4,
        layers: [
          { type: 'max-pool', size: 2 },
          { type: 'relu', slope: 1 },
        ],
      },
    ];
    expect(
      resolve(describeNetwork([1, 4, 4], layers)).problems.map(
        (p) => `${p.code} ${p.path} ${p.layer ?? ''}`,
      ),
    ).toEqual([
      'unknown-field layers[0].layers[1].slope block1.0.relu1',
      'empty-output layers[0].layers[0].size block1.2.max-pool1',
    ]);
  });

  it('stops at more layers than a plan can have', () => {
    const many = {
      repeat: 1000,
      layers: [{ repeat: 1000, layers: [{ repeat: 1000, layers: [{ type: 'relu' }] }] }],
    };
    expect(resolve(describeNetwork([1], [many])).problems.map(problemText)).toEqual([
      'layers[0].layers[0].layers[0].layers[0]: expected at most 5000 layers in all, found more (use fewer layers, or a smaller "repeat")',
    ]);
  });

  it('never throws, whatever the input', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (value, layer) => {
        resolve(value);
        resolve(
          describeNetwork(
            [1, 6, 6],
            [layer as object, { type: 'conv', filters: layer, kernel: layer }],
          ),
        );
        const objective = {
          kind: 'train',
          dataset: value,
          network: value,
          settings: layer,
          metric: value,
          selectOn: layer,
        } as unknown as TrainObjective;
        expect(checkObjective(objective, {}, RESOURCES).length).toBeGreaterThan(0);
      }),
      { numRuns: 500, seed: 4 },
    );
  });

  it('reports a problem if any part of a valid network is replaced by something else', () => {
    const layers = [
      {
        id: 'in',
        type: 'conv',
        filters: 4,
        kernel: [3, 3],
        stride: 1,
        padding: 'same',
        groups: 1,
        bias: true,
      },
      {
        repeat: 2,
        layers: [{ type: { $param: 'act' } }, { type: 'batch-norm', momentum: 0.1, epsilon: 1e-5 }],
      },
      { type: 'max-pool', size: 2, stride: 2, padding: 0 },
      { id: 'gate', type: 'global-average-pool' },
      { type: 'multiply', from: ['max-pool1', 'gate'] },
      { type: 'layer-norm', over: 'all', when: { act: ['relu'] } },
      { type: 'concat', from: ['layer-norm1'], zeros: 1 },
      { type: 'flatten' },
      { type: 'dropout', rate: 0.5 },
      { type: 'dense', units: { $param: 'width', times: 2, over: 1 } },
    ];
    const good = describeNetwork([1, 6, 6], layers, {
      type: 'softmax-cross-entropy',
      smoothing: 0.1,
    });
    const params = { act: 'relu', width: 5 };
    expect(resolve(good, params)).toMatchObject({ problems: [], outputs: { length: 13 } });
    const value = fc.oneof(
      fc.jsonValue(),
      fc.constantFrom(
        { $param: 'act' },
        { $param: 'width' },
        { $param: 'none' },
        { $channels: true },
      ),
    );
    fc.assert(
      fc.property(fc.nat(), value, (which, replacement) => {
        const { names, problems } = resolve(replaced(good, which, replacement), params);
        expect(problems.length > 0).toBe(names.length === 0);
      }),
      { numRuns: 2000, seed: 6 },
    );
  });
});

/** A copy in which one value, at any position, is replaced. */
function replaced(value: unknown, which: number, replacement: unknown): unknown {
  let count = 0;
  const size = (part: unknown): number =>
    typeof part === 'object' && part !== null
      ? 1 + Object.values(part).reduce<number>((n, p) => n + size(p), 0)
      : 1;
  const at = which % size(value);
  const copy = (part: unknown): unknown => {
    if (count++ === at) return replacement;
    if (Array.isArray(part)) return part.map(copy);
    if (typeof part !== 'object' || part === null) return part;
    return Object.fromEntries(Object.entries(part).map(([key, inner]) => [key, copy(inner)]));
  };
  return copy(value);
}
