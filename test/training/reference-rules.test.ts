import { describe, expect, it } from 'vitest';
import { keyOf } from '../../src/core/random.ts';
import { execute } from '../../src/training/executors/reference/ops.ts';
import { Tensors, type OpInputs } from '../../src/training/executors/reference/tensors.ts';
import type { BufferSpec, InputSpec, Op, OpKind, Plan } from '../../src/training/plan/plan.ts';

interface Part {
  readonly shape: readonly number[];
  /** For the whole batch, or for one sample if the buffer is not per sample; zeros if absent. */
  readonly values?: readonly number[];
  readonly perSample?: boolean;
  readonly type?: BufferSpec['type'];
  /** Index of the input whose buffer this output shares. */
  readonly input?: number;
}

interface Single {
  readonly inputs: readonly Part[];
  readonly outputs: readonly Part[];
  readonly attributes?: Op['attributes'];
  /** Float columns. */
  readonly columns?: readonly number[];
  readonly accumulate?: boolean;
  readonly batch?: number;
  readonly step?: Partial<OpInputs>;
  readonly input?: Partial<InputSpec>;
}

/**
 * Executes one op on given numbers.
 * @returns its outputs
 */
function run(
  kind: OpKind,
  {
    inputs,
    outputs,
    attributes = {},
    columns = [],
    accumulate = false,
    batch = 1,
    step,
    input,
  }: Single,
): number[][] {
  const buffers = [...inputs, ...outputs].map(
    ({ shape, perSample = true, type = 'f32' }, id): BufferSpec => {
      const layout = shape.length === 3 ? 'image' : 'vector';
      return {
        id,
        name: `b${String(id)}`,
        role: 'activation',
        perLane: true,
        perSample,
        shape,
        type,
        layout,
        first: 0,
        last: 0,
      };
    },
  );
  const spec = {
    shape: [1],
    type: 'u8',
    scale: [1],
    shift: [0],
    crop: 0,
    flip: false,
    ...input,
  } as const;
  const tensors = new Tensors({ batch, input: spec, buffers, weights: [] } as unknown as Plan);
  [...inputs, ...outputs].forEach(({ values }, id) => {
    if (values !== undefined) tensors.at(id).set(values);
  });
  const op: Op = {
    id: 0,
    kind,
    layer: 'it',
    inputs: inputs.map((_, id) => id),
    outputs: outputs.map((part, k) => part.input ?? inputs.length + k),
    accumulate: outputs.map(() => accumulate),
    attributes,
    hyper: columns.map((_, column) => column),
  };
  const floats = Float32Array.from(columns);
  const whole = {
    tensors,
    n: batch,
    batch,
    step: 0,
    epoch: 0,
    training: true,
    key: keyOf(7),
    trial: 0,
    floats,
    words: new Uint32Array(floats.buffer),
    ...step,
  };
  execute(op, whole as OpInputs, []);
  return op.outputs.map((id) => Array.from(tensors.at(id), (v) => Number(v.toPrecision(12))));
}

const pool = (size: number, stride: number, padding: number): Op['attributes'] => ({
  size: [size, size],
  stride: [stride, stride],
  padding: [padding, padding],
});

