/** Tests edits of training settings and layers in the set-up form. */
import { describe, expect, it } from 'vitest';
import { catalogueOf, MNIST } from '../../../src/datasets/catalogue.ts';
import {
  hiddenFields,
  layerTypes,
  withType,
} from '../../../src/renderer/views/set-up/layer-fields.ts';
import { at, objectOf } from '../../../src/renderer/views/set-up/study-edits.ts';
import type { Study } from '../../../src/renderer/views/set-up/study-edits.ts';
import {
  optimizers,
  valueText,
  valueTyped,
  withOptimizer,
  withSetting,
} from '../../../src/renderer/views/set-up/training-edits.ts';
import { checkStudy } from '../../../src/studies/check-study.ts';
import { draftStudy } from '../../../src/studies/draft-study.ts';
import { LAYER_TYPES } from '../../../src/training/models/layers/index.ts';
import { resolveNetwork } from '../../../src/training/models/resolve.ts';
import { Scope } from '../../../src/training/models/scope.ts';
import { RESOURCES } from '../../support/call-deps.ts';

const draft = draftStudy(MNIST, 'digits') as unknown as Study;
const problemsOf = (study: Study): readonly unknown[] =>
  checkStudy(study, { resources: RESOURCES }, catalogueOf(null)).problems;
const space = (study: Study): readonly string[] => Object.keys(objectOf(study['searchSpace']));

describe('Set-up: optimizer', () => {
  it.each(Object.keys(optimizers))(
    'changes to %s without an error and without an unused parameter',
    (type) => {
      const study = withOptimizer(draft, type);
      expect(at(study, 'objective', 'settings', 'optimizer', 'type')).toBe(type);
      expect(problemsOf(study)).toEqual([]);
      expect(space(study).includes('momentum')).toBe('momentum' in (optimizers[type] ?? {}));
    },
  );

  it('adapts the default range of the learning rate, and keeps a chosen one', () => {
    expect(at(withOptimizer(draft, 'adam'), 'searchSpace', 'learningRate', 'high')).toBe(0.1);
    expect(
      at(withOptimizer(withOptimizer(draft, 'adam'), 'sgd'), 'searchSpace', 'learningRate', 'high'),
    ).toBe(1);
    const chosen = {
      ...draft,
      searchSpace: {
        ...objectOf(draft['searchSpace']),
        learningRate: { type: 'float', low: 0.02, high: 0.2 },
      },
    };
    expect(at(withOptimizer(chosen, 'adam'), 'searchSpace', 'learningRate', 'high')).toBe(0.2);
  });

  it('keeps the settings that both optimizers have', () => {
    const before = withSetting(draft, ['optimizer', 'weightDecay'], 0.5);
    expect(
      at(withOptimizer(before, 'adamw'), 'objective', 'settings', 'optimizer', 'weightDecay'),
    ).toBe(0.5);
  });
});

describe('Set-up: values', () => {
  it('reads the name of a parameter as a reference and adds the parameter to the search space', () => {
    const fixed = withSetting(draft, ['batch'], 64);
    expect(space(fixed)).not.toContain('batch');
    const searched = withSetting(fixed, ['batch'], valueTyped('batch', space(fixed)));
    expect(at(searched, 'objective', 'settings', 'batch')).toEqual({ $param: 'batch' });
    expect(space(searched)).toContain('batch');
    expect(problemsOf(searched)).toEqual([]);
  });

  it.each([
    ['0.5', 0.5],
    ['', undefined],
    ['3, 5', [3, 5]],
    ['same', 'same'],
    ['rate of mine', 'rate of mine'],
    ['toString', 'toString'],
  ])('reads %j', (typed, value) => {
    expect(valueTyped(typed, ['units'], ['same'])).toEqual(value);
  });

  it('marks an expression that the field cannot edit', () => {
    expect(valueText({ $param: 'units' })).toBe('units');
    expect(valueText({ $param: 'units', times: 2 })).toBeNull();
  });
});

describe('Set-up: layers', () => {
  it('has a row for every layer type of training', () => {
    expect(Object.keys(layerTypes).toSorted()).toEqual([...LAYER_TYPES].toSorted());
  });

  it.each(Object.keys(layerTypes))(
    'shows exactly the fields that training reads for %s',
    (type) => {
      const scope = new Scope({});
      const image = ['conv', 'max-pool', 'average-pool', 'global-average-pool'].includes(type);
      const before = image ? [] : [{ type: 'flatten' }];
      const joins = ['add', 'multiply', 'concat'].includes(type) ? { from: ['a', 'b'] } : {};
      const named = [
        { type: 'relu', id: 'a' },
        { type: 'relu', id: 'b' },
      ];
      const layer = { ...withType({}, type), ...joins, nothing: 1 };
      const description = {
        format: 'galapagos-network/1',
        name: 'n',
        input: [1, 8, 8],
        layers: [...before, ...named, layer],
        loss: { type: 'softmax-cross-entropy' },
      };
      resolveNetwork(description, scope, 'network');
      const unknown = scope.problems.find(
        ({ code, path }) => code === 'unknown-field' && path.endsWith('.nothing'),
      );
      const read = (unknown?.expected ?? '').replace('one of ', '').split(', ');
      const common = ['type', 'id', 'when', ...('from' in joins ? [] : ['from'])];
      expect(read.filter((name) => !common.includes(name)).toSorted()).toEqual(
        (layerTypes[type] ?? []).map(({ name }) => name).toSorted(),
      );
    },
  );

  it('changes the type of a layer, keeping its name and adding required fields', () => {
    expect(withType({ type: 'relu', id: 'first' }, 'conv')).toEqual({
      type: 'conv',
      id: 'first',
      filters: 16,
      kernel: 3,
    });
    expect(withType({ type: 'max-pool', size: 3, stride: 2 }, 'average-pool')).toEqual({
      type: 'average-pool',
      size: 3,
      stride: 2,
    });
    expect(hiddenFields({ type: 'dense', units: 3, when: { deep: [true] } })).toEqual(['when']);
  });
});
