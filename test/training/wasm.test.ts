import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ReferenceExecutor } from '../../src/training/executors/reference/reference.ts';
import { emitModule } from '../../src/training/executors/wasm/emit.ts';
import { engine } from '../../src/training/executors/wasm/engine.ts';
import { WasmExecutor } from '../../src/training/executors/wasm/wasm.ts';
import type { Params, SgdSettings } from '../../src/training/objective/objective.ts';
import { parameterCount } from '../../src/training/plan/block.ts';
import {
  byWeight,
  NEVER,
  PARAMS,
  SGD,
  subject,
  synthetic,
  trainOn,
  worst,
  type Subject,
} from '../support/training.ts';

const wasm = new WasmExecutor({ fused: false });
const reference = new ReferenceExecutor();
const FLAT = [{ type: 'flatten' }];

/**
 * Runs both executors over the same steps: momentum after one step is the gradient. Returns the
 * largest error by weight.
 */
async function compare(
  what: Subject,
  samples: number,
  steps: number,
  optimizer: SgdSettings = SGD,
  params: Params = PARAMS,
): Promise<number> {
  const classes = what.plan.buffers[what.plan.logits]?.shape[0] ?? 1;
  const view = synthetic(what.plan.input.shape, classes, samples);
  const lanes = [{ seed: { trial: 3, shared: false }, params }];
  const a = await trainOn(wasm, what, view, steps, lanes, optimizer);
  const r = await trainOn(reference, what, view, steps, lanes, optimizer);
  const evaluated = await Promise.all(
    [a, r].map((t) =>
      t.executable.evaluate(
        Uint32Array.from({ length: view.samples }, (_, i) => i),
        NEVER,
      ),
    ),
  );
  await Promise.all([a.executable.dispose(), r.executable.dispose()]);
  const [left, right] = [a.report.lanes[0]!, r.report.lanes[0]!];
  expect(left.correct).toBe(right.correct);
  expect(evaluated[0]![0]!.correct).toBe(evaluated[1]![0]!.correct);
  let error = Math.max(
    worst([left.lossSum], [right.lossSum], 1),
    worst([evaluated[0]![0]!.lossSum], [evaluated[1]![0]!.lossSum], 1),
  );
  const gradients = byWeight(what.plan, r.states[0]!.slots[0] ?? r.states[0]!.weights);
  const floor = Math.max(1e-6, ...gradients.map((g) => Math.max(...g.values.map(Math.abs)) / 20));
  byWeight(what.plan, a.states[0]!.slots[0] ?? a.states[0]!.weights).forEach((found, k) => {
    error = Math.max(error, worst(found.values, gradients[k]!.values, floor));
  });
  return error;
}

const small = (max: number): fc.Arbitrary<number> => fc.integer({ min: 1, max });

describe('wasm: emitted module', () => {
  it('is valid WebAssembly of a reasonable size', () => {
    const { plan } = subject(
      [1, 28, 28],
      [
        { type: 'conv', filters: 2, kernel: 5 },
        { type: 'max-pool', size: 2 },
        { type: 'relu' },
        ...FLAT,
        { type: 'dense', units: 10 },
      ],
      128,
    );
    const { bytes } = emitModule(plan, false);
    expect(engine.validate(bytes)).toBe(true);
    expect(bytes.length).toBeLessThan(64 * 1024);
  });

  it('has a memory estimate before allocation: shared and per lane', () => {
    const { plan } = subject(
      [1, 9, 9],
      [{ type: 'conv', filters: 3, kernel: 3 }, ...FLAT, { type: 'dense', units: 4 }],
      8,
    );
    const shape = { samples: 100, shape: [1, 9, 9], classes: 4, sampleType: 'u8' as const };
    const [one, many] = [wasm.estimate(plan, 1, shape), wasm.estimate(plan, 64, shape)];
    expect([many.sharedBytes, many.laneBytes]).toEqual([one.sharedBytes, one.laneBytes]);
    expect(one.laneBytes).toBeGreaterThanOrEqual(4 * 3 * parameterCount(plan));
    expect(one.sharedBytes).toBeGreaterThanOrEqual(100 * 82);
    expect(one.codeBytes).toBe(emitModule(plan, false).bytes.length);
  });

  it('has the same bytes for the same plan', () => {
    const make = (): Uint8Array =>
      emitModule(
        subject(
          [1, 9, 9],
          [{ type: 'conv', filters: 3, kernel: 3 }, ...FLAT, { type: 'dense', units: 4 }],
          8,
        ).plan,
        false,
      ).bytes;
    expect(make()).toEqual(make());
  });
});

