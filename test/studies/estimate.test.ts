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

/** Trials of 10 and 20 s on a core. */
const cores = on('cpu', { 1: 1000 });

/** @param cohorts milliseconds of an epoch by the number of lanes */
function on(device: string, cohorts: Readonly<Record<number, number>>) {
  const speeds = Object.entries(cohorts).map(([lanes, epochMs]) => ({
    lanes: Number(lanes),
    samplesPerSecond: (1000 * Number(lanes)) / epochMs,
    points: [10, 20].map((epochs) => ({ epochs, epochMs })),
  }));
  const [first, ...more] = speeds;
  if (first === undefined) throw new RangeError('expected a speed');
  const about = { device, executor: 'x', reason: '', memoryBytes: 1 };
  const study = { ...about, speeds: [first, ...more] as [typeof first, ...typeof more] };
  return { study, workers: 1, at: 0 };
}

function around(ms: number, totalMs: Estimate['totalMs'] | undefined): boolean {
  return totalMs != null && totalMs.low < ms && ms < totalMs.high;
}

describe('Estimate: with a GPU', () => {
  /** 8 trials take as long as one on a core, 64 twice as long. */
  const card = on('gpu/0', { 8: 1000, 64: 2000 });
  const evolution = { ...mnist, sampler: { name: 'evolution' }, stop: { trials: 64 } };

  test('counts the trials of every device', () => {
    const both = estimateTraining(evolution, [{ ...cores, workers: 8 }, card]);
    // 8 trials every 15 s on the cores, 8 on the card.
    expect(around(60_000, both.totalMs)).toBe(true);
    expect(both.measured.map(({ device, workers, lanes }) => [device, workers, lanes])).toEqual([
      ['cpu', 8, 1],
      ['gpu/0', 1, 8],
    ]);
    expect(both.measured.map(({ samplesPerSecond }) => samplesPerSecond)).toEqual([1, 8]);
  });

  test('prices both packings: the time of the budget, and of about the same result', () => {
    const { packings } = estimateTraining(evolution, [card]);
    const [few, soon] = packings;
    expect(packings.map(({ packing, lanes, trials }) => [packing, lanes, trials])).toEqual([
      ['fewer-evaluations', 8, 64],
      ['sooner', 64, 64],
    ]);
    // 8 cohorts of 15 s, one of 30 s, two of 30 s.
    expect(few?.same).toBeNull();
    expect(around(120_000, few?.totalMs)).toBe(true);
    expect(around(30_000, soon?.totalMs)).toBe(true);
    expect(soon?.same?.trials).toBe(128);
    expect(around(60_000, soon?.same?.totalMs)).toBe(true);
  });

  test('follows the packing of the study, with speeds between the measured ones', () => {
    const { measured } = estimateTraining({ ...evolution, stop: { trials: 256 } }, [card]);
    expect(measured[0]?.lanes).toBe(32);
    // 8 and 32 trials an epoch of 1 s; two thirds of the doublings between them.
    expect(measured[0]?.samplesPerSecond).toBeCloseTo(8 + (2 / 3) * (32 - 8));
    const sooner = estimateTraining({ ...evolution, packing: 'sooner' }, [card]);
    expect(sooner.measured[0]?.lanes).toBe(64);
    expect(around(30_000, sooner.totalMs)).toBe(true);
  });

  test('offers no choice where proposals do not depend on results, or no trial is left out', () => {
    const random = { ...evolution, sampler: { name: 'random' } };
    expect(estimateTraining(random, [card])).toMatchObject({
      packings: [],
      measured: [{ lanes: 64 }],
    });
    expect(estimateTraining({ ...evolution, stop: { trials: 512 } }, [card]).packings).toEqual([]);
    expect(estimateTraining({ ...evolution, stop: {} }, [card]).packings).toEqual([]);
    expect(estimateTraining(evolution, [cores]).packings).toEqual([]);
  });
});

describe('Estimate: devices that take part', () => {
  const calls = estimateCalls(
    callDeps(folder.path, {
      cards: () => [
        {
          device: { id: 'gpu/0', kind: 'gpu', name: 'card', lanes: 16, memoryBytes: 2 ** 30 },
          environment: { GALAPAGOS_WEBGPU_ADAPTER: 'no such adapter' },
          command: [],
          conditions: [],
        },
      ],
    }),
  );
  test('fails with the reason where the only device cannot be measured', async () => {
    const objective: Record<string, unknown> = { ...mnist.objective, executor: 'webgpu' };
    delete objective['bits'];
    const pinned = { ...mnist, objective };
    expect(await ask(calls, 'estimate', { study: pinned, workers: 1 })).toMatchObject({
      ok: false,
      error: { code: 'not-trainable' },
    });
  });

  test('measures the selected devices alone, and says that none of them can train', async () => {
    const onCpu = { ...mnist, devices: ['cpu'] };
    expect(await asked<Estimate>(calls, 'estimate', { study: onCpu, workers: 1 })).toMatchObject({
      measured: [{ device: 'cpu' }],
      unmeasured: [],
    });
    const unfit = { ...mnist, devices: ['gpu/0'] };
    expect(await ask(calls, 'estimate', { study: unfit, workers: 1 })).toMatchObject({
      ok: false,
      error: { code: 'not-trainable' },
    });
  });
});

describe('Estimate: from trials of 10 and 20 s', () => {
  const of = (change: object, workers = 4): Estimate =>
    estimateTraining({ ...mnist, ...change }, [{ ...cores, workers }]);
  test('takes about 16 rounds for 64 trials on 4 workers', () => {
    expect(around(16 * 15_000, of({}).totalMs)).toBe(true);
    expect(around(64 * 15_000, of({}, 1).totalMs)).toBe(true);
    expect(of({}).trialMs).toEqual({ low: 7_500, high: 32_000 });
  });

  test('makes workers beyond the size of a generation wait', () => {
    const generations = { sampler: { name: 'generational', population: 4 } };
    expect(of(generations, 16).totalMs?.low).toBe(of(generations, 4).totalMs?.low);
    expect(around((64 * 15_000) / 2, of(generations, 3).totalMs)).toBe(true);
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
