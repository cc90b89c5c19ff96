/** Tests that brushed ranges become a valid study that otherwise equals the original. */
import { describe, expect, it } from 'vitest';
import { checkSearchSpace } from '../../../src/core/search-space/check.ts';
import type { SearchSpace } from '../../../src/core/search-space/distribution.ts';
import type { StudyFile } from '../../../src/protocol/study-file.ts';
import { narrowedSpace, narrowedStudy } from '../../../src/renderer/state/narrow.ts';

const space: SearchSpace = {
  rate: { type: 'float', low: 0.001, high: 1, log: true },
  momentum: { type: 'float', low: 0, high: 0.99 },
  dropout: { type: 'float', low: 0, high: 0.5, step: 0.1 },
  units: { type: 'int', low: 16, high: 256, log: true },
  batch: { type: 'categorical', choices: [32, 64, 128] },
  optimizer: { type: 'categorical', choices: ['sgd', 'adam', 'rmsprop'] },
  nesterov: {
    type: 'categorical',
    choices: [true, false],
    when: { optimizer: ['sgd', 'rmsprop'] },
  },
  damping: { type: 'float', low: 0, high: 1, when: { nesterov: [true] } },
};

function brush(
  ranges: Record<string, readonly [number, number]>,
): Map<string, { low: number; high: number }> {
  return new Map(Object.entries(ranges).map(([name, [low, high]]) => [name, { low, high }]));
}

function narrowed(ranges: Record<string, readonly [number, number]>): SearchSpace {
  const found = narrowedSpace(space, brush(ranges));
  if (found === null) throw new Error('nothing is narrower');
  expect(checkSearchSpace(found)).toEqual([]);
  return found;
}

describe('Narrowing: search space', () => {
  it('contains the brushed ranges, rounded outwards to few digits', () => {
    const { rate, momentum } = narrowed({
      rate: [0.0123456, 0.487654321],
      momentum: [0.33333333, 0.777777],
    });
    expect(rate).toEqual({ type: 'float', low: 0.0123, high: 0.488, log: true });
    expect(momentum).toEqual({ type: 'float', low: 0.333, high: 0.778 });
  });

  it('never extends beyond the searched ranges', () => {
    const { momentum } = narrowed({ momentum: [0.50001, 0.98999] });
    expect(momentum).toMatchObject({ low: 0.5, high: 0.99 });
  });

  it('distinguishes the ends of a range that is narrow relative to its values', () => {
    const found = narrowedSpace(
      { x: { type: 'float', low: 1000, high: 1001 } },
      brush({ x: [1000.25, 1000.5] }),
    );
    expect(found).toEqual({ x: { type: 'float', low: 1000.25, high: 1000.5 } });
  });

  it('keeps steps, whole numbers and choices', () => {
    const { dropout, units, batch } = narrowed({
      dropout: [0.1, 0.3],
      units: [33, 90],
      batch: [1, 2],
    });
    expect(dropout).toEqual({ type: 'float', low: 0.1, high: 0.3, step: 0.1 });
    expect(units).toEqual({ type: 'int', low: 33, high: 90, log: true });
    expect(batch).toEqual({ type: 'categorical', choices: [64, 128] });
  });

  it('accepts a single value', () => {
    const { rate, units, batch } = narrowed({
      rate: [0.123456789, 0.123456789],
      units: [40, 40],
      batch: [0, 0],
    });
    expect(rate).toMatchObject({ low: 0.123456789, high: 0.123456789 });
    expect([units, batch]).toMatchObject([{ low: 40, high: 40 }, { choices: [32] }]);
  });

  it('drops conditions that can no longer hold, with their parameters and children, and keeps the rest', () => {
    expect(narrowed({ optimizer: [0, 1] })['nesterov']).toMatchObject({
      when: { optimizer: ['sgd'] },
    });
    const adam = narrowed({ optimizer: [1, 1] });
    expect(Object.keys(adam)).toEqual([
      'rate',
      'momentum',
      'dropout',
      'units',
      'batch',
      'optimizer',
    ]);
    const plain = narrowed({ nesterov: [1, 1] });
    expect(Object.keys(plain)).not.toContain('damping');
    expect(Object.keys(plain)).toContain('nesterov');
  });

  it('is null when the brush excludes nothing: no range, ranges of values, whole ranges', () => {
    expect(narrowedSpace(space, brush({}))).toBeNull();
    expect(narrowedSpace(space, brush({ '#value': [0.9, 1], '#number': [0, 3] }))).toBeNull();
    expect(
      narrowedSpace(
        space,
        brush({ momentum: [0, 0.99], units: [16, 256], batch: [0, 2], dropout: [0, 0.5] }),
      ),
    ).toBeNull();
  });
});

describe('Narrowing: study', () => {
  const layers = [{ type: 'dense', units: 8, when: { optimizer: ['sgd', 'adam'] } }];
  const study: StudyFile = {
    format: 'galapagos-study/1',
    name: 'digits',
    objective: {
      kind: 'train',
      dataset: 'mnist',
      network: { layers },
      settings: { learningRate: { $param: 'rate' } },
      metric: 'accuracy',
      selectOn: 'validation',
    },
    direction: 'maximize',
    searchSpace: space as StudyFile['searchSpace'],
    sampler: { name: 'evolution', population: 8 },
    stop: { trials: 64, target: 0.99 },
    seed: 7,
  };

  it('differs from the original in name, ranges and trials only', () => {
    const found = narrowedStudy(study, brush({ momentum: [0.5, 0.9] }), {
      name: 'digits narrowed',
      trials: 32,
    });
    const momentum = { type: 'float', low: 0.5, high: 0.9 };
    expect(found).toEqual({
      ...study,
      name: 'digits narrowed',
      searchSpace: { ...space, momentum },
      stop: { trials: 32, target: 0.99 },
    });
  });

  it('refers to no value that a parameter can no longer take', () => {
    const found = narrowedStudy(study, brush({ optimizer: [1, 1] }), { name: 'adam', trials: 32 });
    expect(found?.objective).toMatchObject({
      network: { layers: [{ type: 'dense', units: 8, when: { optimizer: ['adam'] } }] },
    });
  });
});
