import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  activation,
  activationGradient,
  type ActivationKind,
} from '../../../src/training/executors/wasm/kernels/activations.ts';
import { CLOSE, draw, errorOf, runKernel } from './harness.ts';

const SLOPE = 0.0625;
const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

/** erf by the series whose terms all have the same sign: 2/√π e^−x² Σ 2ᵏx²ᵏ⁺¹/(2k+1)!!. */
function erf(x: number): number {
  let [sum, term] = [x, x];
  for (let k = 1; k < 200; k++) {
    term *= (2 * x * x) / (2 * k + 1);
    sum += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
}

const FUNCTIONS: Record<ActivationKind, (x: number) => number> = {
  relu: (x) => (x > 0 ? x : 0),
  'leaky-relu': (x) => (x > 0 ? x : SLOPE * x),
  gelu: (x) => x * 0.5 * (1 + erf(x * Math.SQRT1_2)),
  silu: (x) => x * sigmoid(x),
  sigmoid,
  tanh: (x) => Math.tanh(x),
};
const KINDS = Object.keys(FUNCTIONS) as ActivationKind[];
const SAVES_INPUT: readonly ActivationKind[] = ['gelu', 'silu'];

/** The derivative by a central difference; inputs avoid 0 where there is a kink. */
function derivative(kind: ActivationKind, x: number): number {
  return (FUNCTIONS[kind](x + 1e-5) - FUNCTIONS[kind](x - 1e-5)) / 2e-5;
}

const cases = fc.record({
  kind: fc.constantFrom(...KINDS),
  count: fc.integer({ min: 1, max: 23 }),
  seed: fc.nat(1000),
  range: fc.constantFrom(0.25, 1, 6),
  add: fc.boolean(),
  inPlace: fc.boolean(),
});

describe('wasm kernel activation', () => {
  it('computes the function element by element, also in place', async () => {
    await fc.assert(
      fc.asyncProperty(cases, async ({ kind, count, seed, range, inPlace }) => {
        const inputs = draw(4 * count, seed).map((x) => x * range);
        const x = Float32Array.from(inputs);
        const y = inPlace ? x : new Float32Array(4 * count);
        await runKernel(activation({ kind, slope: SLOPE, count }), [x, y]);
        expect(errorOf(y, Float32Array.from(inputs).map(FUNCTIONS[kind]), range)).toBeLessThan(
          CLOSE / 2,
        );
      }),
      { numRuns: 80 },
    );
  });

  it('is accurate on its whole range', async () => {
    for (const kind of KINDS) {
      const x = Float32Array.from({ length: 4000 }, (_, i) => -5 + i / 400);
      const y = new Float32Array(4000);
      await runKernel(activation({ kind, slope: SLOPE, count: 1000 }), [x, y]);
      const worst = x.reduce(
        (error, value, i) => Math.max(error, Math.abs(y[i]! - FUNCTIONS[kind](value))),
        0,
      );
      expect([kind, worst < 1e-6]).toEqual([kind, true]);
    }
  });

  it('saturates at both ends and keeps the sign', async () => {
    const ends: Record<ActivationKind, number[]> = {
      relu: [0, 1e4, 0, 0],
      'leaky-relu': [-625, 1e4, 0, 0],
      gelu: [0, 1e4, 0, 0],
      silu: [0, 1e4, 0, 0],
      sigmoid: [0, 1, 0.5, 0.5],
      tanh: [-1, 1, 0, 0],
    };
    for (const kind of KINDS) {
      const y = new Float32Array(4);
      await runKernel(activation({ kind, slope: SLOPE, count: 1 }), [
        Float32Array.of(-1e4, 1e4, 0, -0),
        y,
      ]);
      expect(
        [kind, ...y].map((v) => (typeof v === 'number' && Math.abs(v) < 1e-30 ? 0 : v)),
      ).toEqual([kind, ...ends[kind]]);
    }
  });

  it('propagates NaN, except through relu, which gives 0', async () => {
    for (const kind of KINDS) {
      const y = new Float32Array(4);
      await runKernel(activation({ kind, slope: SLOPE, count: 1 }), [
        Float32Array.of(NaN, NaN, NaN, NaN),
        y,
      ]);
      expect([kind, y[0]]).toEqual([kind, kind === 'relu' ? 0 : NaN]);
    }
  });
});

describe('wasm kernel activation gradient', () => {
  it('is g times the derivative, accumulated if requested, also in place', async () => {
    await fc.assert(
      fc.asyncProperty(cases, async ({ kind, count, seed, range, add, inPlace }) => {
        const inputs = Float32Array.from(draw(4 * count, seed)).map(
          (x) => (Math.abs(x) < 0.01 ? 0.5 : x) * range,
        );
        const gradients = draw(4 * count, seed + 5000);
        const there = inPlace ? gradients : draw(4 * count, seed + 9000);
        const g = Float32Array.from(gradients);
        const saved = SAVES_INPUT.includes(kind) ? inputs : inputs.map(FUNCTIONS[kind]);
        const to = inPlace ? g : Float32Array.from(there);
        await runKernel(activationGradient({ kind, slope: SLOPE, count, add }), [g, saved, to]);
        const expected = gradients.map(
          (v, i) => v * derivative(kind, inputs[i]!) + (add ? there[i]! : 0),
        );
        expect(errorOf(to, expected, 1)).toBeLessThan(CLOSE);
      }),
      { numRuns: 80 },
    );
  });

  it('is 0 at 0 for relu, and the slope for leaky-relu', async () => {
    for (const [kind, expected] of [
      ['relu', 0],
      ['leaky-relu', 3 * SLOPE],
    ] as const) {
      const to = new Float32Array(4);
      await runKernel(activationGradient({ kind, slope: SLOPE, count: 1, add: false }), [
        Float32Array.of(3, 3, 3, 3),
        Float32Array.of(0, -0, 0, 0),
        to,
      ]);
      expect([...to]).toEqual([expected, expected, expected, expected]);
    }
  });
});
