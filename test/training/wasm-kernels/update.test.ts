import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clip } from '../../../src/training/executors/wasm/kernels/clip.ts';
import { weightsFinite } from '../../../src/training/executors/wasm/kernels/finite.ts';
import { update, type Update } from '../../../src/training/executors/wasm/kernels/update.ts';
import { CLOSE, draw, errorOf, runKernel } from './harness.ts';

const f = Math.fround;

/** Values of the columns in the op's order, float32. */
const COLUMNS: Record<Update['kind'], readonly number[]> = {
  sgd: [0.1, 0.9, 0.01].map(f),
  adam: [0.02, 3, 0.9, 0.1, 0.99, 0.01, 1e-8, 0.01].map(f),
  adamw: [0.02, 3, 0.9, 0.1, 0.99, 0.01, 1e-8, 0.999].map(f),
  rmsprop: [0.01, 0.99, 0.01, 1e-8, 0.9, 0.01].map(f),
};

/**
 * Weight, gradient and slots of one element → new weight and slots; each operation is rounded to
 * float32, in the specified order.
 */
function expectedStep(
  { kind, momentum, nesterov }: Update,
  decay: boolean,
  w: number,
  gradient: number,
  [s0, s1]: [number, number],
) {
  const c = COLUMNS[kind];
  const at = (i: number): number => c[i]!;
  switch (kind) {
    case 'sgd': {
      const g = decay ? f(gradient + f(at(2) * w)) : gradient;
      if (!momentum) return [f(w - f(at(0) * g)), s0, s1];
      const v = f(f(at(1) * s0) + g);
      return [f(w - f(at(0) * (nesterov ? f(g + f(at(1) * v)) : v))), v, s1];
    }
    case 'adam':
    case 'adamw': {
      const g = decay && kind === 'adam' ? f(gradient + f(at(7) * w)) : gradient;
      const from = decay && kind === 'adamw' ? f(w * at(7)) : w;
      const m = f(f(at(2) * s0) + f(at(3) * g));
      const s = f(f(at(4) * s1) + f(f(at(5) * g) * g));
      return [f(from - f(f(at(0) * m) / f(f(f(Math.sqrt(s)) * at(1)) + at(6)))), m, s];
    }
    case 'rmsprop': {
      const g = decay ? f(gradient + f(at(5) * w)) : gradient;
      const s = f(f(at(1) * s0) + f(at(2) * f(g * g)));
      const step = f(g / f(f(Math.sqrt(s)) + at(3)));
      const b = momentum ? f(f(at(4) * s1) + step) : s1;
      return [f(w - f(at(0) * (momentum ? b : step))), s, b];
    }
  }
}

describe('wasm kernel update', () => {
  it('updates weights and slots by every operation of the optimiser, in order and in float32, and clears the gradients', async () => {
    const cases = fc.record({
      kind: fc.constantFrom<Update['kind'][]>('sgd', 'adam', 'adamw', 'rmsprop'),
      momentum: fc.boolean(),
      nesterov: fc.boolean(),
      quads: fc.array(fc.record({ quads: fc.integer({ min: 1, max: 3 }), decay: fc.boolean() }), {
        minLength: 1,
        maxLength: 3,
      }),
      seed: fc.nat(1000),
    });
    await fc.assert(
      fc.asyncProperty(cases, async ({ kind, momentum, nesterov, quads, seed }) => {
        let first = 0;
        const runs = quads.map((run) => {
          const here = { first, count: 4 * run.quads, decay: run.decay };
          first += here.count;
          return here;
        });
        const shape: Update = {
          kind,
          runs,
          momentum,
          nesterov,
          slot: 4 * first,
          gradient: 12 * first,
          columns: COLUMNS[kind].map((_, i) => 4 * (i + 1)),
        };
        const lane = Float32Array.from(draw(4 * first, seed)).map((x, i) =>
          i >= first && i < 3 * first ? Math.abs(x) : x,
        );
        const before = lane.slice();
        await runKernel(update(shape), [lane, Float32Array.of(NaN, ...COLUMNS[kind])]);
        for (const { first: from, count, decay } of runs)
          for (let i = from; i < from + count; i++) {
            const [w, s0, s1, g] = [0, 1, 2, 3].map((block) => before[block * first + i]!);
            const found = [0, 1, 2, 3].map((block) => lane[block * first + i]!);
            expect(found).toEqual([...expectedStep(shape, decay, w!, g!, [s0!, s1!]), 0]);
          }
      }),
      { numRuns: 150 },
    );
  });
});

