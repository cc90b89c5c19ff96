/**
 * Contract of every executor: the reference's numbers on every op, and the behaviour that the
 * trainer relies on.
 */
import fc from 'fast-check';
import { describe, expect, it, type TestContext } from 'vitest';
import type { Executor, LaneState } from '../../src/training/executors/executor.ts';
import { ReferenceExecutor } from '../../src/training/executors/reference/reference.ts';
import { TrainingError } from '../../src/training/training-error.ts';
import { DRAWN, GRAPHS } from '../support/drawn-networks.ts';
import { NETWORKS, subjectOf, type SmallNetwork, type SmallSubject } from '../support/networks.ts';
import { NEVER, PARAMS, worst } from '../support/training.ts';
import { expectMetrics, expectState, isSmooth } from './executor-comparison.ts';
import { FIRST, SECOND, SEED, Session, THIRD, type TestLane } from './executor-session.ts';

export interface ExecutorHarness {
  readonly make: () => Executor;
  /**
   * Tolerance of losses and of weight changes after one and two steps, relative to the largest
   * reference value.
   */
  readonly tolerance: number;
  /**
   * Difference between a lane that trains alone, with others, or in pieces: none, or this
   * tolerance.
   */
  readonly company: 'equal' | number;
  /**
   * Difference after a lane continues from a written state: none, or this tolerance (for executors
   * that export states in lower precision).
   */
  readonly restored: 'equal' | number;
  /** Effect of an unsupported network: skips the test with the executor's reason, or fails it. */
  readonly missing: 'skip' | 'fail';
  /** Number of random networks; each is compiled. */
  readonly runs: number;
  /** Chunks that are started before the first of them is reported; default: 1. */
  readonly inFlight?: number;
  /** Takes every n-th of the named networks, where compiling them all takes minutes; default: 1. */
  readonly every?: number;
}

function named(networks: readonly SmallNetwork[]): (readonly [string, SmallNetwork])[] {
  return networks.map((network) => [network.name, network]);
}

