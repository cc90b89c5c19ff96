import { describe, expect, it } from 'vitest';
import { PRESETS } from '../../src/training/models/presets.ts';
import { resolveNetwork } from '../../src/training/models/resolve.ts';
import { Scope } from '../../src/training/models/scope.ts';
import { parameterCount } from '../../src/training/plan/block.ts';
import { compilePlan } from '../../src/training/plan/compile.ts';
import { planHash } from '../../src/training/plan/hash.ts';
import {
  arenaBytes,
  fusedArenaBytes,
  laneBytes,
  sharedBytes,
} from '../../src/training/plan/memory.ts';
import { blockSize, rootOf, type Plan } from '../../src/training/plan/plan.ts';
import { SGD, subject } from '../support/training.ts';

function preset(): Plan {
  const network = resolveNetwork(PRESETS.get('mnist-paper'), new Scope({ dropout: 0.1 }));
  if (network === undefined) throw new Error('the preset should resolve');
  return compilePlan(network, { batch: 128, optimizer: SGD });
}

describe('Plan of mnist-paper', () => {
  const plan = preset();
  const name = (id: number): string => plan.buffers[id]?.name ?? '?';

  it('has 906 parameters in a block of 912 floats', () => {
    expect([parameterCount(plan), blockSize(plan)]).toEqual([906, 912]);
    expect(plan.weights.map((w) => `${w.name} [${w.shape.join()}] at ${w.offset}`)).toEqual([
      'conv1.weight [2,1,5,5] at 0',
      'conv1.bias [2] at 52',
      'conv2.weight [4,2,5,5] at 56',
      'conv2.bias [4] at 256',
      'dense1.weight [10,64] at 260',
      'dense1.bias [10] at 900',
    ]);
  });

  it('has these ops in this order', () => {
    expect(
      plan.train.map(
        (op) =>
          `${op.id} ${op.layer} ${op.kind}: ${op.inputs.map(name).join()} → ${op.outputs.map(name).join()}`,
      ),
    ).toMatchInlineSnapshot(`
      [
        "0 input gather: dataset,order → batch,label",
        "1 conv1 conv: batch,conv1.weight,conv1.bias → conv1",
        "2 max-pool1 max-pool: conv1 → max-pool1,max-pool1.code",
        "3 relu1 relu: max-pool1 → relu1",
        "4 conv2 conv: relu1,conv2.weight,conv2.bias → conv2",
        "5 max-pool2 max-pool: conv2 → max-pool2,max-pool2.code",
        "6 relu2 relu: max-pool2 → relu2",
        "7 flatten1 flatten: relu2 → flatten1",
        "8 dropout1 dropout: flatten1 → dropout1",
        "9 dense1 dense: dropout1,dense1.weight,dense1.bias → dense1",
        "10 loss softmax-cross-entropy: dense1,label → logits.gradient,loss,correct",
        "11 dense1 dense-weight-gradient: dropout1,logits.gradient → dense1.weight',dense1.bias'",
        "12 dense1 dense-input-gradient: logits.gradient,dense1.weight → dropout1'",
        "13 dropout1 dropout-gradient: dropout1' → flatten1'",
        "14 relu2 relu-gradient: relu2',relu2 → max-pool2'",
        "15 max-pool2 max-pool-gradient: max-pool2',max-pool2.code → conv2'",
        "16 conv2 conv-weight-gradient: relu1,conv2' → conv2.weight',conv2.bias'",
        "17 conv2 conv-input-gradient: conv2',conv2.weight → relu1'",
        "18 relu1 relu-gradient: relu1',relu1 → max-pool1'",
        "19 max-pool1 max-pool-gradient: max-pool1',max-pool1.code → conv1'",
        "20 conv1 conv-weight-gradient: batch,conv1' → conv1.weight',conv1.bias'",
        "21 optimizer sgd: conv1.weight',conv1.bias',conv2.weight',conv2.bias',dense1.weight',dense1.bias' → conv1.weight,conv1.bias,conv2.weight,conv2.bias,dense1.weight,dense1.bias",
      ]
    `);
  });

  it('computes no gradient for the image, and no unused ones', () => {
    expect(plan.train.filter((op) => op.layer === 'conv1').map((op) => op.kind)).toEqual([
      'conv',
      'conv-weight-gradient',
    ]);
    expect(plan.buffers.some((b) => b.name === "batch'")).toBe(false);
  });

  it('evaluates without dropout', () => {
    expect(plan.evaluate.map((op) => op.layer)).toEqual([
      'input',
      'conv1',
      'max-pool1',
      'relu1',
      'conv2',
      'max-pool2',
      'relu2',
      'flatten1',
      'dense1',
      'loss',
    ]);
  });

  it('names the chains that can be fused', () => {
    expect(plan.chains).toEqual([
      [1, 2, 3],
      [4, 5, 6],
      [14, 15, 16, 17],
      [18, 19, 20],
    ]);
  });

  it('needs this much memory', () => {
    expect(arenaBytes(plan)).toBe(7200);
    expect(fusedArenaBytes(plan)).toBe(2912);
    expect(laneBytes(plan, 1, 128, 2912)).toBe(383764);
    expect(
      sharedBytes(plan, { samples: 60000, shape: [1, 28, 28], classes: 10, sampleType: 'u8' }),
    ).toBe(47100000 + 240000 + 401408);
    expect(plan.hyper.map((h) => `${h.name} ${h.type}`)).toEqual([
      'learningRate f32',
      'momentum f32',
      'weightDecay f32',
      'dropout1.threshold u32',
      'dropout1.scale f32',
    ]);
  });

  it('has no two live buffers that overlap in the arena', () => {
    const held = plan.buffers.filter((b) => b.offset !== undefined);
    const bytes = (b: (typeof held)[number]): number =>
      b.shape.reduce((p, n) => p * n, 1) * (b.type === 'u8' ? 1 : 4);
    for (const a of held) {
      for (const b of held) {
        if (a.id >= b.id || a.first > b.last || b.first > a.last) continue;
        expect(
          a.offset! + bytes(a) <= b.offset! || b.offset! + bytes(b) <= a.offset!,
          `${a.name} and ${b.name}`,
        ).toBe(true);
      }
    }
  });

  it('is plain data: a copy through JSON has the same hash', () => {
    expect(planHash(JSON.parse(JSON.stringify(plan)) as Plan)).toBe(planHash(plan));
  });
});