describe('wasm: agreement with the reference to 1e-5 of the largest value', () => {
  it('for dense stacks of any width and any incomplete batch', async () => {
    await fc.assert(
      fc.asyncProperty(
        small(23),
        small(19),
        small(13),
        small(9),
        small(11),
        async (features, hidden, classes, batch, samples) => {
          const layers = [
            { type: 'dense', units: hidden },
            { type: 'relu' },
            { type: 'dropout', rate: { $param: 'dropout' } },
            { type: 'dense', units: classes },
          ];
          expect(
            await compare(subject([1, 1, features], [...FLAT, ...layers], batch), samples, 1),
          ).toBeLessThanOrEqual(1e-5);
        },
      ),
      { numRuns: 25, seed: 1 },
    );
  });

  it('for convolutions of any kernel, stride, padding and groups, down to one pixel', async () => {
    const drawn = fc.record({
      channels: small(3),
      rows: small(9),
      columns: small(9),
      kernel: fc.tuple(small(7), small(7)),
      stride: fc.tuple(small(3), small(3)),
      padding: fc.oneof(fc.constant('same' as const), fc.tuple(fc.nat(3), fc.nat(3))),
      filters: small(5),
      second: small(4),
      groups: fc.boolean(),
      batch: small(6),
      samples: small(7),
    });
    await fc.assert(
      fc.asyncProperty(
        drawn,
        async ({
          channels,
          rows,
          columns,
          kernel,
          stride,
          padding,
          filters,
          second,
          groups,
          batch,
          samples,
        }) => {
          const pad = padding === 'same' ? [kernel[0], kernel[1]] : padding;
          const fits = rows + 2 * pad[0]! >= kernel[0] && columns + 2 * pad[1]! >= kernel[1];
          fc.pre(fits);
          const layers = [
            {
              type: 'conv',
              filters: filters * 2,
              kernel,
              stride,
              padding: padding === 'same' ? 'same' : [...padding],
            },
            { type: 'relu' },
            { type: 'conv', filters: second * 2, kernel: 3, padding: 1, groups: groups ? 2 : 1 },
            ...FLAT,
            { type: 'dense', units: 3 },
          ];
          expect(
            await compare(subject([channels, rows, columns], layers, batch), samples, 1),
          ).toBeLessThanOrEqual(1e-5);
        },
      ),
      { numRuns: 40, seed: 2 },
    );
  });

  it('for pools: fused behind a convolution, separate, overlapping, padded, before and after relu', async () => {
    const drawn = fc.record({
      rows: fc.integer({ min: 4, max: 11 }),
      columns: fc.integer({ min: 4, max: 11 }),
      kernel: small(3),
      size: fc.tuple(small(4), small(3)),
      stride: fc.option(fc.tuple(small(3), small(3)), { nil: undefined }),
      padded: fc.boolean(),
      reluFirst: fc.boolean(),
      filters: small(4),
      poolOnly: fc.boolean(),
      batch: small(6),
      samples: small(7),
    });
    await fc.assert(
      fc.asyncProperty(
        drawn,
        async ({
          rows,
          columns,
          kernel,
          size,
          stride,
          padded,
          reluFirst,
          filters,
          poolOnly,
          batch,
          samples,
        }) => {
          const pool = {
            type: 'max-pool',
            size,
            ...(stride === undefined ? {} : { stride }),
            ...(padded ? { padding: size.map((s) => Math.floor(s / 2)) } : {}),
          };
          fc.pre(rows - kernel + 1 >= size[0] && columns - kernel + 1 >= size[1]);
          const middle = reluFirst ? [{ type: 'relu' }, pool] : [pool, { type: 'relu' }];
          const conv = { type: 'conv', filters, kernel };
          const layers = poolOnly ? [conv, { type: 'relu' }, conv, pool] : [conv, ...middle];
          fc.pre(
            !poolOnly || (rows - 2 * kernel + 2 >= size[0] && columns - 2 * kernel + 2 >= size[1]),
          );
          expect(
            await compare(
              subject([2, rows, columns], [...layers, ...FLAT, { type: 'dense', units: 3 }], batch),
              samples,
              1,
            ),
          ).toBeLessThanOrEqual(1e-5);
        },
      ),
      { numRuns: 40, seed: 3 },
    );
  });

  it('for a large kernel, many channels, and a pool on the image itself', async () => {
    const layers = [
      { type: 'max-pool', size: 2 },
      { type: 'conv', filters: 5, kernel: 11, padding: 5 },
      { type: 'relu' },
      { type: 'conv', filters: 13, kernel: 3 },
      { type: 'max-pool', size: [3, 2] },
      ...FLAT,
      { type: 'dense', units: 4 },
    ];
    expect(await compare(subject([3, 22, 20], layers, 5), 9, 1)).toBeLessThanOrEqual(1e-5);
  });

  it.each<[string, SgdSettings, Params]>([
    ['no momentum', { type: 'sgd', learningRate: 0.1 }, {}],
    ['momentum', { type: 'sgd', learningRate: 0.1, momentum: 0.9 }, {}],
    [
      'nesterov and weight decay of the kernels',
      {
        type: 'sgd',
        learningRate: 0.1,
        momentum: 0.9,
        nesterov: true,
        weightDecay: 0.1,
        decay: 'kernels',
      },
      {},
    ],
    [
      'weight decay of everything',
      { type: 'sgd', learningRate: 0.1, weightDecay: { $param: 'wd' } },
      { wd: 0.2 },
    ],
  ])('for sgd over eight steps: %s', async (_name, optimizer, params) => {
    const what = subject(
      [1, 6, 6],
      [
        { type: 'conv', filters: 3, kernel: 3 },
        { type: 'relu' },
        ...FLAT,
        { type: 'dense', units: 3 },
      ],
      6,
      {
        optimizer,
        params,
      },
    );
    expect(await compare(what, 46, 8, optimizer, params)).toBeLessThanOrEqual(1e-4);
  });

  it('for label smoothing per lane', async () => {
    const what = subject([1, 3, 3], [...FLAT, { type: 'dense', units: 4 }], 5, {
      loss: { type: 'softmax-cross-entropy', smoothing: { $param: 'smoothing' } },
      params: { ...PARAMS, smoothing: 0.2 },
    });
    expect(await compare(what, 12, 3, SGD, { ...PARAMS, smoothing: 0.2 })).toBeLessThanOrEqual(
      1e-5,
    );
  });
});

