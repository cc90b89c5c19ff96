import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Params, SearchSpaceLike } from '../../src/training/objective.ts';
import { resolveNetwork } from '../../src/training/models/resolve.ts';
import { Scope } from '../../src/training/models/scope.ts';
import type { Problem } from '../../src/training/problem.ts';
import { checkObjective, Trainer, type TrainObjective } from '../../src/training/trainer.ts';
import { describeNetwork } from './support.ts';

const RESOURCES = new URL('../../resources', import.meta.url).pathname;
const HEAD = [{ type: 'flatten' }, { type: 'dense', units: 10 }];

function resolve(
  description: unknown,
  params: Params = {},
  space?: SearchSpaceLike,
): { names: string[]; outputs: string[]; problems: readonly Problem[] } {
  const scope = new Scope(params, space);
  const network = resolveNetwork(description, scope);
  const layers = network?.layers ?? [];
  return {
    names: layers.map((l) => l.id),
    outputs: layers.map((l) => l.output.join('×')),
    problems: scope.problems,
  };
}

describe('networks', () => {
  it('unroll repeats, decide `when`, scale numbers, take activations from a parameter', () => {
    const layers = [
      {
        repeat: { $param: 'depth' },
        layers: [
          { type: 'conv', filters: { $param: 'width' }, kernel: 3, padding: 'same' },
          { type: { $param: 'act' } },
          { type: 'max-pool', size: 2 },
        ],
      },
      { type: 'flatten' },
      { when: { head: ['wide'] }, type: 'dense', units: { $param: 'width', times: 4 } },
      { type: 'dense', units: { $param: 'width', over: 3 } },
    ];
    const { names, outputs, problems } = resolve(describeNetwork([1, 9, 9], layers), { depth: 2, width: 5, act: 'relu', head: 'wide' });
    expect(problems).toEqual([]);
    expect(names).toEqual([
      'block1.0.conv1',
      'block1.0.relu1',
      'block1.0.max-pool1',
      'block1.1.conv1',
      'block1.1.relu1',
      'block1.1.max-pool1',
      'flatten1',
      'dense1',
      'dense2',
    ]);
    expect(outputs).toEqual(['5×9×9', '5×9×9', '5×4×4', '5×4×4', '5×4×4', '5×2×2', '20', '20', '1']);
    expect(resolve(describeNetwork([1, 9, 9], layers), { depth: 1, width: 5, act: 'identity', head: 'slim' }).names).toHaveLength(5);
  });

  it("know the channels of a layer's input and of a named layer", () => {
    const layers = [
      { id: 'stem', type: 'conv', filters: 6, kernel: 1 },
      { type: 'conv', filters: { $channels: true, over: 4 }, kernel: 1 },
      { type: 'conv', filters: { $channels: 'stem', times: 2 }, kernel: 1 },
    ];
    expect(resolve(describeNetwork([1, 2, 2], layers)).outputs).toEqual(['6×2×2', '1×2×2', '12×2×2']);
  });
});

