/**
 * The reference against recorded runs of PyTorch: gradients, losses, weights, optimisers. In full
 * it takes minutes of CPU time, because the reference computes deep networks in float64.
 */
import { describe, expect, it } from 'vitest';
import { keyOf, philox, PURPOSE } from '../../src/core/random.ts';
import { execute } from '../../src/training/executors/reference/ops.ts';
import { ReferenceExecutor } from '../../src/training/executors/reference/reference.ts';
import { Tensors, type OpInputs } from '../../src/training/executors/reference/tensors.ts';
import { HyperRows, type HyperSettings } from '../../src/training/run/hyper.ts';
import { size, slow } from '../support/effort.ts';
import { subjectOf } from '../support/networks.ts';
import {
  fixtureSubject,
  orderOf,
  readFixture,
  readRecorded,
  relative,
  walk,
  type Sketch,
} from '../support/pytorch-walk.ts';
import { firstWeights, walkReference } from '../support/reference-walk.ts';
import { byWeight, worst } from '../support/training.ts';

/**
 * Number of steps that the float64 reference computes in reasonable time. The loss of the third
 * step depends on the momentum of the first.
 */
const REFERENCE_STEPS = {
  'mnist-paper': size(3, 30),
  'lenet-5': size(3, 30),
  mlp: size(3, 30),
  cnn: size(3, 30),
  'resnet-20': 2,
  'efficientnet-b0': 2,
};
/** Networks for which the float64 reference takes minutes: `npm run test:slow` runs them alone. */
const DEEP = new Set(['resnet-20', 'efficientnet-b0']);
const NAMES = (Object.keys(REFERENCE_STEPS) as (keyof typeof REFERENCE_STEPS)[]).filter(
  (name) => slow || !DEEP.has(name),
);

/**
 * Largest difference of norm or entry, relative to the tensor's norm, or to `floor` if that is
 * larger.
 */
function difference(values: ArrayLike<number>, expected: Sketch, floor: number): number {
  const { norm, entries } = expected;
  const found = Array.from(
    entries,
    (_, i) => values[Math.floor((i * values.length) / entries.length)] ?? NaN,
  );
  const length = Math.sqrt(Array.from(values).reduce((sum, v) => sum + v * v, 0));
  return worst([length, ...found], [norm, ...entries], Math.max(norm, floor));
}

describe.each(NAMES)('PyTorch: %s, trained by the reference', (name) => {
  const fixture = readFixture(name);

  it('has equal gradients in the first step to 1e-9', async () => {
    const subject = await fixtureSubject(fixture);
    const weights = firstWeights(subject, fixture.seed, { trial: 0, shared: true });
    const indices = orderOf(fixture, subject.view).subarray(0, fixture.batch);
    const { loss, gradients } = walkReference(
      subject,
      weights,
      { indices, kinks: false },
      { dropout: 0 },
    );
    expect(relative(loss, fixture.loss64[0]!)).toBeLessThan(1e-12);
    // A tensor whose true gradient is 0 (a scale before a norm) is compared relative to the
    // largest.
    const floor = 1e-3 * Math.max(...fixture.gradient.map(({ norm }) => norm));
    fixture.gradient.forEach((expected, k) => {
      expect(subject.plan.weights[k]!.name).toBe(expected.name);
      expect(difference(gradients[k]!, expected, floor), expected.name).toBeLessThan(1e-9);
    });
  });

  it(`has equal losses over ${REFERENCE_STEPS[name]} steps to 1e-8`, async () => {
    const steps = REFERENCE_STEPS[name];
    const { plan } = await fixtureSubject(fixture);
    const { losses, state, evaluation } = await walk(new ReferenceExecutor(), fixture, steps);
    losses.forEach((loss, t) =>
      expect(relative(loss, fixture.loss64[t]!), `step ${t}`).toBeLessThan(1e-8),
    );
    if (evaluation === undefined) return;
    // The reference exports weights as float32, hence 1e-7.
    byWeight(plan, state.weights).forEach(({ values }, k) =>
      expect(difference(values, fixture.weights[k]!, 0)).toBeLessThan(1e-7),
    );
    expect(evaluation.correct).toBe(fixture.evaluation.correct);
    expect(relative(evaluation.loss, fixture.evaluation.loss)).toBeLessThan(1e-8);
  });
});

interface Paths {
  readonly seed: number;
  readonly steps: number;
  readonly perEpoch: number;
  readonly start: readonly number[];
  readonly rows: readonly {
    readonly name: string;
    readonly settings: HyperSettings;
    readonly after: Readonly<Record<string, number[]>>;
  }[];
}

describe('PyTorch: optimisers on given gradients', () => {
  const { seed, steps, perEpoch, start, rows } = readRecorded('optimisers') as Paths;
  const count = start.length;

  /** Uniform on −1 … 1, as drawn by the recording script. */
  function signed(c1: number, length: number): Float64Array {
    const words = new Uint32Array(4 * Math.ceil(length / 4));
    for (let i = 0; i < words.length; i += 4)
      philox(keyOf(seed), i / 4, c1, 0, PURPOSE.synthetic << 24, words, i);
    return Float64Array.from({ length }, (_, i) => (words[i] ?? 0) * 2 ** -31 - 1);
  }

  it.each(rows)('$name', ({ settings, after }) => {
    // Ten weights and a bias; only the ops of the update run.
    const { network, plan } = subjectOf({
      name: 'eleven',
      shape: [10],
      layers: [{ type: 'dense', units: 1 }],
      settings,
    });
    const tensors = new Tensors(plan);
    const at = (role: string): Float64Array[] =>
      plan.buffers.filter((b) => b.role === role).map((b) => tensors.at(b.id));
    const [weights, gradients] = [
      at('weight'),
      at('weight-gradient').sort((a, b) => b.length - a.length),
    ];
    const slots = plan.slots.map(() => weights.map((w) => new Float64Array(w.length)));
    const put = (into: readonly Float64Array[], values: ArrayLike<number>): void => {
      into[0]!.set(Array.from(values).slice(0, 10));
      into[1]!.set(Array.from(values).slice(10));
    };
    put(weights, start);
    const drawn = signed(2, steps * count);
    const hyper = new HyperRows(
      plan,
      network,
      { ...settings, epochs: steps / perEpoch },
      [{}],
      perEpoch,
    );
    for (let t = 0; t < steps; t++) {
      put(
        gradients,
        Array.from({ length: count }, (_, i) =>
          Math.fround(drawn[t * count + i]! * 0.25 * (1 + i)),
        ),
      );
      const words = hyper.piece(t, 1);
      const step = {
        tensors,
        words,
        floats: new Float32Array(words.buffer),
      } as unknown as OpInputs;
      for (const op of plan.train.slice(-2)) if (op.layer === 'optimizer') execute(op, step, slots);
      const expected = after[String(t + 1)];
      // Columns are float32; PyTorch's numbers are not.
      if (expected !== undefined)
        expect(
          worst(
            weights.flatMap((w) => [...w]),
            expected,
            1,
          ),
          `after ${t + 1}`,
        ).toBeLessThan(2e-6);
    }
  });
});