describe('wasm: exact rules', () => {
  it('dropout draws the same masks, word for word, at every rate and position', async () => {
    // One weight per feature and a zero network: the gradient of dense1 is mask × input × (p − t),
    // equal to the last bits only if the masks agree.
    for (const dropout of [0, 0.25, 0.5, 0.999]) {
      const what = subject(
        [1, 1, 37],
        [...FLAT, { type: 'dropout', rate: { $param: 'dropout' } }, { type: 'dense', units: 2 }],
        7,
      );
      const view = synthetic([1, 1, 37], 2, 7);
      const lanes = [{ seed: { trial: 9, shared: false }, params: { ...PARAMS, dropout } }];
      const [a, r] = [
        await trainOn(wasm, what, view, 1, lanes),
        await trainOn(reference, what, view, 1, lanes),
      ];
      const zeros = (v: Float32Array): number[] => [...v].map((x) => (x === 0 ? 1 : 0));
      expect(zeros(a.states[0]!.slots[0]!)).toEqual(zeros(r.states[0]!.slots[0]!));
      expect(worst(a.states[0]!.slots[0]!, r.states[0]!.slots[0]!, 1e-3)).toBeLessThan(1e-5);
    }
  });

  it.each([
    ['fused', { type: 'max-pool', size: 2 }],
    ['by itself, overlapping', { type: 'max-pool', size: 2, stride: 1 }],
  ])('the first of equal taps is the maximum in pool %s', async (_name, pool) => {
    // A convolution with weight 0 makes all taps equal, so its gradient is Σ (pool's gradient) ·
    // (pixel under each window's first tap).
    const what = subject(
      [1, 4, 4],
      [{ type: 'conv', filters: 1, kernel: 1 }, pool, ...FLAT, { type: 'dense', units: 2 }],
      1,
    );
    const view = synthetic([1, 4, 4], 2, 1);
    const columns = 'stride' in pool ? [0, 1, 2] : [0, 2];
    const corners = columns.flatMap((y) =>
      columns.map((x) => (view.x[y * 4 + x]! / 255 - 0.4) / 0.3),
    );
    for (const executor of [wasm, reference]) {
      const executable = await executor.compile(what.plan, 1, NEVER);
      await executable.loadDataset(view);
      await executable.begin(1, [{ trial: 0, shared: true }]);
      const state = await executable.readWeights(0);
      await executable.writeWeights(0, {
        ...state,
        weights: state.weights.map((w, i) => (i < 2 ? 0 : w)),
      });
      const hyper = new Uint32Array(Float32Array.of(0.1, 0.5, 0).buffer);
      await executable.run({
        epoch: 0,
        firstStep: 0,
        steps: 1,
        order: Uint32Array.of(0),
        hyper,
        rows: 'run',
        signal: NEVER,
      });
      const gradients = byWeight(what.plan, (await executable.readWeights(0)).slots[0]!);
      const bias = gradients[3]!.values; // p − t, as all features are 0
      const dense = byWeight(what.plan, state.weights)[2]!.values;
      const expected = corners.reduce(
        (sum, pixel, k) =>
          sum + pixel * (bias[0]! * dense[k]! + bias[1]! * dense[corners.length + k]!),
        0,
      );
      expect(gradients[0]!.values[0]).toBeCloseTo(expected, 5);
      await executable.dispose();
    }
  });

  it('relu passes no gradient at 0', async () => {
    const zero = subject(
      [1, 3, 3],
      [...FLAT, { type: 'dense', units: 3 }, { type: 'relu' }, { type: 'dense', units: 2 }],
      4,
    );
    const executable = await wasm.compile(zero.plan, 1, NEVER);
    await executable.loadDataset({ ...synthetic([1, 3, 3], 2, 4), x: new Uint8Array(36) });
    await executable.begin(1, [{ trial: 0, shared: true }]);
    const state = await executable.readWeights(0);
    // The first dense layer is all zero: its outputs are exactly 0, so relu must stop every
    // gradient to it.
    await executable.writeWeights(0, {
      ...state,
      weights: state.weights.map((w, i) => (i < 30 ? 0 : w)),
    });
    const hyper = new Uint32Array(Float32Array.of(0.1, 0.5, 0).buffer);
    await executable.run({
      epoch: 0,
      firstStep: 0,
      steps: 1,
      order: Uint32Array.of(0, 1, 2, 3),
      hyper,
      rows: 'run',
      signal: NEVER,
    });
    expect([...(await executable.readWeights(0)).weights.slice(0, 30)].every((w) => w === 0)).toBe(
      true,
    );
  });
});

