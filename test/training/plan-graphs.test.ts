import { describe, expect, it } from 'vitest';
import { ReferenceExecutor } from '../../src/training/executors/reference/reference.ts';
import { planHash } from '../../src/training/plan/hash.ts';
import { laneBytes } from '../../src/training/plan/memory.ts';
import { elements, rootOf, type Op, type Plan } from '../../src/training/plan/plan.ts';
import { TrainingError } from '../../src/training/training-error.ts';
import { NETWORKS, subjectOf, type SmallNetwork, type SmallSubject } from '../support/networks.ts';
import { firstWeights, walkReference } from '../support/reference-walk.ts';
import { NEVER } from '../support/training.ts';

const CASES = NETWORKS.map((network) => [network.name, network] as const);

function planOf(name: string): Plan {
  return subjectOf(NETWORKS.find((network) => network.name === name)!).plan;
}

async function evaluated({ view }: SmallSubject, plan: Plan): Promise<unknown> {
  const executable = await new ReferenceExecutor().compile(plan, 1, NEVER);
  await executable.loadDataset(view);
  await executable.begin(7, [{ trial: 0, shared: false }]);
  return executable.evaluate(Uint32Array.of(0, 1, 2, 3, 4), NEVER);
}

const kinds = (ops: readonly Op[]): string[] => ops.map((op) => op.kind);
const bufferNames = (plan: Plan, ids: readonly number[]): string[] =>
  ids.map((id) => plan.buffers[id]!.name);

describe.each(CASES)('Plan of %s', (_name, network) => {
  const subject = subjectOf(network);
  const { plan } = subject;

  it('gives the same bits without in-place memory', async () => {
    // A flatten shares its input's memory by definition, and so does a gradient whose copy was
    // removed; all other buffers can be separate.
    const written = new Set(
      plan.train.filter((op) => op.kind !== 'flatten').map((op) => op.outputs[0]!),
    );
    const first = new Map<number, Op>();
    for (const op of plan.train) for (const id of op.outputs) if (!first.has(id)) first.set(id, op);
    const apart = plan.buffers.map((buffer) => {
      const stores = written.has(buffer.id) && first.get(buffer.id)?.accumulate[0] === false;
      if (buffer.aliasOf === undefined || !stores) return buffer;
      const own = { ...buffer };
      delete own.aliasOf;
      return own;
    });
    const weights = firstWeights(subject, 7, { trial: 0, shared: true });
    const place = { indices: Uint32Array.of(0, 1, 2).subarray(0, plan.batch) };
    const [shared, separate] = [subject, { ...subject, plan: { ...plan, buffers: apart } }].map(
      (s) => walkReference(s, weights, place),
    );
    expect(separate!.loss).toBe(shared!.loss);
    expect(separate!.gradients).toEqual(shared!.gradients);
    expect(await evaluated(subject, { ...plan, buffers: apart })).toEqual(
      await evaluated(subject, plan),
    );
  });

  it('has no two live buffers that overlap in the arena', () => {
    const held = plan.buffers.filter((b) => b.offset !== undefined);
    const end = (b: (typeof held)[number]): number =>
      b.offset! + elements(b.shape) * (b.type === 'u8' ? 1 : 4);
    for (const a of held) {
      for (const b of held) {
        if (a.id >= b.id || a.first > b.last || b.first > a.last) continue;
        expect(end(a) <= b.offset! || end(b) <= a.offset!, `${a.name} and ${b.name}`).toBe(true);
      }
    }
  });

  it('keeps buffers until evaluation has read them', () => {
    // Evaluation is a subsequence of training's forward ops, so positions in training order its
    // reads as well.
    const place = (op: Op): number => plan.train.findIndex((other) => other.layer === op.layer);
    for (const op of plan.evaluate)
      for (const id of op.inputs)
        expect(rootOf(plan, id).last, plan.buffers[id]!.name).toBeGreaterThanOrEqual(place(op));
  });

  it('numbers its ops, and stores before it accumulates', () => {
    expect(plan.train.map((op) => op.id)).toEqual(plan.train.map((_, i) => i));
    const stored = new Set<number>();
    for (const op of plan.train) {
      op.outputs.forEach((id, k) => {
        if (op.accumulate[k] === true)
          expect(stored.has(rootOf(plan, id).id), `${op.layer} ${op.kind}`).toBe(true);
        stored.add(rootOf(plan, id).id);
      });
    }
  });
});

