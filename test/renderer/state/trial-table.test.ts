import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Curves } from '../../../src/renderer/state/curves.ts';
import { TrialTable } from '../../../src/renderer/state/trial-table.ts';
import { reportBlock, trialBlock } from '../../support/trial-block.ts';

describe('State: trial table', () => {
  it('stores rows by trial number', () => {
    const table = new TrialTable(2);
    table.merge(
      trialBlock(
        [
          {
            number: 3,
            value: 0.9,
            parents: [0, 1],
            generation: 2,
            operator: 4,
            finish: 1,
            params: [0.5, NaN],
          },
          { number: 300, state: 'running', outcome: null, finish: null },
        ],
        2,
      ),
    );
    expect(table.value(3)).toBe(0.9);
    expect(table.parents(3)).toEqual([0, 1]);
    expect([...table.params(3)]).toEqual([0.5, NaN]);
    expect(table.outcome(3)).toBe('succeeded');
    expect([table.has(3), table.has(4), table.has(300), table.has(301)]).toEqual([
      true,
      false,
      true,
      false,
    ]);
    expect([table.size, table.known]).toEqual([301, 2]);
    expect([...table.running]).toEqual([300]);
    expect(table.outcome(300)).toBeNull();
  });

  it('knows the lowest row that has arrived while a file is read from the end', () => {
    const table = new TrialTable(0);
    expect(table.from).toBe(Infinity);
    table.merge(trialBlock([{ number: 99_000 }, { number: 98_999 }]));
    expect([table.from, table.size]).toEqual([98_999, 99_001]);
    table.merge(trialBlock([{ number: 99_001 }]));
    expect(table.from).toBe(98_999);
    table.clear();
    expect(table.from).toBe(Infinity);
  });

  it('replaces a row by a later one', () => {
    const table = new TrialTable(0);
    table.merge(trialBlock([{ number: 0, state: 'running', outcome: null, finish: null }]));
    const before = table.version;
    table.merge(trialBlock([{ number: 0, value: 0.5, finish: 0 }]));
    expect(table.state(0)).toBe('complete');
    expect([table.known, table.size, table.running.size]).toEqual([1, 1, 0]);
    expect(table.version).toBeGreaterThan(before);
  });

  it('counts completions up to the first gap, in whatever order rows arrive', () => {
    fc.assert(
      fc.property(
        fc.shuffledSubarray(
          Array.from({ length: 40 }, (_, i) => i),
          { minLength: 40 },
        ),
        fc.integer({ min: 0, max: 40 }),
        (order, cut) => {
          const table = new TrialTable(0);
          const arrived = order.slice(0, cut);
          for (const finish of arrived) table.merge(trialBlock([{ number: 39 - finish, finish }]));
          const gap = Array.from({ length: 41 }, (_, i) => i).find((i) => !arrived.includes(i));
          expect(table.ended).toBe(gap);
          for (let i = 0; i < table.ended; i++) expect(table.completion(i)).toBe(39 - i);
        },
      ),
    );
  });

  it('reads columns that are not aligned', () => {
    const block = trialBlock([{ number: 1, value: 0.25 }]);
    const shifted = new Uint8Array(block.value.length + 1);
    shifted.set(block.value, 1);
    const table = new TrialTable(0);
    table.merge({ ...block, value: shifted.subarray(1) });
    expect(table.value(1)).toBe(0.25);
  });

  it('refuses a column of another length and names it', () => {
    const table = new TrialTable(0);
    const block = trialBlock([{ number: 0 }, { number: 1 }]);
    expect(() => table.merge({ ...block, value: block.value.subarray(8) })).toThrow(
      'column value of the stream: expected 2 numbers, found 1',
    );
    expect(() => table.merge({ ...block, value: block.value.subarray(3) })).toThrow(
      'expected a multiple of 8',
    );
  });

  it('gives a running trial the value of its last report, and other trials their own', () => {
    const table = new TrialTable(0);
    table.merge(
      trialBlock([
        { number: 0, state: 'running', outcome: null, finish: null },
        { number: 1, value: 0.7, finish: 0 },
      ]),
    );
    table.report(
      reportBlock([
        [0, 0, 0.1],
        [0, 1, 0.2],
        [1, 9, 0.3],
      ]),
    );
    expect(table.value(0)).toBe(0.2);
    expect(table.value(1)).toBe(0.7);
    const curve = table.curve(0);
    expect([...(curve?.values.subarray(0, curve.length) ?? [])]).toEqual([0.1, 0.2]);
  });

  it('ranks failed and diverged trials as the worst', () => {
    const table = new TrialTable(0);
    table.merge(
      trialBlock([
        { number: 0, state: 'failed', outcome: 'crashed', value: 0.9 },
        { number: 1, outcome: 'diverged' },
        { number: 2, value: 0.4 },
      ]),
    );
    expect([0, 1, 2].map((number) => table.ranked(number, 'maximize'))).toEqual([
      -Infinity,
      -Infinity,
      0.4,
    ]);
    expect([0, 1, 2].map((number) => table.ranked(number, 'minimize'))).toEqual([
      Infinity,
      Infinity,
      0.4,
    ]);
  });

  it('notifies listeners of changed rows and of a reset', () => {
    const table = new TrialTable(0);
    const heard: (number[] | 'reset')[] = [];
    const stop = table.listen({
      rows: (numbers) => heard.push([...numbers]),
      reset: () => heard.push('reset'),
    });
    table.merge(trialBlock([{ number: 4 }, { number: 2 }]));
    table.clear(3);
    stop();
    table.merge(trialBlock([{ number: 0, params: [1, 2, 3] }], 3));
    expect(heard).toEqual([[4, 2], 'reset']);
    expect([table.size, table.width, table.param(0, 2)]).toEqual([1, 3, 3]);
  });

  it('takes at most 40 MB for 100,000 trials of 10 parameters', () => {
    const table = new TrialTable(10);
    const rows = 1000;
    for (let start = 0; start < 100_000; start += rows) {
      table.merge(
        trialBlock(
          Array.from({ length: rows }, (_, i) => ({ number: start + i, finish: start + i })),
          10,
        ),
      );
    }
    let bytes = 0;
    for (const column of Object.values(table.columns) as ArrayBufferView[])
      bytes += column.byteLength;
    expect(table.ended).toBe(100_000);
    expect(bytes).toBeLessThan(40e6);
  });
});