describe('each error, once', () => {
  const conv = { type: 'conv', filters: 2, kernel: 3 };
  it.each<[string, readonly object[], Partial<Problem>]>([
    ['unknown-type', [{ type: 'cnov', filters: 2, kernel: 3 }], { path: 'layers[0].type', hint: 'did you mean "conv"?' }],
    ['unknown-field', [{ ...conv, kernal: 3 }], { path: 'layers[0].kernal', layer: 'conv1', hint: 'did you mean "kernel"?' }],
    ['missing-field', [{ type: 'conv', filters: 2 }], { path: 'layers[0].kernel' }],
    ['wrong-type', [{ ...conv, filters: '2' }], { path: 'layers[0].filters', found: '"2"' }],
    ['out-of-range', [{ ...conv, filters: 0 }], { path: 'layers[0].filters', expected: 'at least 1' }],
    ['out-of-range', [...HEAD, { type: 'dropout', rate: 1 }], { path: 'layers[2].rate', expected: 'at least 0 and below 1' }],
    ['unknown-param', [{ ...conv, filters: { $param: 'widht' } }], { path: 'layers[0].filters', hint: 'did you mean "width"?' }],
    ['unknown-layer', [conv, { ...conv, from: 'conv9' }], { path: 'layers[1].from', hint: 'did you mean "conv1"?' }],
    [
      'duplicate-id',
      [
        { id: 'a', ...conv },
        { id: 'a', ...conv },
      ],
      { path: 'layers[1].id' },
    ],
    ['shape-mismatch', [{ type: 'flatten' }, conv], { path: 'layers[1]', layer: 'conv1' }],
    ['empty-output', [conv, { type: 'conv', filters: 1, kernel: 5 }], { path: 'layers[1].kernel', layer: 'conv2', found: '5' }],
    ['groups-do-not-divide', [conv, { ...conv, groups: 3 }], { path: 'layers[1].groups' }],
    ['vector-expected', [conv, { type: 'dense', units: 3 }], { path: 'layers[1]', hint: 'insert a flatten layer before it' }],
    ['unused-layer', [conv, { ...conv, id: 'b' }, { ...conv, from: 'conv1' }], { path: 'layers[1]', layer: 'b' }],
  ])('%s', (code, layers, expected) => {
    const { problems } = resolve(describeNetwork([1, 6, 6], layers), { width: 2 }, { width: { type: 'int', low: 1, high: 4 } });
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatchObject({ code, ...expected });
  });

  it('reports all of them together, but not the layers that an earlier error feeds', () => {
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

  it('never throws, whatever it is given', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (value, layer) => {
        resolve(value);
        resolve(describeNetwork([1, 6, 6], [layer as object, { type: 'conv', filters: layer, kernel: layer }]));
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
});

describe('objectives', () => {
  const good: TrainObjective = {
    kind: 'train',
    dataset: 'mnist',
    network: 'mnist-paper',
    settings: { batch: 128, epochs: 1, optimizer: { type: 'sgd', learningRate: { $param: 'lr' } } },
    metric: 'accuracy',
    selectOn: 'test',
  };
  const space: SearchSpaceLike = { lr: { type: 'float', low: 1e-4, high: 1 }, dropout: { type: 'float', low: 0, high: 0.9 } };

  it('are good when they are', () => {
    expect(checkObjective(good, space, RESOURCES)).toEqual([]);
  });

  it('say what is wrong with settings, all at once', () => {
    const settings = { batch: 0, epochs: 1.5, optimizer: { type: 'adam' }, schedule: { type: 'cosine' }, clip: { norm: 1 }, shufle: true };
    expect(checkObjective({ ...good, settings }, space, RESOURCES).map((p) => `${p.code} ${p.path}`)).toEqual([
      'out-of-range settings.batch',
      'wrong-type settings.epochs',
      'unsupported settings.optimizer.type',
      'unsupported settings.schedule.type',
      'unsupported settings.clip',
      'unknown-field settings.shufle',
    ]);
  });

  it('are checked at the bounds of per-lane parameters', () => {
    const wide = { ...space, dropout: { type: 'float' as const, low: 0, high: 1 } };
    expect(checkObjective(good, wide, RESOURCES)[0]).toMatchObject({ code: 'out-of-range', layer: 'dropout1', found: '1' });
  });

  it('are checked at every corner of structural parameters', () => {
    const network = describeNetwork([1, 28, 28], [{ type: 'conv', filters: { $param: 'width' }, kernel: { $param: 'kernel' } }, ...HEAD]);
    const corners = { ...space, width: { type: 'int' as const, low: 1, high: 9 }, kernel: { type: 'int' as const, low: 3, high: 29 } };
    expect(checkObjective({ ...good, network }, corners, RESOURCES).map((p) => p.code)).toEqual(['empty-output']);
  });

  it('must fit their dataset and their split', () => {
    const network = describeNetwork([1, 28, 28], [{ type: 'flatten' }, { type: 'dense', units: 9 }]);
    expect(checkObjective({ ...good, network, selectOn: 'validation' }, space, RESOURCES).map((p) => p.code)).toEqual([
      'out-of-range',
      'classes-mismatch',
    ]);
    expect(checkObjective(good, space, '/nowhere').map((p) => p.code)).toEqual(Array(4).fill('missing-file'));
  });

  it('split cohorts by structural parameters only', () => {
    const network = describeNetwork([1, 28, 28], [{ type: 'conv', filters: { $param: 'width' }, kernel: 5 }, ...HEAD]);
    const key = (params: Params): string => Trainer.shapeKey({ ...good, network }, params);
    expect(key({ lr: 0.1, width: 2 })).toBe(key({ lr: 0.2, width: 2 }));
    expect(key({ lr: 0.1, width: 2 })).not.toBe(key({ lr: 0.1, width: 3 }));
    expect(Trainer.shapeKey(good, { lr: 0.1, dropout: 0.2 })).toBe('{}');
  });
});