describe('Plan: gradients', () => {
  it('share memory: a residual block copies nothing', () => {
    const plan = planOf('a residual block');
    expect(kinds(plan.train)).not.toContain('add-gradient');
    const add = plan.train.find((op) => op.kind === 'add')!;
    const roots = add.inputs.map(
      (id) =>
        rootOf(plan, plan.buffers.find((b) => b.name === `${plan.buffers[id]!.name}'`)!.id).id,
    );
    expect(roots[0]).toBe(roots[1]);
  });

  it('are copied if one of two would be overwritten while it is read', () => {
    expect(
      kinds(planOf('a conv added to what it reads: two gradients of one memory').train).filter(
        (kind) => kind === 'add-gradient',
      ),
    ).toHaveLength(1);
  });

  it('are not computed without a weight upstream', () => {
    const plan = planOf('joins of the input itself');
    expect(plan.buffers.filter((b) => b.role === 'gradient').map((b) => b.name)).not.toContain(
      "batch'",
    );
    expect(
      planOf('batch-norm of the input, which has no gradient').train.find(
        (op) => op.kind === 'batch-norm-gradient',
      )!.outputs,
    ).toHaveLength(2);
    expect(
      planOf('layer-norm of the input, which has no gradient').train.find(
        (op) => op.kind === 'layer-norm-gradient',
      )!.outputs,
    ).toHaveLength(2);
  });

  it('of several readers are stored by the last reader and accumulated by the others', () => {
    const plan = planOf('a layer with four readers');
    const into = plan.buffers.find((b) => b.name === "a'")!.id;
    const writers = plan.train.filter((op) => op.outputs.includes(into));
    expect(writers.map((op) => `${op.layer} ${String(op.accumulate[0])}`)).toEqual([
      'c false',
      'g true',
      's true',
      'r true',
    ]);
  });

  it('of the loss overwrite the outputs, unless a later op reads the outputs', () => {
    const shares = (plan: Plan): boolean => {
      const loss = plan.train.find((op) => op.layer === 'loss')!;
      return rootOf(plan, loss.outputs[0]!).id === rootOf(plan, loss.inputs[0]!).id;
    };
    expect(shares(planOf('dense'))).toBe(true);
    expect(shares(planOf('sigmoid last: its output is read after the loss'))).toBe(false);
    expect(shares(planOf('gelu last: its output is read after the loss'))).toBe(true);
  });
});

describe('Plan: chains', () => {
  const chainsOf = (plan: Plan): string[] =>
    plan.chains.map((chain) => kinds(chain.map((id) => plan.train[id]!)).join());

  it('are found forward and backward, across gradients that share memory', () => {
    expect(chainsOf(planOf('a residual block'))).toEqual([
      'batch-norm,relu',
      'relu-gradient,batch-norm-gradient',
    ]);
    expect(chainsOf(planOf('max-pool and relu between convs'))).toEqual([
      'conv,max-pool,relu',
      'relu-gradient,max-pool-gradient,conv-weight-gradient',
    ]);
    expect(chainsOf(planOf('batch-norm, relu'))).toEqual([
      'batch-norm,relu',
      'relu-gradient,batch-norm-gradient',
    ]);
  });

  it('are found if only a copy in the same memory is in between', () => {
    const layers = [
      { type: 'dense', units: 4 },
      { type: 'batch-norm' },
      { type: 'identity' },
      { type: 'relu' },
      { type: 'dense', units: 2 },
    ];
    expect(chainsOf(subjectOf({ name: 'n', shape: [3], layers }).plan)).toEqual([
      'relu-gradient,batch-norm-gradient',
    ]);
  });

  it('have no inner value with a reader outside', () => {
    expect(chainsOf(planOf('relu read twice, and what it reads read again'))).toEqual([]);
  });
});

describe('Plan: evaluation', () => {
  it('uses running statistics, without dropout and gradients', () => {
    const plan = planOf('a batch of nine, remainder of two');
    expect(kinds(plan.evaluate)).toEqual([
      'gather',
      'conv',
      'batch-norm-evaluation',
      'relu',
      'flatten',
      'dense',
      'softmax-cross-entropy',
    ]);
    const norm = plan.evaluate[2]!;
    expect(bufferNames(plan, norm.inputs).slice(1)).toEqual(
      ['weight', 'bias', 'running_mean', 'running_var'].map((n) => `batch-norm1.${n}`),
    );
    expect([norm.outputs.length, Object.keys(norm.attributes)]).toEqual([1, ['epsilon']]);
    expect(bufferNames(plan, plan.evaluate.at(-1)!.outputs)).toEqual(['loss', 'correct']);
  });

  it('flattens the input of a removed dropout', () => {
    const plan = planOf('dropout of an image, then flatten');
    const flatten = plan.evaluate.find((op) => op.kind === 'flatten')!;
    expect(bufferNames(plan, flatten.inputs)).toEqual(['conv1']);
    expect(plan.buffers[flatten.outputs[0]!]!.shape).toEqual([60]);
    expect(kinds(plan.evaluate)).not.toContain('dropout');
  });
});

