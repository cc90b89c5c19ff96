import { problemText } from '../../../src/core/errors.ts';
import { describe, expect, it } from 'vitest';
import { catalogueOf, MNIST, type DatasetEntry } from '../../../src/datasets/catalogue.ts';
import { PRESETS } from '../../../src/training/models/presets.ts';
import { resolveNetwork } from '../../../src/training/models/resolve.ts';
import { Scope } from '../../../src/training/models/scope.ts';
import { checkSize, networkSize } from '../../../src/training/objective/network-size.ts';
import type {
  OptimizerSettings,
  Params,
  SearchSpaceLike,
} from '../../../src/training/objective/objective.ts';
import { checkObjective, Trainer, type TrainObjective } from '../../../src/training/run/trainer.ts';
import { describeNetwork } from '../../support/training.ts';

const RESOURCES = new URL('../../../resources', import.meta.url).pathname;
const HEAD = [{ type: 'flatten' }, { type: 'dense', units: 10 }];

describe('Objectives: problems', () => {
  const good: TrainObjective = {
    kind: 'train',
    dataset: 'mnist',
    network: 'mnist-paper',
    settings: { batch: 128, epochs: 1, optimizer: { type: 'sgd', learningRate: { $param: 'lr' } } },
    metric: 'accuracy',
    selectOn: 'test',
  };
  const space: SearchSpaceLike = {
    lr: { type: 'float', low: 1e-4, high: 1 },
    dropout: { type: 'float', low: 0, high: 0.9 },
  };

  it('accepts valid objectives', () => {
    expect(checkObjective(good, space, RESOURCES)).toEqual([]);
  });

  it('checks per-lane parameters at their bounds', () => {
    const wide = { ...space, dropout: { type: 'float' as const, low: 0, high: 1 } };
    expect(checkObjective(good, wide, RESOURCES)[0]).toMatchObject({
      code: 'out-of-range',
      layer: 'dropout1',
      found: '1',
    });
  });

  it('checks structural parameters at every corner', () => {
    const network = describeNetwork(
      [1, 28, 28],
      [{ type: 'conv', filters: { $param: 'width' }, kernel: { $param: 'kernel' } }, ...HEAD],
    );
    const corners = {
      ...space,
      width: { type: 'int' as const, low: 1, high: 9 },
      kernel: { type: 'int' as const, low: 3, high: 29 },
    };
    expect(checkObjective({ ...good, network }, corners, RESOURCES).map((p) => p.code)).toEqual([
      'empty-output',
    ]);
  });

  it('names the values for which a problem occurs, unless it always occurs', () => {
    const network = describeNetwork(
      [1, 28, 28],
      [{ type: 'conv', filters: { $param: 'width' }, kernel: { $param: 'kernel' } }, ...HEAD],
    );
    const corners: SearchSpaceLike = {
      ...space,
      width: { type: 'int', low: 1, high: 9 },
      kernel: { type: 'int', low: 3, high: 29 },
    };
    expect(checkObjective({ ...good, network }, corners, RESOURCES).map(problemText)).toEqual([
      'network.layers[0].kernel (conv1): expected at most 28 for its input 1×28×28 (or padding), found 29 (with width 1, kernel 29)',
    ]);
    const wrong = describeNetwork(
      [1, 28, 28],
      [{ type: 'conv', filters: { $param: 'width' }, kernel: 29 }, ...HEAD],
    );
    expect(
      checkObjective({ ...good, network: wrong }, corners, RESOURCES).map(problemText),
    ).toEqual([
      'network.layers[0].kernel (conv1): expected at most 28 for its input 1×28×28 (or padding), found 29',
    ]);
  });

  it('finds problems of a combination of values', () => {
    const layers = [
      {
        repeat: { $param: 'depth' },
        layers: [{ type: 'conv', filters: 2, kernel: 3 }, { type: { $param: 'pool' } }],
      },
      { when: { pool: ['relu'] }, type: 'max-pool', size: { $param: 'size' } },
      ...HEAD,
    ];
    const deep: SearchSpaceLike = {
      ...space,
      depth: { type: 'int', low: 1, high: 13 },
      pool: { type: 'categorical', choices: ['identity', 'relu'] },
      size: { type: 'int', low: 1, high: 3 },
    };
    // 28 − 2·13 leaves 2 pixels: too few for a pool of 3, enough for one of 1; there is no pool
    // after `identity`.
    expect(
      checkObjective(
        { ...good, network: describeNetwork([1, 28, 28], layers) },
        deep,
        RESOURCES,
      ).map(problemText),
    ).toEqual([
      'network.layers[1].size (max-pool1): expected at most 2 for its input 2×2×2 (or padding), found 3 (with depth 13, pool "relu", size 3)',
    ]);
  });

  it('checks the values that conditions name and the end of a grid of steps, but no excluded values', () => {
    const layers = [
      { when: { depth: [3] }, type: 'conv', filters: 1, kernel: 40 },
      { type: 'conv', filters: 1, kernel: { $param: 'kernel' } },
      { when: { head: ['wide'] }, type: 'conv', filters: { $param: 'width' }, kernel: 1 },
      ...HEAD,
    ];
    const odd: SearchSpaceLike = {
      ...space,
      depth: { type: 'int', low: 1, high: 5 },
      kernel: { type: 'int', low: 5, high: 29, step: 10 },
      head: { type: 'categorical', choices: ['wide', 'slim'] },
      width: { type: 'int', low: 1, high: 4, when: { head: ['wide'] } },
    };
    const codes = (network: object): string[] =>
      checkObjective({ ...good, network }, odd, RESOURCES).map((p) => `${p.code} ${p.path}`);
    expect(codes(describeNetwork([1, 28, 28], layers))).toEqual([
      'empty-output network.layers[0].kernel',
    ]);
    expect(codes(describeNetwork([1, 28, 28], layers.slice(1)))).toEqual([]);
    const always = { type: 'conv', filters: { $param: 'width' }, kernel: 1 };
    expect(codes(describeNetwork([1, 28, 28], [always, ...HEAD]))).toEqual([
      'unknown-param network.layers[0].filters',
    ]);
    const settings = {
      batch: 8,
      epochs: 1,
      optimizer: { type: 'sgd', learningRate: { $param: 'width' } },
    };
    expect(
      checkObjective({ ...good, settings }, odd, RESOURCES).map((p) => `${p.code} ${p.path}`),
    ).toEqual(['unknown-param settings.optimizer.learningRate']);
  });

  it('checks every extreme value of each parameter in a space with very many corners', () => {
    const names = Array.from({ length: 14 }, (_, i) => `k${String(i)}`);
    const wide = Object.fromEntries(
      names.map((name) => [name, { type: 'int' as const, low: 1, high: 2 }]),
    );
    const layers = names.map((name) => ({
      type: 'max-pool',
      size: 1,
      padding: { $param: name, over: 2 },
    }));
    const problems = checkObjective(
      { ...good, network: describeNetwork([1, 28, 28], [...layers, ...HEAD]) },
      { ...space, ...wide },
      RESOURCES,
    );
    expect(problems.map((p) => p.path)).toEqual(
      names.map((_, i) => `network.layers[${String(i)}].padding`),
    );
  });

  it('requires a match with the dataset and its split', () => {
    const network = describeNetwork(
      [1, 28, 28],
      [{ type: 'flatten' }, { type: 'dense', units: 9 }],
    );
    const messages = (objective: Partial<TrainObjective>): string[] =>
      checkObjective({ ...good, ...objective }, space, RESOURCES).map(
        (p) => `${p.code} ${problemText(p)}`,
      );
    expect(messages({ network, selectOn: 'validation' })).toEqual([
      'out-of-range settings.validation: expected a share above 0, because selectOn is "validation", found 0',
      "classes-mismatch network.layers (dense1): expected a vector of mnist's 10 classes as the last output, found 9",
    ]);
    expect(
      messages({
        network: describeNetwork([1, 28, 28], [{ type: 'conv', filters: 10, kernel: 28 }]),
      }),
    ).toEqual([
      "classes-mismatch network.layers (conv1): expected a vector of mnist's 10 classes as the last output, found 10×1×1 (end with a flatten and a dense layer)",
    ]);
    expect(messages({ network: PRESETS.get('resnet-20')! })).toEqual([
      "shape-mismatch network.input.shape: expected mnist's 1×28×28, found 3×32×32",
    ]);
    expect(messages({ network: 'resnet', dataset: 'mnits' })).toEqual([
      'unknown-name dataset: expected one of mnist, found "mnits" (did you mean "mnist"?)',
      'unknown-name network: expected one of mnist-paper, lenet-5, cnn, mlp, resnet-20, efficientnet-b0, found "resnet"',
    ]);
    expect(checkObjective(good, space, '/nowhere').map((p) => p.code)).toEqual(
      Array(4).fill('missing-file'),
    );
  });

  it('requires images for augmentation, and a whole batch if incomplete ones are dropped', () => {
    const codes = (settings: object, network: string | object = 'mlp'): string[] =>
      checkObjective(
        { ...good, network, settings: { ...(good.settings as object), ...settings } },
        space,
        RESOURCES,
      ).map(problemText);
    expect(codes({ augment: { crop: 27, flip: true } })).toEqual([]);
    expect(codes({ augment: { crop: 28 } })).toEqual([
      'settings.augment.crop: expected at most 27 for images 1×28×28, found 28',
    ]);
    const vectors = {
      ...describeNetwork([784], [{ type: 'dense', units: 10 }]),
      input: { shape: [784] },
    };
    expect(codes({ augment: { flip: true } }, vectors)).toContain(
      'settings.augment: expected images C×H×W, found vectors of 784',
    );
    expect(codes({ batch: 60_000, remainder: 'drop' })).toEqual([]);
    expect(codes({ batch: 60_000, remainder: 'drop', validation: 0.1 })).toEqual([
      'settings.batch: expected at most the 54000 training samples, because remainder is "drop", found 60000',
    ]);
  });

  it('separates cohorts by structural parameters only', () => {
    const network = describeNetwork(
      [1, 28, 28],
      [{ type: 'conv', filters: { $param: 'width' }, kernel: 5 }, ...HEAD],
    );
    const key = (params: Params): string => Trainer.shapeKey({ ...good, network }, params);
    expect(key({ lr: 0.1, width: 2 })).toBe(key({ lr: 0.2, width: 2 }));
    expect(key({ lr: 0.1, width: 2 })).not.toBe(key({ lr: 0.1, width: 3 }));
    expect(Trainer.shapeKey(good, { lr: 0.1, dropout: 0.2 })).toBe('{}');
  });
});