describe('wasm kernel clip', () => {
  const cases = fc.record({
    sizes: fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 4 }),
    limit: fc.constantFrom(0.25, 1, 1000),
    seed: fc.nat(1000),
  });

  /**
   * A lane of 4 floats, then gradients; words between the weights' gradients do not belong to them.
   */
  function layOut(sizes: readonly number[], seed: number) {
    let first = 0;
    const weights = sizes.map((count) => {
      const here = { first, count };
      first += 4 * Math.ceil(count / 4);
      return here;
    });
    const lane = Float32Array.from([0, 0, 0, 0, ...draw(first, seed)]);
    return {
      weights,
      lane,
      valuesOf: () =>
        weights.flatMap((w) => [...lane.subarray(4 + w.first, 4 + w.first + w.count)]),
    };
  }

  it('scales all gradients of the lane so that their joint norm is at most the limit', async () => {
    await fc.assert(
      fc.asyncProperty(cases, async ({ sizes, limit, seed }) => {
        const { weights, lane, valuesOf } = layOut(sizes, seed);
        const before = valuesOf();
        await runKernel(clip({ by: 'norm', weights, gradient: 16, column: 4 }), [
          lane,
          Float32Array.of(NaN, limit),
        ]);
        const factor = Math.min(
          1,
          limit / (Math.sqrt(before.reduce((a, g) => a + g * g, 0)) + 1e-6),
        );
        // prettier-ignore
        expect(errorOf(valuesOf(), before.map((g) => g * factor))).toBeLessThan(CLOSE);
        if (factor === 1) expect(valuesOf()).toEqual(before);
      }),
    );
  });

  it('clamps each gradient to the limit', async () => {
    await fc.assert(
      fc.asyncProperty(cases, async ({ sizes, limit, seed }) => {
        const { weights, lane, valuesOf } = layOut(sizes, seed);
        const before = valuesOf();
        await runKernel(clip({ by: 'value', weights, gradient: 16, column: 4 }), [
          lane,
          Float32Array.of(NaN, limit),
        ]);
        expect(valuesOf()).toEqual(before.map((g) => Math.max(-limit, Math.min(limit, g))));
      }),
    );
  });

  it('propagates NaN', async () => {
    for (const by of ['norm', 'value'] as const) {
      const lane = Float32Array.of(NaN, 1, 1, 1);
      await runKernel(clip({ by, weights: [{ first: 0, count: 4 }], gradient: 0, column: 0 }), [
        lane,
        Float32Array.of(0.5),
      ]);
      expect([by, lane[0]]).toEqual([by, NaN]);
    }
  });
});

describe('wasm kernel weightsFinite', () => {
  it('detects one infinity or NaN anywhere, and accepts the largest and smallest numbers', async () => {
    const ordinary = [3.4028234663852886e38, -3.4028234663852886e38, 1e-45, 0, -0, 1];
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 9 }),
        fc.nat(),
        fc.constantFrom(NaN, Infinity, -Infinity, 5),
        async (quads, where, what) => {
          const weights = Float32Array.from(
            { length: 4 * quads },
            (_, i) => ordinary[i % ordinary.length]!,
          );
          weights[where % weights.length] = what;
          const result = Int32Array.of(-1);
          await runKernel(weightsFinite({ count: weights.length }), [weights, result]);
          expect(result[0]).toBe(Number.isFinite(what) ? 1 : 0);
        },
      ),
    );
  });
});
