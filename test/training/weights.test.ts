import { spawnSync } from 'node:child_process';
import { writeFileSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { LaneState } from '../../src/training/executors/executor.ts';
import { fromTensors, toTensors, type Named } from '../../src/training/weights/lane-file.ts';
import {
  decodeSafetensors,
  encodeSafetensors,
  WeightsError,
  type Tensor,
} from '../../src/training/weights/safetensors.ts';
import { missingPython } from '../support/peer-python.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const tensors = fc.dictionary(
  fc
    .string({ minLength: 1, maxLength: 12, unit: 'grapheme' })
    .filter((name) => name !== '__metadata__' && name !== '__proto__'),
  fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 4 }).chain((shape) => {
    const size = shape.reduce((a, b) => a * b, 1);
    return fc
      .float32Array({ minLength: size, maxLength: size })
      .map((values): Tensor => ({ shape, values }));
  }),
  { maxKeys: 6 },
);

describe('safetensors', () => {
  it('preserves every tensor and string to the bit', () => {
    fc.assert(
      fc.property(
        tensors,
        fc.dictionary(
          fc.string().filter((key) => key !== '__proto__'),
          fc.string(),
          { maxKeys: 3 },
        ),
        (named, metadata) => {
          const file = { tensors: new Map(Object.entries(named)), metadata: { ...metadata } };
          const bytes = encodeSafetensors(file);
          expect(decodeSafetensors('w', bytes)).toEqual(file);
          expect(Number(new DataView(bytes.buffer).getBigUint64(0, true)) % 8).toBe(0);
        },
      ),
    );
  });

  const good = encodeSafetensors({
    tensors: new Map([['a', { shape: [2], values: Float32Array.of(1, 2) }]]),
    metadata: {},
  });
  const withHeader = (header: unknown, data = 8): Uint8Array => {
    const text = new TextEncoder().encode(
      typeof header === 'string' ? header : JSON.stringify(header),
    );
    const bytes = new Uint8Array(8 + text.length + data);
    new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
    bytes.set(text, 8);
    return bytes;
  };
  const entry = { dtype: 'F32', shape: [2], data_offsets: [0, 8] };
  it.each<[string, Uint8Array, string]>([
    [
      'empty',
      new Uint8Array(0),
      'w: offset 0: expected the 8 bytes of the header’s length, found 0 bytes in all',
    ],
    [
      'another format',
      Uint8Array.from({ length: 99 }, () => 80),
      'offset 0: expected a header of at most 91 bytes, found 57872138270461',
    ],
    ['no JSON', withHeader('{"a"'), 'header: expected JSON in UTF-8, found '],
    ['no object', withHeader('[1]'), 'header: expected an object of tensors by name, found [1]'],
    [
      'texts',
      withHeader({ __metadata__: { a: 1 } }, 0),
      'header, __metadata__: expected strings by name, found {"a":1}',
    ],
    [
      'half precision',
      withHeader({ a: { ...entry, dtype: 'F16' } }),
      'tensor "a", dtype: expected "F32", found "F16"',
    ],
    [
      'shape',
      withHeader({ a: { ...entry, shape: [-2] } }),
      'tensor "a", shape: expected a list of counts, found [-2]',
    ],
    [
      'size',
      withHeader({ a: { ...entry, shape: [3] } }),
      'tensor "a", data_offsets: expected 12 bytes for 3 float32, found 8',
    ],
    [
      'hole',
      withHeader({ a: { ...entry, data_offsets: [4, 12] } }, 12),
      'tensor "a", data_offsets: expected a begin of 0, found 4',
    ],
    [
      'cut short',
      good.subarray(0, good.length - 1),
      'tensor "a", data_offsets: expected an end of at most 7, found 8: cut short',
    ],
    [
      'too long',
      withHeader({ a: entry }, 9),
      'data: expected 8 bytes, according to the header, found 9',
    ],
  ])('refuses an invalid file and says where: %s', (_name, bytes, message) => {
    expect(() => decodeSafetensors('w', bytes)).toThrow(WeightsError);
    expect(() => decodeSafetensors('w', bytes)).toThrow(message);
  });
});

