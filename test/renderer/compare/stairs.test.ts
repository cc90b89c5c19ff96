import { describe, expect, it } from 'vitest';
import type { StudyRow } from '../../../src/protocol/window/study-stream.ts';
import { compareStudies, differingSettings } from '../../../src/renderer/views/compare/stairs.ts';

function row(name: string, values: readonly number[], over: Partial<StudyRow> = {}): StudyRow {
  return {
    uid: name,
    key: name,
    name,
    note: '',
    deleted: false,
    state: 'finished',
    reason: null,
    direction: 'maximize',
    metric: 'accuracy',
    split: 'validation',
    counts: { waiting: 0, paused: 0, running: 0, complete: 10, pruned: 0, failed: 2, diverged: 0 },
    limits: { trials: 12, minutes: null, target: null },
    best: null,
    staircase: {
      ended: values.map((_, i) => 2 * i + 1),
      trials: values.map((_, i) => i),
      values: [...values],
      activeMs: values.map((_, i) => 1000 * i),
    },
    created: null,
    confirms: null,
    tests: false,
    settled: null,
    ...over,
  };
}

describe('Compare: best-so-far lines', () => {
  it('begin at the first finished trial and extend to the last, whatever its value', () => {
    const { lines, most } = compareStudies([row('a', [0.8, 0.9, 0.95])], 'trials');
    expect(lines[0]?.points).toEqual([
      { x: 1, value: 0.8 },
      { x: 3, value: 0.9 },
      { x: 5, value: 0.95 },
    ]);
    expect([lines[0]?.last, most]).toEqual([12, 12]);
  });

  it('exclude studies with another measure and name them', () => {
    const other = row('loss', [0.3], { metric: 'loss', direction: 'minimize' });
    const { lines, unlike } = compareStudies([row('a', [0.8]), other], 'trials');
    expect([lines.map(({ name }) => name), unlike]).toEqual([['a'], ['loss']]);
  });

  it('exclude studies without times from the time axis and name them', () => {
    const blind = row('b', [0.8, 0.9]);
    const without = { ...blind, staircase: { ...blind.staircase, activeMs: [0, null] } };
    const { lines, timeless, most } = compareStudies([row('a', [0.8, 0.9]), without], 'time');
    expect([lines.map(({ name }) => name), timeless, most]).toEqual([['a'], ['b'], 1000]);
  });

  it('have no scale while nothing has a value', () => {
    expect(compareStudies([row('a', [])], 'trials').scale).toBeNull();
  });

  it('lists settings that differ or are absent; parameters stay whole', () => {
    const range = (high: number): object => ({ type: 'float', low: 0, high });
    const [a, b] = [
      { seed: 1, stop: { trials: 64 }, searchSpace: { x: range(1) } },
      { seed: 1, stop: { trials: 64, minutes: 5 }, searchSpace: { x: range(2) } },
    ];
    expect(differingSettings([a, b])).toEqual([
      { name: 'searchSpace.x', values: [JSON.stringify(range(1)), JSON.stringify(range(2))] },
      { name: 'stop.minutes', values: [null, '5'] },
    ]);
  });
});
