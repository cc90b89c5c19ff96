import { describe, expect, it } from 'vitest';
import {
  choicesText,
  choicesTyped,
  fixParameter,
  middleOf,
  numberTyped,
  paramsIn,
  put,
  removeParameter,
  renameParameter,
  sameJson,
  withKind,
  withNetwork,
} from '../../../src/renderer/views/set-up/study-edits.ts';
import type { Study } from '../../../src/renderer/views/set-up/study-edits.ts';

const study: Study = {
  name: 'digits',
  objective: {
    kind: 'train',
    network: { name: 'a', layers: [{ type: 'dropout', rate: { $param: 'dropout' } }] },
    settings: {
      optimizer: {
        type: 'sgd',
        learningRate: { $param: 'rate' },
        momentum: { $param: 'momentum', times: 2 },
      },
    },
  },
  searchSpace: {
    rate: { type: 'float', low: 0.01, high: 1, log: true },
    optimizer: { type: 'categorical', choices: ['sgd', 'adam'] },
    momentum: { type: 'float', low: 0, high: 0.9, when: { optimizer: ['sgd'] } },
    dropout: { type: 'float', low: 0, high: 0.5 },
  },
};

describe('Set-up: edits of a study', () => {
  it('sets a value at a path, removes it, and leaves the rest unchanged', () => {
    expect(put({ a: { b: 1 } }, ['a', 'c'], 2)).toEqual({ a: { b: 1, c: 2 } });
    expect(put({ a: { b: 1, c: 2 } }, ['a', 'c'], undefined)).toEqual({ a: { b: 1 } });
    expect(put({}, ['a', 'b'], null)).toEqual({ a: { b: null } });
  });

  it('keeps text that is not a number, so that the host reports it', () => {
    expect(['0.1', '−2', ' 1e-3 ', '', 'abc'].map(numberTyped)).toEqual([
      0.1,
      -2,
      0.001,
      undefined,
      'abc',
    ]);
  });

  it('parses typed choices', () => {
    expect(choicesTyped('32, adam, true, null, "64"')).toEqual([32, 'adam', true, null, '64']);
    expect(choicesText([32, 'adam', true])).toBe('32, adam, true');
  });

  it('renames a parameter everywhere, including conditions', () => {
    const renamed = renameParameter(
      renameParameter(study, 'rate', 'learningRate'),
      'optimizer',
      'how',
    );
    expect(paramsIn(renamed['objective'])).toEqual(['dropout', 'learningRate', 'momentum']);
    expect(Object.keys(renamed['searchSpace'] as object)).toEqual([
      'learningRate',
      'how',
      'momentum',
      'dropout',
    ]);
    expect(renamed['searchSpace']).toMatchObject({ momentum: { when: { how: ['sgd'] } } });
    expect(renamed['objective']).toMatchObject({
      settings: { optimizer: { momentum: { $param: 'momentum', times: 2 } } },
    });
  });

  it('refuses an empty name and a name that is taken', () => {
    expect(renameParameter(study, 'rate', 'dropout')).toBe(study);
    expect(renameParameter(study, 'rate', '')).toBe(study);
  });

  it('fixes a parameter at a value and removes it from the search space', () => {
    const fixed = fixParameter(study, 'rate', 0.1);
    expect(fixed['objective']).toMatchObject({ settings: { optimizer: { learningRate: 0.1 } } });
    expect(fixed['searchSpace']).not.toHaveProperty('rate');
  });

  it('removes a parameter from the conditions of its children', () => {
    expect(removeParameter(study, 'optimizer')['searchSpace']).toMatchObject({
      momentum: { type: 'float', low: 0, high: 0.9 },
    });
    expect(removeParameter(study, 'optimizer')['searchSpace']).not.toHaveProperty('momentum.when');
  });

  it('adds the parameters of another network and removes those of the former one', () => {
    const other = withNetwork(study, {
      name: 'b',
      layers: [{ type: 'dense', units: { $param: 'units' } }],
    });
    expect(Object.keys(other['searchSpace'] as object)).toEqual([
      'rate',
      'optimizer',
      'momentum',
      'units',
    ]);
    expect(other['searchSpace']).toMatchObject({ units: { type: 'int', log: true } });
  });

  it('removes parameters that a chosen network leaves unused, also when the former network was named', () => {
    const named = {
      ...study,
      objective: { ...(study['objective'] as object), network: 'mnist-paper' },
    } as Study;
    const other = withNetwork(named, { name: 'b', layers: [{ type: 'dense', units: 10 }] });
    expect(Object.keys(other['searchSpace'] as object)).toEqual(['rate', 'optimizer', 'momentum']);
  });

  it('uses the distribution that a chosen network proposes for its parameter', () => {
    const units = { type: 'int', low: 16, high: 256, log: true };
    const other = withNetwork(
      study,
      { layers: [{ type: 'dense', units: { $param: 'units' } }] },
      { units },
    );
    expect(other['searchSpace']).toMatchObject({ units });
  });

  it('compares networks as JSON, whatever the order of their fields', () => {
    expect(sameJson({ a: [1, { b: 2, c: 3 }] }, { a: [1, { c: 3, b: 2 }] })).toBe(true);
    expect(sameJson({ a: [1, 2] }, { a: [1] })).toBe(false);
    expect(sameJson({ a: [] }, { a: {} })).toBe(false);
    expect(sameJson('cnn', { name: 'cnn' })).toBe(false);
  });

  it('keeps the range when the kind changes', () => {
    expect(withKind({ type: 'float', low: 0.5, high: 9.5, log: true }, 'int')).toEqual({
      type: 'int',
      low: 1,
      high: 10,
      log: true,
    });
    expect(withKind({ type: 'categorical', choices: [32, 64] }, 'int')).toEqual({
      type: 'int',
      low: 32,
      high: 64,
    });
    expect(withKind({ type: 'int', low: 1, high: 3 }, 'categorical')).toEqual({
      type: 'categorical',
      choices: [1, 3],
    });
  });

  it('computes the middle of a range on its own scale', () => {
    expect(middleOf({ type: 'float', low: 0.01, high: 1, log: true })).toBe(0.1);
    expect(middleOf({ type: 'int', low: 1, high: 4 })).toBe(3);
    expect(middleOf({ type: 'categorical', choices: ['a', 'b'] })).toBe('a');
  });
});