describe('Objectives: networks named by a preset', () => {
  const images = {
    shape: [3, 40, 24],
    statistics: { mean: [0.5, 0.5, 0.5], deviation: [0.2, 0.2, 0.2] },
  };
  const table = {
    shape: [4],
    sampleType: 'f32',
    statistics: { mean: [0, 0, 0, 0], deviation: [1, 1, 1, 1] },
  } as const;
  const wrong = (network: string, about: Partial<DatasetEntry>): string[] => {
    const dataset: DatasetEntry = { ...MNIST, name: 'own', ...about };
    const objective: TrainObjective = {
      kind: 'train',
      dataset: 'own',
      network,
      settings: { batch: 8, epochs: 1, optimizer: { type: 'sgd', learningRate: 0.1 } },
      metric: dataset.targets > 0 ? 'loss' : 'accuracy',
      selectOn: 'test',
    };
    const catalogue = { ...catalogueOf(null), find: () => dataset };
    const problems = checkObjective(
      objective,
      { dropout: { type: 'float', low: 0, high: 0.5 } },
      RESOURCES,
      catalogue,
    );
    return problems.filter(({ code }) => code !== 'missing-file').map(problemText);
  };

  it('adapt to the shape and classes of any images', () => {
    for (const network of PRESETS.keys())
      expect.soft(wrong(network, { ...images, classes: 7 }), network).toEqual([]);
  });

  it('adapt to tables with classes or numeric targets where the layers accept vectors', () => {
    expect(wrong('mlp', { ...table, classes: 3 })).toEqual([]);
    expect(wrong('mlp', { ...table, classes: 0, targets: 2 })).toEqual([]);
    expect(wrong('cnn', { ...table, classes: 3 })).not.toEqual([]);
  });
});

