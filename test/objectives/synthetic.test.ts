import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { LanesListener } from '../../src/core/lanes-listener.ts';
import type { AttemptResult, Report } from '../../src/core/scheduling/index.ts';
import type { Params } from '../../src/core/search-space/distribution.ts';
import { syntheticFunctions } from '../../src/protocol/objective.ts';
import { createRunner } from '../../src/worker/attempt.ts';
import { functions } from '../../src/objectives/synthetic-functions.ts';
import { cpuDevice } from '../../src/runtime/cpu-device.ts';
import { study } from '../support/worker-message-examples.ts';

const runner = (slot = 'local/cpu/0') =>
  createRunner({ slot, device: cpuDevice(), resources: '/nowhere', userFolder: '/nowhere' });

const UNHEARD: LanesListener<Report, AttemptResult> = {
  progress: () => undefined,
  report: () => undefined,
  ended: () => undefined,
};

interface Run {
  readonly objective?: object;
  readonly seed?: number;
  readonly number?: number;
  readonly attemptNumber?: number;
  readonly params?: Params;
  readonly signal?: AbortSignal;
  readonly slot?: string;
}

async function run({
  objective,
  seed = 7,
  number = 0,
  attemptNumber = 1,
  params = { x: 1 },
  signal = new AbortController().signal,
  slot,
}: Run): Promise<AttemptResult> {
  const message = {
    ...study,
    seed,
    objective: { kind: 'synthetic', function: 'sphere', ...objective },
  };
  const [result] = await runner(slot)(
    message,
    [{ attempt: { study: study.study, number, attemptNumber }, params, signal }],
    UNHEARD,
  );
  return result!;
}

describe('Synthetic objective: reports', () => {
  const lane = (signal: AbortSignal) => [
    { attempt: { study: study.study, number: 3, attemptNumber: 1 }, params: { x: 1 }, signal },
  ];
  const message = (epochs: number) => ({
    ...study,
    objective: { kind: 'synthetic', function: 'sphere', epochs },
  });

  it('reports each epoch but the last, falling to the value, and repeats all in the result', async () => {
    const reports: Report[] = [];
    const [result] = await runner()(message(4), lane(new AbortController().signal), {
      ...UNHEARD,
      report: (_, report) => reports.push(report),
    });
    expect(reports.map(({ step }) => step)).toEqual([0, 1, 2]);
    expect(result?.reports?.slice(0, 3)).toEqual(reports);
    expect(result?.reports?.at(-1)).toEqual({ step: 3, value: result?.value });
    expect(reports[0]?.value).toBeGreaterThan(reports[2]?.value ?? Infinity);
  });

  it('ends as pruned, with its reports, when it is stopped between two reports', async () => {
    const stop = new AbortController();
    const [result] = await runner()(message(4), lane(stop.signal), {
      ...UNHEARD,
      report: () => stop.abort('pruned'),
    });
    expect(result?.outcome).toBe('pruned');
    expect(result?.value).toBeUndefined();
    expect(result?.reports?.map(({ step }) => step)).toEqual([0]);
  });
});

describe('Synthetic objective: functions', () => {
  const optima: Record<(typeof syntheticFunctions)[number], [readonly number[], number]> = {
    sphere: [[0, 0, 0], 0],
    rosenbrock: [[1, 1, 1], 0],
    rastrigin: [[0, 0, 0], 0],
    ackley: [[0, 0, 0], 0],
    branin: [[Math.PI, 2.275], 0.397887],
    griewank: [[0, 0, 0], 0],
    levy: [[1, 1, 1], 0],
    step: [[0.2, -0.3, 0], 0],
  };

  it.each(syntheticFunctions)('%s has its published optimum, and nothing below it', (name) => {
    const [point, least] = optima[name];
    expect(functions[name](point)).toBeCloseTo(least, 5);
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: -15, max: 15, noNaN: true }), {
          minLength: point.length,
          maxLength: point.length,
        }),
        (other) => {
          expect(functions[name](other)).toBeGreaterThanOrEqual(least - 1e-6);
        },
      ),
    );
  });

  it.each([
    ['rosenbrock', [0, 0, 0], 2],
    ['rosenbrock', [3], 4],
    ['rosenbrock', [2, 1], 901],
    ['rastrigin', [1, 0.5], 1 + 20.25],
    ['step', [0.6, -1.7], 1 + 4],
    ['sphere', [], 0],
  ] as const)('%s of %j is %d', (name, point, value) => {
    expect(functions[name](point)).toBeCloseTo(value, 9);
  });
});