describe('wasm: lanes', () => {
  const what = subject(
    [1, 8, 8],
    [
      { type: 'conv', filters: 3, kernel: 3 },
      { type: 'max-pool', size: 2 },
      { type: 'relu' },
      ...FLAT,
      { type: 'dropout', rate: { $param: 'dropout' } },
      { type: 'dense', units: 4 },
    ],
    6,
  );
  const view = synthetic([1, 8, 8], 4, 20);
  const lane = (
    trial: number,
    rate: number,
  ): { seed: { trial: number; shared: boolean }; params: Params } => ({
    seed: { trial, shared: false },
    params: { ...PARAMS, rate },
  });

  it.each([
    ['wasm', wasm],
    ['reference', reference],
  ])(
    'a lane has the same bits alone, with others and at any index: %s',
    async (_name, executor) => {
      const alone = await trainOn(executor, what, view, 4, [lane(5, 0.1)]);
      const first = await trainOn(executor, what, view, 4, [
        lane(5, 0.1),
        lane(6, 0.5),
        lane(7, 0.01),
      ]);
      const last = await trainOn(executor, what, view, 4, [lane(8, 3), lane(9, 0.2), lane(5, 0.1)]);
      expect(first.states[0]!.weights).toEqual(alone.states[0]!.weights);
      expect(last.states[2]!.weights).toEqual(alone.states[0]!.weights);
      expect(first.states[1]!.weights).not.toEqual(alone.states[0]!.weights);
    },
  );

  it('a stopped lane keeps its weights and the others continue', async () => {
    const run = await trainOn(wasm, what, view, 2, [lane(1, 0.1), lane(2, 0.1)]);
    run.executable.stopLane(0);
    const before = await run.executable.readWeights(0);
    const hyper = new Uint32Array(2 * what.plan.hyper.length);
    new Float32Array(hyper.buffer).fill(0.1);
    const report = await run.executable.run({
      epoch: 1,
      firstStep: 0,
      steps: 2,
      order: Uint32Array.of(0, 1, 2, 3, 4, 5, 6, 7, 8),
      hyper,
      rows: 'run',
      signal: NEVER,
    });
    expect(report.lanes.map((l) => l === null)).toEqual([true, false]);
    expect((await run.executable.readWeights(0)).weights).toEqual(before.weights);
    expect(await run.executable.compact()).toEqual([1]);
  });
});
