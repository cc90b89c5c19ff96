import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { TrialTable } from '../../../src/renderer/state/trial-table.ts';
import { CurveStore } from '../../../src/renderer/views/trials/curve-store.svelte.ts';
import { trialBlock } from '../../support/trial-block.ts';

describe('Trials: curves of the rows in sight', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  function watched() {
    const table = new TrialTable(0);
    table.merge({
      ...trialBlock(Array.from({ length: 20 }, (_, number) => ({ number }))),
      reports: new Uint8Array(new Uint16Array(20).fill(5).buffer),
    });
    const asked: number[][] = [];
    const store = new CurveStore((trials) => {
      asked.push([...trials]);
      return Promise.resolve(trials.map((trial) => ({ trial, values: [0, 1] })));
    });
    return { table, asked, store };
  }

  it('fetches once after the table has stopped scrolling, for the last rows alone', async () => {
    const { table, asked, store } = watched();
    for (let frame = 0; frame < 10; frame++) {
      store.want(table, Uint32Array.of(frame, frame + 1));
      await vi.advanceTimersByTimeAsync(50);
    }
    expect(asked).toEqual([]);
    await vi.advanceTimersByTimeAsync(200);
    expect(asked).toEqual([[9, 10]]);
    expect(store.get(9)).toEqual([0, 1]);
  });

  it('fetches the curve of a paused trial, and again once the trial has reported more', async () => {
    const { table, asked, store } = watched();
    const reports = (state: 'paused' | 'running' | 'complete', count: number): void => {
      table.merge({
        ...trialBlock([{ number: 3, state }]),
        reports: new Uint8Array(Uint16Array.of(count).buffer),
      });
    };
    const wait = async (): Promise<void> => {
      store.want(table, Uint32Array.of(3));
      await vi.advanceTimersByTimeAsync(200);
    };
    reports('paused', 3);
    await wait();
    await wait();
    expect(asked).toEqual([[3]]);
    expect(store.get(3)).toEqual([0, 1]);
    reports('running', 4);
    await wait();
    expect(asked).toEqual([[3]]);
    reports('complete', 9);
    await wait();
    expect(asked).toEqual([[3], [3]]);
  });

  it('fetches no curve twice, and none of a trial that the table no longer holds', async () => {
    const { table, asked, store } = watched();
    store.want(table, Uint32Array.of(3));
    await vi.advanceTimersByTimeAsync(200);
    store.want(table, Uint32Array.of(3, 4));
    await vi.advanceTimersByTimeAsync(200);
    expect(asked).toEqual([[3], [4]]);
    store.want(table, Uint32Array.of(5));
    table.clear();
    await vi.advanceTimersByTimeAsync(200);
    expect(asked).toHaveLength(2);
  });
});