describe('Plan: hash of mnist-paper', () => {
  const layers = (id: string, units: number): object[] => [
    { type: 'flatten' },
    { id, type: 'dense', units },
  ];

  it('ignores layer names and depends on everything else', () => {
    const hash = (id: string, units: number, batch: number): string =>
      planHash(subject([1, 2, 2], layers(id, units), batch).plan);
    expect(hash('head', 3, 4)).toBe(hash('out', 3, 4));
    expect(new Set([hash('head', 3, 4), hash('head', 2, 4), hash('head', 3, 5)]).size).toBe(3);
  });
});

describe('Plan: rewrites', () => {
  it('move relu after the pool if only the pool reads it', () => {
    const { plan } = subject(
      [1, 6, 6],
      [
        { type: 'conv', filters: 2, kernel: 3 },
        { type: 'relu' },
        { type: 'max-pool', size: 2 },
        { type: 'flatten' },
        { type: 'dense', units: 2 },
      ],
      4,
    );
    expect(plan.train.slice(1, 4).map((op) => op.kind)).toEqual(['conv', 'max-pool', 'relu']);
    expect(plan.chains[0]).toEqual([1, 2, 3]);
  });

  it('write relu in place, but keep values that a later op reads', () => {
    const { plan } = subject(
      [1, 2, 2],
      [
        { type: 'flatten' },
        { type: 'dense', units: 4 },
        { type: 'relu' },
        { type: 'dense', units: 2 },
      ],
      4,
    );
    const relu = plan.train.find((op) => op.kind === 'relu')!;
    expect(rootOf(plan, relu.outputs[0]!).id).toBe(rootOf(plan, relu.inputs[0]!).id);
    const image = subject(
      [1, 2, 2],
      [{ type: 'relu' }, { type: 'flatten' }, { type: 'dense', units: 2 }],
      4,
    ).plan;
    const first = image.train.find((op) => op.kind === 'relu')!;
    // Lanes share the batch, so no op may overwrite it.
    expect(rootOf(image, first.outputs[0]!).id).not.toBe(rootOf(image, first.inputs[0]!).id);
  });
});

describe('Plan: inconsistent networks', () => {
  const network = resolveNetwork(PRESETS.get('mnist-paper'), new Scope({ dropout: 0.1 }))!;
  const settings = { batch: 128, optimizer: SGD };

  it('throws for a layer whose input layer does not exist, instead of connecting it to the samples', () => {
    const layers = network.layers.map((layer, i) => (i === 3 ? { ...layer, from: [99] } : layer));
    expect(() => compilePlan({ ...network, layers }, settings)).toThrow(RangeError);
  });

  it('throws for a convolution of samples without channels, instead of assuming one', () => {
    const flat = { ...network, input: { ...network.input, shape: [] } };
    expect(() => compilePlan(flat, settings)).toThrow(RangeError);
  });
});