describe('Objectives: size of the network', () => {
  const wrong = (layers: readonly object[], space: SearchSpaceLike = {}): string[] => {
    const network = describeNetwork(
      [1, 28, 28],
      [{ type: 'flatten' }, ...layers, { type: 'dense', units: 10 }],
    );
    const settings = { batch: 8, epochs: 1, optimizer: { type: 'sgd', learningRate: 0.1 } };
    const objective: TrainObjective = {
      kind: 'train',
      dataset: 'mnist',
      network,
      settings,
      metric: 'loss',
      selectOn: 'test',
    };
    return checkObjective(objective, space, RESOURCES).map(problemText);
  };

  it('refuses a network that exceeds this machine’s memory, with the layer, the limit and the required memory', () => {
    const [message, ...more] = wrong([{ type: 'dense', units: 1e9 }]);
    expect(more).toEqual([]);
    expect(message).toMatch(
      /^network\.layers \(dense1\): expected a network that trains in the [\d.,]+ GB of memory of this machine, found /,
    );
    expect(message).toContain(
      'at least 6,400 GB, most of it for 785,000,000,000 weights and 1,000,000,000 outputs',
    );
  });

  it('refuses a size that the search can reach, with the value that reaches it', () => {
    const [message] = wrong([{ type: 'dense', units: { $param: 'units' } }], {
      units: { type: 'int', low: 8, high: 1e9 },
    });
    expect(message).toContain('(with units 1000000000; make dense1 or its input smaller)');
  });

  it('counts weights, gradients and slots of the optimizer, and the largest layer of four samples', () => {
    const scope = new Scope({});
    const layers = [{ type: 'flatten' }, { type: 'dense', units: 10, bias: false }];
    const network = resolveNetwork(describeNetwork([1, 28, 28], layers), scope)!;
    const bytes = (optimizer: OptimizerSettings): number => networkSize(network, optimizer).bytes;
    const activations = 4 * 4 * (784 + 784);
    expect(bytes({ type: 'sgd', learningRate: 1 })).toBe(4 * 7840 * 2 + activations);
    expect(bytes({ type: 'sgd', learningRate: 1, momentum: 0.9 })).toBe(4 * 7840 * 3 + activations);
    expect(bytes({ type: 'adam', learningRate: 1 })).toBe(4 * 7840 * 4 + activations);
    expect(bytes({ type: 'rmsprop', learningRate: 1 })).toBe(4 * 7840 * 3 + activations);
    checkSize(network, { type: 'sgd', learningRate: 1 }, scope, 4 * 7840 * 2 + activations);
    expect(scope.problems).toEqual([]);
    checkSize(network, { type: 'sgd', learningRate: 1 }, scope, 4 * 7840 * 2 + activations - 1);
    expect(scope.problems.map(({ code }) => code)).toEqual(['too-large']);
  });
});