describe('Synthetic objective: attempts', () => {
  it('have the value of the function of their numeric parameters, unscaled', async () => {
    expect(
      await run({ params: { x: 3, activation: 'relu', y: -4, flag: true, none: null } }),
    ).toMatchObject({
      outcome: 'succeeded',
      value: 25,
    });
  });

  it('without a duration run synchronously', async () => {
    let turned = false;
    setImmediate(() => (turned = true));
    await run({});
    expect(turned).toBe(false);
  });

  it('take their duration, and stop when they are cancelled', async () => {
    expect((await run({ objective: { durationMs: 30 } })).ms).toBeGreaterThanOrEqual(28);
    const stop = new AbortController();
    const running = run({ objective: { durationMs: 1e9 }, signal: stop.signal });
    stop.abort('cancelled');
    expect(await running).toMatchObject({ outcome: 'cancelled' });
    expect(await run({ signal: AbortSignal.abort('timedOut') })).toMatchObject({
      outcome: 'timedOut',
    });
    expect(await run({ signal: AbortSignal.abort('outOfMemory') })).toMatchObject({
      outcome: 'outOfMemory',
      error: expect.stringContaining('memory') as string,
    });
  });

  it('fail by a throw, by divergence, by memory at the given rates, and the same way again', async () => {
    for (const [rate, outcome] of [
      ['failureRate', 'crashed'],
      ['divergeRate', 'diverged'],
      ['memoryRate', 'outOfMemory'],
    ] as const) {
      const outcomes = async (): Promise<string[]> => {
        const of: string[] = [];
        for (let number = 0; number < 400; number++)
          of.push((await run({ objective: { [rate]: 0.3 }, number })).outcome);
        return of;
      };
      const first = await outcomes();
      const count = first.filter((each) => each === outcome).length;
      expect(count).toBeGreaterThan(80);
      expect(count).toBeLessThan(160);
      expect(await outcomes()).toStrictEqual(first);
    }
  });

  it('prune as many trials as asked after half of their duration, with a report', async () => {
    const ends = await Promise.all(
      Array.from({ length: 60 }, (_, number) =>
        run({ objective: { pruneRate: 0.5, durationMs: 20 }, number }),
      ),
    );
    const pruned = ends.filter(({ outcome }) => outcome === 'pruned');
    expect(pruned.length).toBeGreaterThan(15);
    expect(pruned.length).toBeLessThan(45);
    for (const { value, reports } of pruned) expect(reports).toEqual([{ step: 0, value }]);
  });

  it('draw failures for each attempt, divergence once for all', async () => {
    const perAttempt = async (rate: string): Promise<number> => {
      let differ = 0;
      for (let number = 0; number < 50; number++) {
        const [one, two] = [
          await run({ objective: { [rate]: 0.5 }, number, attemptNumber: 1 }),
          await run({ objective: { [rate]: 0.5 }, number, attemptNumber: 2 }),
        ];
        if (one.outcome !== two.outcome) differ += 1;
      }
      return differ;
    };
    expect(await perAttempt('failureRate')).toBeGreaterThan(10);
    expect(await perAttempt('divergeRate')).toBe(0);
  });

  it.each([
    ['local/cpu/0', 'local/cpu/0', true],
    ['local/cpu/0', 'local/cpu/1', false],
    ['*/1', 'local/cpu/1', true],
    ['local/*/0', 'local/cpu/0', true],
    ['*', 'local/cpu/9', true],
    ['local/*u*/0', 'local/cpu/10', false],
    ['a*a', 'a', false],
  ])('with failOnSlots %s fail on %s: %s', async (pattern, slot, fails) => {
    expect(await run({ objective: { failOnSlots: [pattern] }, slot })).toMatchObject({
      outcome: fails ? 'crashed' : 'succeeded',
    });
  });

  it('of an invalid objective report its problems', async () => {
    expect(await run({ objective: { function: 'spere' } })).toMatchObject({
      outcome: 'crashed',
      error: expect.stringContaining('function') as string,
    });
  });
});

describe('Worker: failures of an attempt', () => {
  it('of an unknown objective kind are a crash that names the known kinds', async () => {
    expect(await run({ objective: { kind: 'script' } })).toMatchObject({
      outcome: 'crashed',
      error: expect.stringMatching(/'script', only command, synthetic, train/) as string,
    });
  });

  it('of the trainer are a crash with its message', async () => {
    expect(await run({ objective: { kind: 'train' } })).toMatchObject({
      outcome: 'crashed',
      error: expect.stringMatching(/\w/) as string,
    });
  });
});
