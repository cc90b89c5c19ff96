import { describe, expect, it } from 'vitest';
import { axesOf } from '../../../src/core/search-space/axis.ts';
import { TrialTable } from '../../../src/renderer/state/trial-table.ts';
import { brushedNumbers, tableColumns } from '../../../src/renderer/views/trials/columns.ts';
import { columnTitle, rangeText } from '../../../src/renderer/views/trials/words.ts';

const axes = axesOf({
  momentum: { type: 'float', low: 0, high: 1 },
  optimizer: { type: 'categorical', choices: ['sgd', 'adam', 'lamb'] },
});

describe('Trials table: ranges brushed in other views', () => {
  it('names a range by its axis, in the units of the axis', () => {
    const say = (name: string, low: number, high: number) =>
      rangeText(name, { low, high }, axes, {
        metric: 'accuracy',
        split: 'test',
      });
    expect(say('momentum', 0.25, 0.5)).toBe('momentum 0.25 to 0.50');
    expect(say('#value', 0.9, 0.99)).toBe('Test accuracy 90.00\u202f% to 99.00\u202f%');
    expect(say('#number', 3, 1_200)).toBe('# 3 to 1,200');
    expect(say('optimizer', -0.4, 1.3)).toBe('optimizer sgd to adam');
    expect(say('optimizer', 0.6, 1.3)).toBe('optimizer adam');
  });

  it('titles the value by the first objective where a study lists several', () => {
    const value = tableColumns(axes, new Set(), ['f1', 'f2']).find(({ name }) => name === 'value')!;
    const plain = { metric: 'value', split: null } as const;
    expect(columnTitle(value, { ...plain, objectives: ['f1', 'f2'] })).toBe('f1');
    expect(columnTitle(value, { ...plain, objectives: [] })).toBe('Value');
    const accuracy = { metric: 'accuracy', split: 'test', objectives: ['accuracy', 'f2'] } as const;
    expect(columnTitle(value, accuracy)).toBe('Test accuracy');
  });

  it('filters by the trial number as well as by values and parameters', () => {
    const table = new TrialTable(axes.length);
    const columns = tableColumns(axes);
    for (const axis of ['#number', '#value', 'momentum'])
      expect(brushedNumbers(table, columns, axis)).not.toBeNull();
    expect(brushedNumbers(table, columns, 'gone')).toBeNull();
  });
});
