import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { MNIST } from '../../src/datasets/catalogue.ts';
import { estimateCalls } from '../../src/endpoints/calls/estimate-calls.ts';
import type { Estimate } from '../../src/protocol/window/set-up.ts';
import { draftStudy } from '../../src/studies/draft-study.ts';
import { estimateTraining } from '../../src/studies/estimate-study.ts';
import { ask, asked, callDeps, WINDOW } from '../support/call-deps.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const folder = temporaryFolder();
afterAll(() => folder.remove());
const mnist = draftStudy(MNIST, 'mnist');

describe('Estimate: measured in a child process', () => {
  let calls: ReturnType<typeof estimateCalls>;
  beforeAll(() => {
    calls = estimateCalls(callDeps(folder.path));
  });

  test('gives a range above zero for MNIST, and answers another budget from the cache', async () => {
    const first = await asked<Estimate>(calls, 'estimate', { study: mnist, workers: 2 });
    expect(first).toMatchObject({
      trials: 64,
      epochs: 3,
      measured: [{ executor: 'wasm', lanes: 1, workers: 2 }],
    });
    expect(first.trialMs.low).toBeGreaterThan(10);
    expect(first.totalMs?.high).toBeGreaterThan(first.totalMs?.low ?? NaN);
    // The dataset alone is as large.
    expect(first.measured[0]?.memoryBytes).toBeGreaterThan(70_000 * 784);
    const again = await asked<Estimate>(calls, 'estimate', {
      study: { ...mnist, stop: { trials: 640 } },
      workers: 2,
    });
    expect([again.at, again.trialMs]).toEqual([first.at, first.trialMs]);
    expect(again.totalMs?.low).toBeGreaterThan(5 * (first.totalMs?.low ?? NaN));
  });

  test('ends the measurement when it is cancelled, and starts the next one', async () => {
    const gone = new AbortController();
    const study = { ...mnist, objective: { ...mnist.objective, network: 'no-such-network' } };
    expect(await ask(calls, 'estimate', { study, workers: 1 })).toMatchObject({
      ok: false,
      error: { code: 'invalid-input' },
    });
    const slow = { ...mnist, objective: { ...mnist.objective, network: 'cnn' } };
    const waiting = ask(
      calls,
      'estimate',
      { study: slow, workers: 1 },
      { ...WINDOW, signal: gone.signal },
    );
    gone.abort();
    expect(await waiting).toMatchObject({ ok: false, error: { code: 'cancelled' } });
  });

  test('does not measure an objective that states its own duration', async () => {
    const study = {
      ...mnist,
      objective: { kind: 'synthetic', function: 'sphere', durationMs: 600 },
    };
    expect(await asked<Estimate>(calls, 'estimate', { study, workers: 4 })).toMatchObject({
      epochs: 0,
      measured: [],
      trials: 64,
    });
  });
});

describe('Estimate: from trials of 10 and 20 s', () => {
  const points = [10, 20].map((epochs) => ({ epochs, epochMs: 1000 }));
  const on = { device: 'cpu', lanes: 1, executor: 'wasm', reason: '', memoryBytes: 1 };
  const measured = { study: { ...on, points }, at: 0 };
  const of = (change: object, workers = 4): Estimate =>
    estimateTraining({ ...mnist, ...change }, workers, measured);
  const around = (ms: number, { totalMs }: Estimate): boolean =>
    totalMs !== null && totalMs.low < ms && ms < totalMs.high;

  test('takes about 16 rounds for 64 trials on 4 workers', () => {
    expect(around(16 * 15_000, of({}))).toBe(true);
    expect(around(64 * 15_000, of({}, 1))).toBe(true);
    expect(of({}).trialMs).toEqual({ low: 7_500, high: 32_000 });
  });

  test('makes workers beyond the size of a generation wait', () => {
    const generations = { sampler: { name: 'generational', population: 4 } };
    expect(of(generations, 16).totalMs?.low).toBe(of(generations, 4).totalMs?.low);
    expect(around((64 * 15_000) / 2, of(generations, 3))).toBe(true);
  });

  test('is open without a limit of trials, bounded by minutes, and ends with a grid', () => {
    expect(of({ stop: {} })).toMatchObject({ totalMs: null, trials: null });
    expect(of({ stop: { trials: 64, minutes: 1 } }).totalMs).toEqual({ low: 60_000, high: 60_000 });
    const grid = {
      sampler: { name: 'grid' },
      stop: {},
      searchSpace: { units: { type: 'int', low: 1, high: 3 } },
    };
    expect(of(grid)).toMatchObject({ trials: 3 });
  });
});
