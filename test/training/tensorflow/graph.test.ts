/**
 * Tests of the graph without TensorFlow: references, Philox, and layouts.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { keyOf, philox as generate } from '../../../src/core/random.ts';
import {
  fromTensor,
  samplesChannelsLast,
  tensorShape,
  toTensor,
} from '../../../src/training/executors/tensorflow/layout.ts';
import { Operations } from '../../../src/training/executors/tensorflow/operations.ts';
import { philox } from '../../../src/training/executors/tensorflow/ops/philox.ts';
import { emitModel } from '../../../src/training/executors/tensorflow/saved-model.ts';
import type { Emitter, Tensor } from '../../../src/training/executors/tensorflow/tensor.ts';
import { NETWORKS, subjectOf } from '../../support/networks.ts';

type Fields = Map<number, (number | Buffer)[]>;

/** Fields of a message by number: varints and bytes, the only kinds in a graph besides floats. */
function decode(bytes: Buffer): Fields {
  const fields: Fields = new Map();
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let shift = 1; ; shift *= 128) {
      const byte = bytes[at++] ?? 0;
      value += (byte & 127) * shift;
      if (byte < 128) return value;
    }
  };
  while (at < bytes.length) {
    const tag = varint();
    const length = tag % 8 === 2 ? varint() : 0;
    const value = tag % 8 === 2 ? bytes.subarray(at, (at += length)) : varint();
    fields.set(Math.floor(tag / 8), [...(fields.get(Math.floor(tag / 8)) ?? []), value]);
  }
  return fields;
}

const messages = (fields: Fields, field: number): Fields[] =>
  (fields.get(field) ?? []).map((bytes) => decode(bytes as Buffer));
const texts = (fields: Fields, field: number): string[] => (fields.get(field) ?? []).map(String);
const text = (fields: Fields, field: number): string => texts(fields, field)[0] ?? '';

interface Found {
  readonly nodes: readonly {
    readonly name: string;
    readonly op: string;
    readonly inputs: readonly string[];
  }[];
  readonly functions: readonly {
    readonly name: string;
    readonly args: string[];
    readonly nodes: Found['nodes'];
    readonly returned: string[];
  }[];
}

function read(bytes: Uint8Array): Found {
  const nodesOf = (fields: Fields, field: number): Found['nodes'] =>
    messages(fields, field).map((node) => ({
      name: text(node, 1),
      op: text(node, 2),
      inputs: texts(node, 3),
    }));
  const [meta] = messages(decode(Buffer.from(bytes)), 2);
  const [graph] = meta === undefined ? [] : messages(meta, 2);
  const [library] = graph === undefined ? [] : messages(graph, 2);
  if (graph === undefined || library === undefined)
    throw new Error('expected a graph with functions');
  const functions = messages(library, 1).map((definition) => {
    const [signature] = messages(definition, 1);
    if (signature === undefined) throw new Error('expected a signature');
    return {
      name: text(signature, 1),
      args: messages(signature, 2).map((arg) => text(arg, 1)),
      nodes: nodesOf(definition, 3),
      returned: messages(definition, 4).map((entry) => text(entry, 2)),
    };
  });
  return { nodes: nodesOf(graph, 1), functions };
}

const base = (reference: string): string => reference.replace(/^\^/, '').replace(/:.*$/, '');

