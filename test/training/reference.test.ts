import { afterAll, describe, expect, it } from 'vitest';
import { keyOf } from '../../src/core/random.ts';
import { execute } from '../../src/training/executors/reference/ops.ts';
import { Tensors, type Step } from '../../src/training/executors/reference/tensors.ts';
import { hyperRow } from '../../src/training/hyper.ts';
import { initialWeights } from '../../src/training/initialise.ts';
import { elements } from '../../src/training/plan/plan.ts';
import { PARAMS, SGD, subject, synthetic, type Subject } from './support.ts';

const SHAPE = [2, 7, 6];
const HEAD = [{ type: 'flatten' }, { type: 'dense', units: 3 }];
const NETWORKS: [string, readonly object[], object?][] = [
  ['dense', HEAD],
  ['conv', [{ type: 'conv', filters: 3, kernel: [3, 2] }, ...HEAD]],
  [
    'conv with stride (2,3), uneven "same" padding and no bias',
    [{ type: 'conv', filters: 2, kernel: [4, 3], stride: [2, 3], padding: 'same', bias: false }, ...HEAD],
  ],
  [
    'conv in groups after a conv',
    [{ type: 'conv', filters: 4, kernel: 1 }, { type: 'conv', filters: 6, kernel: 3, groups: 2, padding: 1 }, ...HEAD],
  ],
  [
    'depthwise conv with a multiplier',
    [{ type: 'conv', filters: 4, kernel: 3, groups: 'depthwise', padding: 1 }, { type: 'relu' }, ...HEAD],
  ],
  [
    'max-pool, relu between convs',
    [
      { type: 'conv', filters: 2, kernel: 2 },
      { type: 'max-pool', size: 2 },
      { type: 'relu' },
      { type: 'conv', filters: 2, kernel: 2 },
      ...HEAD,
    ],
  ],
  ['relu before a max-pool', [{ type: 'conv', filters: 2, kernel: 2 }, { type: 'relu' }, { type: 'max-pool', size: 2 }, ...HEAD]],
  [
    'overlapping, padded max-pool',
    [{ type: 'conv', filters: 2, kernel: 2 }, { type: 'max-pool', size: 3, stride: 2, padding: 1 }, ...HEAD],
  ],
  [
    'dropout',
    [
      { type: 'conv', filters: 2, kernel: 3 },
      { type: 'flatten' },
      { type: 'dropout', rate: { $param: 'dropout' } },
      { type: 'dense', units: 5 },
      { type: 'relu' },
      { type: 'dropout', rate: 0.5 },
      { type: 'dense', units: 3 },
    ],
  ],
  ['label smoothing', HEAD, { type: 'softmax-cross-entropy', smoothing: 0.3 }],
];

/** Runs forward and backward in float64 with chosen weights; no update. */
function evaluateAt({ network, plan }: Subject, weights: readonly Float64Array[], n: number): { loss: number; gradients: Float64Array[] } {
  const view = synthetic(SHAPE, 3, 5);
  const row = hyperRow(plan, network, SGD, [PARAMS]);
  const tensors = new Tensors(plan);
  const idOf = (name: string): number | undefined => plan.buffers.find((b) => b.name === name)?.id;
  plan.weights.forEach((w, i) => {
    tensors.at(idOf(w.name)).set(weights[i]!);
  });
  const step: Step = {
    tensors,
    n,
    batch: plan.batch,
    step: 3,
    epoch: 0,
    training: true,
    key: keyOf(7),
    trial: 1,
    words: row,
    floats: new Float32Array(row.buffer),
    x: view.x,
    y: view.y,
    indices: Uint32Array.from({ length: n }, (_, i) => i),
  };
  for (const op of plan.train) if (op.kind !== 'sgd') execute(op, step, []);
  const gradients = plan.weights.map((w) => tensors.at(idOf(`${w.name}'`)).slice());
  return { loss: (tensors.at(idOf('loss'))[0] ?? NaN) / n, gradients };
}

describe('the reference executor', () => {
  let worstSeen = 0;
  afterAll(() => {
    console.log(`worst difference quotient: ${worstSeen.toExponential(1)}`);
  });

  it.each<[string, readonly object[], object?]>(NETWORKS)('has the gradients that central differences give: %s', (_name, layers, loss) => {
    const what = subject(SHAPE, layers, 5, loss === undefined ? {} : { loss });
    const block = initialWeights(what.plan, 5, { trial: 0, shared: true });
    const weights = what.plan.weights.map(({ offset, shape }) => Float64Array.from(block.subarray(offset, offset + elements(shape))));
    // Four samples in a batch of five: the fifth position must not count.
    const { gradients } = evaluateAt(what, weights, 4);
    const h = 1e-5;
    weights.forEach((weight, k) => {
      const largest = Math.max(1e-3, ...gradients[k]!.map(Math.abs));
      const stride = Math.max(1, Math.floor(weight.length / 12));
      for (let i = 0; i < weight.length; i += stride) {
        const saved = weight[i]!;
        weight[i] = saved + h;
        const above = evaluateAt(what, weights, 4).loss;
        weight[i] = saved - h;
        const below = evaluateAt(what, weights, 4).loss;
        weight[i] = saved;
        const error = Math.abs((above - below) / (2 * h) - gradients[k]![i]!) / largest;
        worstSeen = Math.max(worstSeen, error);
        expect(error, `${what.plan.weights[k]!.name}[${i}]`).toBeLessThanOrEqual(1e-7);
      }
    });
  });
});