describe('Plan: columns and slots', () => {
  const update = (
    name: string,
  ): { readonly op: Op; readonly columns: string[]; readonly plan: Plan } => {
    const plan = planOf(name);
    const op = plan.train.at(-1)!;
    return {
      op,
      plan,
      columns: op.hyper.map(
        (column) => `${plan.hyper[column]!.name} ${plan.hyper[column]!.varies}`,
      ),
    };
  };

  it('are those that each optimiser reads, in its order', () => {
    expect(update('sgd without momentum').plan.slots).toEqual([]);
    expect(update('sgd, Nesterov').op.attributes).toEqual({ momentum: 1, nesterov: 1 });
    expect(update('adam').columns).toEqual([
      'stepSize step',
      'correction step',
      'beta1 epoch',
      'rest1 epoch',
      'beta2 epoch',
      'rest2 epoch',
      'epsilon epoch',
      'weightDecay epoch',
    ]);
    expect(update('adamw').columns.at(-1)).toBe('shrink epoch');
    expect(update('cosine with warm-up').columns.at(-1)).toBe('shrink step');
    expect(update('adam').plan.slots).toEqual(['first', 'second']);
    expect([
      update('rmsprop').plan.slots,
      update('rmsprop with momentum and decay').plan.slots,
    ]).toEqual([['square'], ['square', 'momentum']]);
    expect(update('rmsprop').columns.map((c) => c.split(' ')[0])).toEqual([
      'learningRate',
      'alpha',
      'rest',
      'epsilon',
      'momentum',
      'weightDecay',
    ]);
  });

  it('place clip between the gradients and the update', () => {
    const { plan } = update('clip by norm');
    const clip = plan.train.at(-2)!;
    expect([clip.kind, clip.attributes['by'], clip.inputs]).toEqual(['clip', 'norm', clip.outputs]);
    expect(bufferNames(plan, clip.inputs)).toEqual(plan.weights.map((w) => `${w.name}'`));
    expect(plan.hyper[clip.hyper[0]!]!.name).toBe('clip');
  });

  it('apply decay to every weight, or to kernels only', () => {
    const decays = (name: string): boolean[] => planOf(name).weights.map((w) => w.decay);
    expect(decays('sgd with momentum and decay')).toEqual([true, true, true, true]);
    expect(decays('sgd, decay of kernels only')).toEqual([true, false, true, false]);
  });
});

describe('Plan: statistics', () => {
  it('are in plan order at multiples of 4, initially mean 0 and variance 1, and count per lane', () => {
    const plan = planOf('batch-norm, relu');
    expect(plan.statistics).toEqual([
      { name: 'batch-norm1.running_mean', shape: [3], offset: 0, initial: 0 },
      { name: 'batch-norm1.running_var', shape: [3], offset: 4, initial: 1 },
      { name: 'batch-norm2.running_mean', shape: [4], offset: 8, initial: 0 },
      { name: 'batch-norm2.running_var', shape: [4], offset: 12, initial: 1 },
    ]);
    const without = {
      ...plan,
      buffers: plan.buffers.filter(
        (b) => b.role !== 'statistic' && (b.role !== 'saved' || b.perSample),
      ),
    };
    // Running and batch statistics: two of each, padded to 4 floats.
    expect(laneBytes(plan, 1, 4, 100) - laneBytes(without, 1, 4, 100)).toBe(16 * 8);
    const scale = plan.weights.find((w) => w.name === 'batch-norm1.weight')!;
    expect([scale.init, scale.kind]).toEqual(['one', 'scale']);
  });
});

describe('Plan: inputs', () => {
  it('are normalised as numbers, or as fractions of 255 for bytes', () => {
    const [bytes, numbers] = [planOf('dense').input, planOf('an image of numbers').input];
    expect([bytes.type, numbers.type]).toEqual(['u8', 'f32']);
    expect(bytes.scale[0]).toBe(Math.fround(1 / (255 * 0.3)));
    expect(numbers.scale[0]).toBe(Math.fround(1 / 0.3));
    expect(numbers.shift).toEqual(bytes.shift);
    expect([planOf('crop and flip').input.crop, planOf('crop and flip').input.flip]).toEqual([
      2,
      true,
    ]);
  });

  it('can have numeric targets, which require the squared error', () => {
    const plan = planOf('squared error of numbers, from numbers');
    const label = plan.buffers.find((b) => b.role === 'label')!;
    expect([label.type, label.shape]).toEqual(['f32', [2]]);
    const wrong: SmallNetwork = {
      name: 'wrong',
      shape: [5],
      layers: [{ type: 'dense', units: 2 }],
      data: { sampleType: 'f32', targets: 2 },
    };
    expect(() => subjectOf(wrong)).toThrow(TrainingError);
  });
});

describe('Plan: hash', () => {
  it("depends on a norm's numbers, not on its name", () => {
    const hash = (norm: object): string =>
      planHash(
        subjectOf({
          name: 'n',
          shape: [2, 4, 4],
          layers: [norm, { type: 'flatten' }, { type: 'dense', units: 2 }],
        }).plan,
      );
    expect(hash({ type: 'batch-norm', id: 'a' })).toBe(hash({ type: 'batch-norm' }));
    const all = [
      { type: 'batch-norm' },
      { type: 'batch-norm', momentum: 0.2 },
      { type: 'batch-norm', epsilon: 0.1 },
      { type: 'layer-norm' },
      { type: 'layer-norm', over: 'channels' },
    ];
    expect(new Set(all.map(hash)).size).toBe(all.length);
  });
});