describe('TensorFlow graph', () => {
  it.each(NETWORKS.map((network) => [network.name, network] as const))(
    'has unique names, each defined before its use: %s',
    (_, network) => {
      for (const lanes of [1, 4]) {
        const { bytes, nodes: count } = emitModel(subjectOf(network).plan, lanes);
        const { nodes, functions } = read(bytes);
        expect(functions.map(({ name }) => name)).toEqual([
          'train_condition',
          'train_body',
          'evaluate_condition',
          'evaluate_body',
        ]);
        expect(
          nodes.length + functions.reduce((sum, { nodes: inside }) => sum + inside.length, 0),
        ).toBe(count);
        for (const { args, nodes: inside, returned } of [
          { args: [], nodes, returned: [] },
          ...functions,
        ]) {
          const known = new Set<string>(args);
          for (const { name, inputs } of inside) {
            expect(inputs.filter((input) => !known.has(base(input)))).toEqual([]);
            expect(known.has(name)).toBe(false);
            known.add(name);
          }
          expect(returned.filter((reference) => !known.has(base(reference)))).toEqual([]);
        }
        const loop = functions.find(({ name }) => name === 'train_body');
        expect(loop?.returned.length).toBe(loop?.args.length);
      }
    },
  );

  it('assigns every weight and slot once per chunk, and fetches wait for the assignments', () => {
    const [network] = NETWORKS;
    if (network === undefined) throw new Error('there are networks');
    const { plan } = subjectOf(network);
    const { nodes } = read(emitModel(plan, 2).bytes);
    const updates = nodes.filter(
      ({ name, op }) => op === 'AssignVariableOp' && name.startsWith('update_'),
    );
    expect(updates.length).toBe(
      plan.weights.length * (1 + plan.slots.length) + plan.statistics.length,
    );
    const waited = nodes
      .find(({ name }) => name === 'train_correct')
      ?.inputs.filter((input) => input.startsWith('^'))
      .map(base);
    expect(waited).toEqual(updates.map(({ name }) => name));
  });
});

/** Evaluates 64-bit scalars immediately. */
class Scalars implements Emitter {
  readonly values: bigint[] = [];

  constant(
    dtype: Tensor['dtype'],
    shape: readonly number[],
    [value = 0]: readonly number[],
  ): Tensor {
    return { ref: this.values.push(BigInt(value)) - 1, dtype, shape };
  }

  emit(op: string, [a, b]: readonly Tensor[]): Tensor[] {
    const [x = 0n, y = 0n] = [this.values[Number(a?.ref)], this.values[Number(b?.ref)]];
    const results: Record<string, bigint> = {
      Mul: x * y,
      AddV2: x + y,
      BitwiseAnd: x & y,
      BitwiseXor: x ^ y,
      RightShift: x >> (y & 63n),
    };
    const result = results[op];
    if (result === undefined) throw new Error(`no ${op} is expected here`);
    // Products wrap as in TensorFlow.
    return [{ ref: this.values.push(BigInt.asIntN(64, result)) - 1, dtype: 'i64', shape: [] }];
  }
}

it('computes Philox with 64-bit ops, word for word as the generator does', () => {
  const word = fc.nat(0xffffffff).map((n) => n >>> 0);
  fc.assert(
    fc.property(fc.tuple(word, word, word, word), fc.maxSafeNat(), (counter, seed) => {
      const scalars = new Scalars();
      const operations = new Operations(scalars);
      const { low, high } = keyOf(seed);
      const [c0, c1, c2, c3] = counter.map((value) => operations.long(value)) as [
        Tensor,
        Tensor,
        Tensor,
        Tensor,
      ];
      const found = philox(
        operations,
        [operations.long(low), operations.long(high)],
        [c0, c1, c2, c3],
      );
      const expected = new Uint32Array(4);
      generate({ low, high }, ...counter, expected);
      expect(found.map(({ ref }) => Number(scalars.values[Number(ref)]))).toEqual([...expected]);
    }),
    { numRuns: 50 },
  );
});

describe('TensorFlow layouts', () => {
  it('have channels last: kernels, images, samples', () => {
    expect([tensorShape([8, 3, 5, 7]), tensorShape([3, 4, 6]), tensorShape([10, 64])]).toEqual([
      [5, 7, 3, 8],
      [4, 6, 3],
      [10, 64],
    ]);
    const kernel = new Float32Array(4);
    toTensor(Float32Array.of(1, 2, 3, 4), [2, 1, 1, 2], kernel);
    expect([...kernel]).toEqual([1, 3, 2, 4]);
    expect([...samplesChannelsLast(Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8), [2, 1, 2])]).toEqual([
      1, 3, 2, 4, 5, 7, 6, 8,
    ]);
  });

  it('survive a round trip', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 4 }),
        (shape) => {
          const size = shape.reduce((a, n) => a * n, 1);
          const values = Float32Array.from({ length: size }, (_, i) => i + 1);
          const [there, back] = [new Float32Array(size), new Float32Array(size)];
          toTensor(values, shape, there);
          fromTensor(there, shape, back);
          expect(back).toEqual(values);
        },
      ),
    );
  });
});