describe('State: learning curves', () => {
  it('restart at step 0 and ignore reports that they contain already', () => {
    const curves = new Curves();
    for (const [step, value] of [
      [0, 1],
      [1, 2],
      [1, 9],
      [0, 5],
      [1, 6],
    ] as const)
      curves.add(7, step, value);
    const curve = curves.get(7);
    expect([...(curve?.values.subarray(0, curve.length) ?? [])]).toEqual([5, 6]);
  });

  it('stay within their maximum length, in order, with the first and the latest report', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2000 }), (count) => {
        const curves = new Curves(64);
        for (let step = 0; step < count; step++) curves.add(0, step, step);
        const curve = curves.get(0);
        const steps = [...(curve?.steps.subarray(0, curve.length) ?? [])];
        expect(steps.length).toBeLessThanOrEqual(64);
        expect(steps[0]).toBe(0);
        expect(steps.at(-1)).toBe(count - 1);
        expect(steps).toEqual([...steps].sort((a, b) => a - b));
      }),
    );
  });

  it('drop the oldest curves that may be dropped', () => {
    const curves = new Curves(100, 20);
    for (let trial = 0; trial < 10; trial++)
      for (let step = 0; step < 5; step++) curves.add(trial, step, 0);
    curves.trim((trial) => trial !== 0);
    expect([...curves.trials()]).toEqual([0, 7, 8, 9]);
  });
});