describe('Reference: exact rules', () => {
  it('max-pool selects the first of equal taps and never padding; a window with one valid tap has its value', () => {
    const image = { shape: [1, 2, 2], values: [-3, -1, -1, -1] };
    const [y, code] = run('max-pool', {
      inputs: [image],
      outputs: [{ shape: [1, 1, 1] }, { shape: [1, 1, 1] }],
      attributes: pool(2, 2, 0),
    });
    expect([y, code]).toEqual([[-1], [1]]);
    const padded = {
      inputs: [image],
      outputs: [{ shape: [1, 2, 2] }, { shape: [1, 2, 2] }],
      attributes: pool(2, 2, 1),
    };
    expect(run('max-pool', padded)).toEqual([
      [-3, -1, -1, -1],
      [3, 2, 1, 0],
    ]);
  });

  it('max-pool gradient goes to the winner; pixels in no window get 0; it accumulates', () => {
    const inputs = [
      { shape: [1, 1, 1], values: [5] },
      { shape: [1, 1, 1], values: [2] },
    ];
    const into = { shape: [1, 2, 3], values: [1, 1, 1, 1, 1, 1] };
    const attributes = pool(2, 2, 0);
    expect(run('max-pool-gradient', { inputs, outputs: [into], attributes })).toEqual([
      [0, 0, 0, 5, 0, 0],
    ]);
    expect(
      run('max-pool-gradient', { inputs, outputs: [into], attributes, accumulate: true }),
    ).toEqual([[1, 1, 1, 6, 1, 1]]);
  });

  it('average-pool does not count padding; a corner with one tap has its value', () => {
    const image = { shape: [1, 2, 2], values: [1, 2, 3, 4] };
    expect(
      run('average-pool', {
        inputs: [image],
        outputs: [{ shape: [1, 3, 3] }],
        attributes: pool(2, 1, 1),
      }),
    ).toEqual([[1, 1.5, 2, 2, 2.5, 3, 3, 3.5, 4]]);
    const gradient = { shape: [1, 3, 3], values: [1, 2, 0, 0, 4, 0, 0, 0, 0] };
    expect(
      run('average-pool-gradient', {
        inputs: [gradient],
        outputs: [{ shape: [1, 2, 2] }],
        attributes: pool(2, 1, 1),
      }),
    ).toEqual([[3, 2, 1, 1]]);
  });

  it('relu and leaky-relu gradients at 0 are 0 and slope·g', () => {
    const at = (kind: OpKind, attributes = {}): number[][] =>
      run(kind, {
        inputs: [
          { shape: [3], values: [2, 2, 2] },
          { shape: [3], values: [-1, 0, 1] },
        ],
        outputs: [{ shape: [3] }],
        attributes,
      });
    expect(at('relu-gradient')).toEqual([[0, 0, 2]]);
    expect(at('leaky-relu-gradient', { slope: 0.5 })).toEqual([[1, 1, 2]]);
  });

  it('activations have the values of published tables', () => {
    const at = (kind: OpKind, x: number): number =>
      run(kind, { inputs: [{ shape: [1], values: [x] }], outputs: [{ shape: [1] }] })[0]![0]!;
    expect(at('gelu', 1)).toBeCloseTo(0.8413447460685429, 11); // Φ(1)
    expect(at('silu', 1)).toBeCloseTo(0.7310585786300049, 11);
    expect(at('sigmoid', -800)).toBe(0);
    expect(at('tanh', 0.5)).toBeCloseTo(0.46211715726001, 11);
    expect([at('tanh', -1000), at('tanh', 1000)]).toEqual([-1, 1]);
  });

  it('conv gradient is 0 for pixels that no window reads', () => {
    const attributes = { kernel: [1, 1], stride: [2, 2], padding: [0, 0], groups: 1 };
    const inputs = [
      { shape: [1, 2, 2], values: [1, 2, 3, 4] },
      { shape: [1, 1, 1, 1], values: [10], perSample: false },
    ];
    expect(
      run('conv-input-gradient', {
        inputs,
        outputs: [{ shape: [1, 3, 3], values: Array<number>(9).fill(7) }],
        attributes,
      }),
    ).toEqual([[10, 0, 20, 0, 0, 0, 30, 0, 40]]);
  });

  const statistics = (mean: number, variance: number): Part[] => [
    { shape: [1], values: [mean], perSample: false },
    { shape: [1], values: [variance], perSample: false },
  ];
  const norm = (values: readonly number[], n: number): number[][] => {
    const own = [
      { shape: [1], values: [2], perSample: false },
      { shape: [1], values: [1], perSample: false },
    ];
    const inputs = [{ shape: [1, 1, 1], values }, ...own, ...statistics(10, 20)];
    const saved = { shape: [1], perSample: false };
    const outputs = [
      { shape: [1, 1, 1] },
      saved,
      saved,
      { ...saved, input: 3 },
      { ...saved, input: 4 },
    ];
    return run('batch-norm', {
      inputs,
      outputs,
      attributes: { momentum: 0.5, epsilon: 0 },
      batch: values.length,
      step: { n },
    });
  };

  it('batch-norm normalises by the biased variance and stores the unbiased one, of valid samples only', () => {
    const [y, mean, inverse, runningMean, runningVariance] = norm([1, 3, 5, 100], 3);
    expect([mean, inverse]).toEqual([[3], [Number((1 / Math.sqrt(8 / 3)).toPrecision(12))]]);
    expect(y!.slice(0, 3).map((v) => Number(v.toFixed(6)))).toEqual([-1.44949, 1, 3.44949]);
    expect([runningMean, runningVariance]).toEqual([[6.5], [12]]);
  });

  it('batch-norm keeps the running variance for a single element', () => {
    const [, , , runningMean, runningVariance] = norm([4, 9], 1);
    expect([runningMean, runningVariance]).toEqual([[7], [20]]);
  });

  it('batch-norm gradient is 0 at invalid positions', () => {
    const inputs = [
      { shape: [1, 1, 1], values: [1, 2, 0, 9] },
      { shape: [1, 1, 1], values: [1, 3, 5, 100] },
      { shape: [1], values: [2], perSample: false },
      { shape: [1], values: [3], perSample: false },
      { shape: [1], values: [0.5], perSample: false },
    ];
    const outputs = [
      { shape: [1], perSample: false },
      { shape: [1], perSample: false },
      { shape: [1, 1, 1], values: [7, 7, 7, 7] },
    ];
    const [weight, bias, dx] = run('batch-norm-gradient', {
      inputs,
      outputs,
      batch: 4,
      step: { n: 3 },
    });
    expect([weight, bias, dx![3]]).toEqual([[-1], [3], 0]);
    expect(dx!.reduce((a, b) => a + b)).toBeCloseTo(0, 10);
  });

  it('layer-norm normalises each pixel over its channels, or all elements together', () => {
    const image = { shape: [2, 1, 2], values: [1, 5, 3, 5] };
    const parts = (size: number): Part[] => [
      { shape: [size], values: Array<number>(size).fill(1), perSample: false },
      { shape: [size], perSample: false },
    ];
    const [channels] = run('layer-norm', {
      inputs: [image, ...parts(2)],
      outputs: [{ shape: [2, 1, 2] }, { shape: [1, 1, 2] }, { shape: [1, 1, 2] }],
      attributes: { over: 'channels', epsilon: 1e-30 },
    });
    expect(channels).toEqual([-1, 0, 1, 0]);
    const [all, mean] = run('layer-norm', {
      inputs: [image, ...parts(4)],
      outputs: [{ shape: [2, 1, 2] }, { shape: [1] }, { shape: [1] }],
      attributes: { over: 'all', epsilon: 1e-30 },
    });
    expect([mean, all!.map((v) => Number(v.toFixed(4)))]).toEqual([
      [3.5],
      [-1.5076, 0.9045, -0.3015, 0.9045],
    ]);
  });

  it('concat places parts after zeros, per sample; its gradient is the slice', () => {
    const inputs = [
      { shape: [1], values: [1, 2] },
      { shape: [2], values: [3, 4, 5, 6] },
    ];
    expect(
      run('concat', { inputs, outputs: [{ shape: [5] }], attributes: { before: 1 }, batch: 2 }),
    ).toEqual([[0, 1, 3, 4, 0, 0, 2, 5, 6, 0]]);
    const gradient = {
      inputs: [{ shape: [5], values: [0, 1, 3, 4, 0, 0, 2, 5, 6, 0] }],
      outputs: [{ shape: [2] }],
      attributes: { first: 2 },
      batch: 2,
    };
    expect(run('concat-gradient', gradient)).toEqual([[3, 4, 5, 6]]);
  });

  it('multiply by one number per channel has a gradient summed over the pixels', () => {
    const image = { shape: [2, 1, 2], values: [1, 2, 3, 4] };
    const gate = { shape: [2, 1, 1], values: [10, 100] };
    expect(run('multiply', { inputs: [image, gate], outputs: [image] })).toEqual([
      [10, 20, 300, 400],
    ]);
    const g = { shape: [2, 1, 2], values: [1, 1, 1, 2] };
    expect(run('multiply-gradient', { inputs: [g, image], outputs: [gate] })).toEqual([[3, 11]]);
    expect(run('multiply-gradient', { inputs: [g, gate], outputs: [image] })).toEqual([
      [10, 10, 100, 200],
    ]);
  });

  const loss = (
    kind: OpKind,
    z: readonly number[],
    label: Part,
    batch: number,
    n: number,
    columns: number[] = [],
  ): number[][] => {
    const metric = { shape: [], perSample: false };
    const shape = [z.length / batch];
    return run(kind, {
      inputs: [{ shape, values: z }, label],
      outputs: [{ shape }, metric, metric],
      batch,
      columns,
      step: { n },
    });
  };

  it('softmax-cross-entropy breaks ties to the first, has gradient 0 at invalid positions, and smooths labels', () => {
    const label = { shape: [], values: [0, 1], type: 'u32' } as const;
    const [gradient, sum, correct] = loss('softmax-cross-entropy', [1, 1, 5, 6], label, 2, 1);
    expect([gradient, sum, correct]).toEqual([
      [-0.5, 0.5, 0, 0],
      [Number(Math.LN2.toPrecision(12))],
      [1],
    ]);
    // Half one-hot, half uniform: for equal outputs the loss is ln 2 with any smoothing, and the
    // gradient is halved.
    expect(
      loss('softmax-cross-entropy', [1, 1], { ...label, values: [0] }, 1, 1, [0.5])[0],
    ).toEqual([-0.25, 0.25]);
  });

  it('mean-squared-error accepts classes as one-hot and numbers; it averages over outputs, its gradient also over samples', () => {
    const label = { shape: [], values: [1, 0], type: 'u32' } as const;
    expect(loss('mean-squared-error', [1, 3, 0, 0], label, 2, 2)).toEqual([
      [0.5, 1, -0.5, 0],
      [3],
      [2],
    ]);
    expect(loss('mean-squared-error', [1, 3], { shape: [2], values: [1, 5] }, 1, 1)).toEqual([
      [0, -2],
      [2],
      [0],
    ]);
  });

  it('clip limits the joint norm of all weights, or each value', () => {
    const inputs = [
      { shape: [1], values: [3], perSample: false },
      { shape: [1], values: [-4], perSample: false },
    ];
    const by = (how: string, limit: number): number[] =>
      run('clip', {
        inputs: [],
        outputs: inputs,
        attributes: { by: how },
        columns: [limit],
      }).flat();
    expect(by('value', 3.5)).toEqual([3, -3.5]);
    expect(by('norm', 6)).toEqual([3, -4]);
    expect(by('norm', 1).map((v) => Number(v.toFixed(6)))).toEqual([0.6, -0.8]);
  });

  it('gather moves this image in this epoch by dy 2, dx 3 of padding 4 and flips it; evaluation does not', () => {
    const size = 7;
    const x = new Uint8Array(12346 * size * size);
    const image = Array.from({ length: size * size }, (_, i) => i + 1);
    x.set(image, 12345 * size * size);
    const input = { shape: [1, size, size], crop: 4, flip: true };
    const gathered = (training: boolean): number[] => {
      const y = new Uint8Array(12346);
      const step = { epoch: 3, training, indices: Uint32Array.of(12345), x, y };
      return run('gather', {
        inputs: [],
        outputs: [{ shape: [1, size, size] }, { shape: [], type: 'u32' }],
        input,
        step,
      })[0]!;
    };
    expect(gathered(false)).toEqual(image);
    const at = (row: number, column: number): number =>
      row < 0 || row >= size || column < 0 || column >= size ? 0 : image[row * size + column]!;
    const cropped = (row: number, column: number): number => at(row + 2 - 4, column + 3 - 4);
    expect(gathered(true)).toEqual(
      image.map((_, i) => cropped(Math.floor(i / size), size - 1 - (i % size))),
    );
  });
});