const NAMED: Named = {
  weights: [weight('conv1.weight', [2, 1, 3]), weight('conv1.bias', [2]), weight('bn.weight', [2])],
  statistics: [
    { name: 'bn.running_mean', shape: [2], offset: 0, initial: 0 },
    { name: 'bn.running_var', shape: [2], offset: 4, initial: 1 },
  ],
  slots: ['first', 'second'],
};
const numbers = (count: number, from: number): Float32Array =>
  Float32Array.from({ length: count }, (_, i) => from + i / 7);
const STATE: LaneState = {
  weights: numbers(10, 1),
  slots: [numbers(10, 100), numbers(10, 200)],
  statistics: numbers(4, -3),
  step: 469,
};

function weight(name: string, shape: number[]): Named['weights'][number] {
  return {
    name,
    shape,
    offset: 0,
    kind: 'kernel',
    fanIn: 1,
    fanOut: 1,
    init: 'zero',
    spread: 0,
    decay: true,
    trainable: true,
  };
}

describe('Lane file', () => {
  it('preserves weights, statistics, slots and step to the bit', () => {
    const bytes = encodeSafetensors(toTensors(NAMED, STATE, { network: 'n' }));
    expect(fromTensors('w', NAMED, decodeSafetensors('w', bytes))).toEqual(STATE);
  });

  it('names tensors as PyTorch does', () => {
    const { tensors } = toTensors(NAMED, STATE);
    expect([...tensors.keys()].slice(0, 6)).toEqual([
      'conv1.weight',
      'conv1.bias',
      'bn.weight',
      'bn.running_mean',
      'bn.running_var',
      'optimizer.first.conv1.weight',
    ]);
  });

  it('accepts weights alone, which start at step 0', () => {
    const alone = toTensors({ ...NAMED, slots: [] }, STATE);
    expect(fromTensors('w', NAMED, alone)).toEqual({
      ...STATE,
      slots: [new Float32Array(10), new Float32Array(10)],
      step: 0,
    });
  });

  it('names a tensor that is missing, unknown or of another shape', () => {
    const changed = (change: (all: Map<string, Tensor>) => void): (() => LaneState) => {
      const all = new Map(toTensors(NAMED, STATE).tensors);
      change(all);
      return () => fromTensors('w', NAMED, { tensors: all, metadata: { step: '1' } });
    };
    const one: Tensor = { shape: [1], values: Float32Array.of(1) };
    expect(changed((all) => all.delete('conv1.bias'))).toThrow(
      'w: expected a tensor "conv1.bias" of 2, found none',
    );
    expect(changed((all) => all.set('conv1.bias', one))).toThrow(
      'w: tensor "conv1.bias": expected 2, found 1',
    );
    expect(changed((all) => all.set('conv9.bias', one))).toThrow(
      'w: tensor "conv9.bias": the network has no such tensor',
    );
    expect(() => fromTensors('w', NAMED, { ...toTensors(NAMED, STATE), metadata: {} })).toThrow(
      'step: expected a count',
    );
  });
});

const noPython = missingPython('numpy', 'safetensors');
describe("Python's safetensors library", () => {
  it('reads files of Galapagos, and Galapagos reads its files', ({ skip }) => {
    skip(noPython !== null, noPython ?? '');
    const folder = temporaryFolder();
    try {
      writeFileSync(
        folder.file('ours'),
        encodeSafetensors(toTensors(NAMED, STATE, { network: 'n' })),
      );
      const program = `
import sys
from safetensors import safe_open
from safetensors.numpy import save_file
with safe_open(sys.argv[1], 'np') as f:
    assert f.metadata() == {'network': 'n', 'step': '469'}, f.metadata()
    save_file({k: f.get_tensor(k) for k in f.keys()}, sys.argv[2], f.metadata())
`;
      const python = process.env['GALAPAGOS_PEER_PYTHON'] ?? '';
      const { status, stderr } = spawnSync(
        python,
        ['-c', program, folder.file('ours'), folder.file('theirs')],
        { encoding: 'utf8' },
      );
      expect(stderr).toBe('');
      expect(status).toBe(0);
      expect(
        fromTensors('w', NAMED, decodeSafetensors('w', readFileSync(folder.file('theirs')))),
      ).toEqual(STATE);
    } finally {
      folder.remove();
    }
  });
});