export function executorContract(name: string, harness: ExecutorHarness): void {
  const executor = harness.make();
  const reference = new ReferenceExecutor();

  /**
   * Opens a session, uses it and disposes it. Skips the test if the executor does not support the
   * network and the contract allows that.
   */
  async function withSession<T>(
    context: TestContext | undefined,
    subject: SmallSubject,
    lanes: readonly TestLane[],
    use: (session: Session) => Promise<T>,
  ): Promise<T | undefined> {
    let session: Session;
    try {
      session = await Session.open(executor, subject, lanes);
    } catch (error) {
      if (
        harness.missing === 'fail' ||
        !(error instanceof TrainingError && error.kind === 'unsupported')
      )
        throw error;
      context?.skip(error.message);
      return undefined;
    }
    try {
      return await use(session);
    } finally {
      await session.executable.dispose();
    }
  }

  function expectSame(
    found: ArrayLike<number>,
    expected: ArrayLike<number>,
    what: string,
    within = harness.company,
  ): void {
    if (within === 'equal') expect(found, what).toEqual(expected);
    else expect(worst(found, expected, 1e-3), what).toBeLessThanOrEqual(within);
  }

  function expectSameState(found: LaneState, expected: LaneState, within = harness.company): void {
    expectSame(found.weights, expected.weights, 'weights', within);
    expectSame(found.statistics, expected.statistics, 'statistics', within);
    expect(found.slots.length).toBe(expected.slots.length);
    found.slots.forEach((slot, k) => {
      expectSame(slot, expected.slots[k] ?? [], `slot ${String(k)}`, within);
    });
    expect(found.step).toBe(expected.step);
  }

  /**
   * Compares two steps with the reference, the second one the last of the second epoch (with an
   * incomplete batch), then the evaluation.
   */
  async function compare(
    context: TestContext | undefined,
    subject: SmallSubject,
    lanes: readonly TestLane[],
  ): Promise<void> {
    await withSession(context, subject, lanes, async (session) => {
      const oracle = await Session.open(reference, subject, lanes);
      const before = await oracle.states();
      expect(await session.states(), 'the start').toEqual(before);
      for (const [epoch, step] of [
        [0, 0],
        [1, session.perEpoch - 1],
      ] as const) {
        const [found, expected] = [
          await session.run(epoch, step, 1),
          await oracle.run(epoch, step, 1),
        ];
        const [states, right] = [await session.states(), await oracle.states()];
        for (const [lane, start] of before.entries()) {
          const what = `lane ${String(lane)}, step ${String(step)}`;
          expectMetrics(found.lanes[lane], expected.lanes[lane], harness.tolerance, what);
          expectState(subject, start, states[lane]!, right[lane]!, harness.tolerance, what);
        }
      }
      const [found, expected] = [await session.evaluate(), await oracle.evaluate()];
      for (const lane of lanes.keys())
        expectMetrics(found[lane], expected[lane], harness.tolerance, 'evaluation');
    });
  }

  describe(`Executor ${name}: numbers of the reference`, () => {
    it.for(named(NETWORKS.filter((_, i) => i % (harness.every ?? 1) === 0)))(
      '%s',
      async ([, network], context) => {
        await compare(context, subjectOf(network), [FIRST, SECOND]);
      },
    );

    it('trains networks of random shapes as the reference does', async () => {
      await fc.assert(
        fc.asyncProperty(DRAWN, async (network) => {
          const subject = subjectOf(network, network.samples);
          fc.pre(await isSmooth(subject, PARAMS));
          await compare(undefined, subject, [FIRST]);
        }),
        { numRuns: harness.runs, seed: 9 },
      );
    });

    it('trains random graphs as the reference does', async () => {
      await fc.assert(
        fc.asyncProperty(GRAPHS, async (network) => {
          const subject = subjectOf(network);
          fc.pre(await isSmooth(subject, PARAMS));
          await compare(undefined, subject, [FIRST]);
        }),
        { numRuns: harness.runs, seed: 10 },
      );
    });
  });

  const MIXED: SmallNetwork = {
    name: 'of many ops',
    shape: [1, 6, 5],
    layers: [
      { type: 'conv', filters: 3, kernel: 3 },
      { type: 'max-pool', size: 2, stride: 1 },
      { type: 'relu' },
      { type: 'flatten' },
      { type: 'dropout', rate: { $param: 'dropout' } },
      { type: 'dense', units: 4 },
    ],
  };
  const NORMED: SmallNetwork = {
    ...MIXED,
    name: 'with statistics and two slots',
    // No bias before the norm: its true gradient is 0, and Adam would amplify the rounding error.
    layers: [
      { type: 'conv', filters: 3, kernel: 3, bias: false },
      { type: 'batch-norm' },
      ...MIXED.layers.slice(1),
    ],
    settings: { optimizer: { type: 'adam', learningRate: { $param: 'rate' } } },
  };
  const BOTH = named([MIXED, NORMED]);

  describe(`Executor ${name}: lanes`, () => {
    it.for(BOTH)(
      'trains a lane to the same weights alone, with others and at any index: %s',
      async ([, network], context) => {
        const subject = subjectOf(network);
        const train = (
          lanes: readonly TestLane[],
        ): ReturnType<
          typeof withSession<readonly [LaneState[], Awaited<ReturnType<Session['evaluate']>>]>
        > =>
          withSession(context, subject, lanes, async (session) => {
            await session.run(0, 0, 3);
            return [await session.states(), await session.evaluate()];
          });
        const alone = await train([FIRST]);
        const first = await train([FIRST, SECOND, THIRD]);
        const last = await train([SECOND, FIRST]);
        expectSameState(first![0][0]!, alone![0][0]!);
        expectSameState(last![0][1]!, alone![0][0]!);
        expectSame(
          [first![1][0]!.lossSum, last![1][1]!.lossSum],
          [alone![1][0]!.lossSum, alone![1][0]!.lossSum],
          'loss',
        );
        expect(first![0][1]!.weights).not.toEqual(alone![0][0]!.weights);
      },
    );

    it('keeps the weights of stopped lanes and trains the others', async (context) => {
      await withSession(context, subjectOf(MIXED), [FIRST, SECOND, THIRD], async (session) => {
        await session.run(0, 0, 1);
        session.executable.stopLane(1);
        const [kept, metrics] = [await session.state(1), await session.run(0, 1, 2)];
        expect(metrics.lanes.map((lane) => lane === null)).toEqual([false, true, false]);
        expect((await session.state(1)).weights).toEqual(kept.weights);
        expect((await session.evaluate()).map((lane) => lane === null)).toEqual([
          false,
          true,
          false,
        ]);
        expect(await session.executable.compact()).toEqual([0, 2]);
        await session.run(1, 0, 1);
        const [first, third] = [await session.state(0), await session.state(2)];
        await session.begin([FIRST, SECOND, THIRD]);
        await session.run(0, 0, 3);
        await session.run(1, 0, 1);
        expectSameState(await session.state(0), first);
        expectSameState(await session.state(2), third);
      });
    });

    it('ends lanes that are stopped during a run at the next chunk that is started', async (context) => {
      await withSession(context, subjectOf(MIXED), [FIRST, SECOND], async (session) => {
        const { executable, order } = session;
        const long = Uint32Array.from({ length: 4000 }, (_, i) => i % order.length);
        const done: number[] = [];
        const onChunk = (steps: number): void => {
          if (done.push(steps) === 1) executable.stopLane(0);
        };
        const report = await session.run(0, 0, 1000, { order: long, onChunk });
        expect([report.stepsDone, report.lanes[0], report.lanes[1]?.samples]).toEqual([
          1000,
          null,
          4000,
        ]);
        expect((await session.state(0)).step).toBe(done[(harness.inFlight ?? 1) - 1]);
      });
    });

    it('reports divergence of a lane once and does not change the others', async (context) => {
      const wild: TestLane = { trial: 5, params: { ...PARAMS, rate: Infinity } };
      await withSession(context, subjectOf(MIXED), [wild, FIRST], async (session) => {
        const report = await session.run(0, 0, 3);
        expect(report.lanes.map((lane) => lane?.diverged)).toEqual([true, false]);
        const next = await session.run(1, 0, 3);
        expect(next.lanes.map((lane) => lane?.diverged)).toEqual([undefined, false]);
        const found = await session.state(1);
        await session.begin([SECOND, FIRST]);
        await session.run(0, 0, 3);
        await session.run(1, 0, 3);
        expectSameState(await session.state(1), found);
      });
    });
  });

  describe(`Executor ${name}: runs`, () => {
    it.for(BOTH)(
      'gives the same result for a run in pieces and as a whole: %s',
      async ([, network], context) => {
        await withSession(context, subjectOf(network), [FIRST, SECOND], async (session) => {
          const done: number[] = [];
          const whole = await session.run(0, 0, 3, { onChunk: (steps) => done.push(steps) });
          expect([whole.stepsDone, whole.aborted, done.at(-1), whole.lanes[1]?.samples]).toEqual([
            3,
            false,
            3,
            11,
          ]);
          const state = await session.state(1);
          await session.begin([FIRST, SECOND]);
          const parts = [await session.run(0, 0, 1), await session.run(0, 1, 2)];
          expectSameState(await session.state(1), state);
          expect(
            worst(
              [parts.reduce((sum, part) => sum + part.lanes[1]!.lossSum, 0)],
              [whole.lanes[1]!.lossSum],
              1,
            ),
          ).toBeLessThan(1e-6);
        });
      },
    );

    it('resets weights, slots and statistics at begin', async (context) => {
      await withSession(context, subjectOf(NORMED), [FIRST], async (session) => {
        const start = await session.state();
        await session.run(0, 0, 3);
        expect((await session.state()).statistics).not.toEqual(start.statistics);
        await session.begin([FIRST]);
        expect(await session.state()).toEqual(start);
        expect(start.slots.map((slot) => slot.every((v) => v === 0))).toEqual([true, true]);
        expect([...start.statistics]).toEqual([0, 0, 0, 1, 1, 1]);
      });
    });

    it('continues from a written state', async (context) => {
      const subject = subjectOf(NORMED);
      await withSession(context, subject, [FIRST], async (session) => {
        await session.run(0, 0, 2);
        const middle = await session.state();
        await session.run(0, 2, 1);
        const expected = await session.state();
        await withSession(context, subject, [SECOND, FIRST], async (other) => {
          await other.executable.writeWeights(1, middle);
          expect(await other.state(1)).toEqual(middle);
          await other.run(0, 2, 1);
          expectSameState(await other.state(1), expected, harness.restored);
        });
      });
    });

    it('stops at a signal between chunks and continues to the same weights', async (context) => {
      await withSession(context, subjectOf(MIXED), [FIRST], async (session) => {
        const steps = 1000;
        const order = Uint32Array.from({ length: 4 * steps }, (_, i) => i % session.order.length);
        const controller = new AbortController();
        const onChunk = (): void => controller.abort();
        const report = await session.run(0, 0, steps, {
          signal: controller.signal,
          order,
          onChunk,
        });
        expect([report.aborted, report.stepsDone > 0, report.stepsDone < steps]).toEqual([
          true,
          true,
          true,
        ]);
        expect(
          (await session.run(0, 0, steps, { signal: controller.signal, order })).stepsDone,
        ).toBe(0);
        expect(await session.executable.evaluate(order, controller.signal)).toEqual([null]);
        const rest = await session.run(0, report.stepsDone, steps - report.stepsDone, { order });
        expect([rest.aborted, rest.lanes[0]?.samples]).toEqual([
          false,
          4 * (steps - report.stepsDone),
        ]);
        const pieces = await session.state();
        await session.begin([FIRST]);
        await session.run(0, 0, steps, { order });
        expectSameState(await session.state(), pieces);
      });
    });

    it('starts no chunk during a pause and continues to the same weights', async (context) => {
      await withSession(context, subjectOf(MIXED), [FIRST], async (session) => {
        const order = Uint32Array.from({ length: 4000 }, (_, i) => i % session.order.length);
        let done = 0;
        const onChunk = (steps: number): void => void (done = steps);
        let [paused, goOn] = [(): void => undefined, (): void => undefined];
        let goesOn = false;
        const pausing = new Promise<void>((resolve) => (paused = resolve));
        const wait = new Promise<void>((resolve) => (goOn = resolve));
        const pause = (): Promise<void> | null => {
          if (done === 0 || goesOn) return null;
          paused();
          return wait;
        };
        const ended = session.run(0, 0, 1000, { order, onChunk, pause });
        await pausing;
        // Chunks that were started before the pause end; an executor that ignores it ends all.
        let during: number;
        do {
          during = done;
          await new Promise((resolve) => setTimeout(resolve, 250));
        } while (done !== during);
        for (let turns = 0; turns < 50; turns++)
          await new Promise((resolve) => setImmediate(resolve));
        expect([during < 1000, done]).toEqual([true, during]);
        goesOn = true;
        goOn();
        expect(await ended).toMatchObject({ stepsDone: 1000, aborted: false });
        const state = await session.state();
        await session.begin([FIRST]);
        await session.run(0, 0, 1000, { order });
        expectSameState(await session.state(), state);
      });
    });

    it('ends a run whose lanes are all stopped during a pause', async (context) => {
      await withSession(context, subjectOf(MIXED), [FIRST], async (session) => {
        const { executable } = session;
        const pause = (): Promise<void> => Promise.resolve().then(() => executable.stopLane(0));
        expect(await session.run(0, 0, 3, { pause })).toMatchObject({ stepsDone: 0 });
        await session.begin([FIRST]);
        const measured = await executable.evaluate(session.order, NEVER, pause);
        expect(measured).toEqual([null]);
      });
    });

    it('does not change the training by an evaluation', async (context) => {
      await withSession(context, subjectOf(NORMED), [FIRST], async (session) => {
        await session.run(0, 0, 1);
        const [state, first, second] = [
          await session.state(),
          await session.evaluate(),
          await session.evaluate(),
        ];
        expect(second).toEqual(first);
        expect(await session.state()).toEqual(state);
        await session.begin([FIRST]);
        await session.run(0, 0, 1);
        expectSame([(await session.evaluate())[0]!.lossSum], [first[0]!.lossSum], 'loss');
      });
    });
  });

  describe(`Executor ${name}: calls`, () => {
    it('refuses concurrent calls and calls after dispose, and disposes twice', async (context) => {
      await withSession(context, subjectOf(MIXED), [FIRST], async (session) => {
        const running = session.run(0, 0, 3);
        await expect(session.evaluate()).rejects.toThrow('busy');
        await running;
        await session.executable.dispose();
        await session.executable.dispose();
        await expect(session.evaluate()).rejects.toThrow('disposed');
      });
    });

    it('refuses other data and more lanes than compiled for', async (context) => {
      const subject = subjectOf(MIXED);
      await withSession(context, subject, [FIRST], async ({ executable }) => {
        const numbers = {
          ...subject.view,
          sampleType: 'f32' as const,
          x: new Float32Array(subject.view.x.length),
        };
        await expect(executable.loadDataset({ ...subject.view, shape: [1, 5, 6] })).rejects.toThrow(
          '1×5×6',
        );
        await expect(executable.loadDataset(numbers)).rejects.toThrow('f32');
        await expect(
          executable.begin(
            SEED,
            [FIRST, SECOND].map(({ trial }) => ({ trial, shared: false })),
          ),
        ).rejects.toThrow('2');
      });
    });

    it('estimates more memory for larger plans, and stops compiling at a signal', async () => {
      const [small, large] = [
        subjectOf({ ...MIXED, batch: 2 }),
        subjectOf({
          ...MIXED,
          layers: [...MIXED.layers.slice(0, 5), { type: 'dense', units: 999 }],
        }),
      ];
      const of = ({ plan, view }: SmallSubject): number =>
        executor.estimate(plan, 1, view).laneBytes;
      expect(of(small)).toBeGreaterThanOrEqual(
        4 * small.plan.weights.reduce((sum, w) => sum + w.shape.reduce((a, b) => a * b, 1), 0),
      );
      expect(of(large)).toBeGreaterThan(of(small));
      await expect(executor.compile(small.plan, 1, AbortSignal.abort())).rejects.toThrow();
    });

    it('starts all lanes with equal weights if the study requires it', async (context) => {
      await withSession(context, subjectOf(MIXED), [FIRST, SECOND], async ({ executable }) => {
        await executable.begin(SEED, [
          { trial: 3, shared: true },
          { trial: 4, shared: true },
        ]);
        expect((await executable.readWeights(0)).weights).toEqual(
          (await executable.readWeights(1)).weights,
        );
        await executable.begin(SEED, [
          { trial: 3, shared: false },
          { trial: 4, shared: false },
        ]);
        expect((await executable.readWeights(0)).weights).not.toEqual(
          (await executable.readWeights(1)).weights,
        );
      });
    });
  });
}
