import { describe, expect, it } from 'vitest';
import { keyOf, philox, PURPOSE, Stream, type Key } from '../../src/core/random.ts';

function block(key: Key, c0: number, c1: number, c2: number, c3: number): string {
  const out = new Uint32Array(4);
  philox(key, c0, c1, c2, c3, out);
  return [...out].map((w) => w.toString(16).padStart(8, '0')).join(' ');
}

describe('Philox4x32-10', () => {
  it.each([
    ['all zeros', 0, 0, [0, 0, 0, 0], '6627e8d5 e169c58d bc57ac4c 9b00dbd8'],
    [
      'all ones',
      0xffffffff,
      0xffffffff,
      [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff],
      '408f276d 41c83b0e a20bc7c6 6d5451fd',
    ],
    [
      'digits of π',
      0xa4093822,
      0x299f31d0,
      [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
      'd16cfe09 94fdcceb 5001e420 24126ea1',
    ],
  ] as const)(
    "equals Random123's published vector: %s",
    (_name, low, high, [c0, c1, c2, c3], words) => {
      expect(block({ low, high }, c0, c1, c2, c3)).toBe(words);
    },
  );

  it.each([
    [
      'first weights of trial 0',
      7,
      0,
      0,
      1,
      PURPOSE.initialise << 24,
      'c17a0fcc 1bd81f4f c1cf9ab3 c5118076',
    ],
    [
      'first weights of a shared start',
      7,
      0,
      0,
      0,
      PURPOSE.initialise << 24,
      '4035ec05 32e16cc3 7704e87e 2fcec3df',
    ],
    [
      'a seed above 2³²',
      2 ** 40 + 5,
      0,
      0,
      1,
      PURPOSE.initialise << 24,
      '85a9228c 8309a18d 3c1b6f48 1a176e3c',
    ],
    [
      'a dropout mask',
      7,
      33,
      469,
      5,
      (PURPOSE.dropout << 24) | 2,
      'd8031495 52b33326 b41be45c 7c443cfc',
    ],
    [
      'an augmentation',
      7,
      12345,
      3,
      0,
      PURPOSE.augment << 24,
      '3e2a1c6c 6a149fa6 a7bf5302 dd561986',
    ],
  ])('gives the recorded words of %s at their position', (_name, seed, c0, c1, c2, c3, words) => {
    expect(block(keyOf(seed), c0, c1, c2, c3)).toBe(words);
  });

  it("derives replicate 1's key from the study's", () => {
    const words = new Uint32Array(4);
    philox(keyOf(7), 1, 0, 0, PURPOSE.replicate << 24, words);
    expect([...words.slice(0, 2)].map((w) => w.toString(16))).toEqual(['340bc91a', '7a909cf2']);
  });
});

describe('Random stream', () => {
  it('returns the words of its blocks in order', () => {
    const stream = new Stream(7, { purpose: PURPOSE.dropout, ordinal: 2, trial: 5, round: 469 });
    const words = new Uint32Array(8);
    philox(keyOf(7), 0, 469, 5, (PURPOSE.dropout << 24) | 2, words, 0);
    philox(keyOf(7), 1, 469, 5, (PURPOSE.dropout << 24) | 2, words, 4);
    expect(Array.from({ length: 8 }, () => stream.word())).toEqual([...words]);
  });

  it('keeps uniforms in [0, 1), exact in float32, and integers below their bound', () => {
    const stream = new Stream(1, { purpose: PURPOSE.synthetic });
    for (let i = 0; i < 2000; i++) {
      const u = stream.uniform();
      expect(u >= 0 && u < 1 && Math.fround(u) === u).toBe(true);
      expect(stream.below(7)).toBeLessThan(7);
      const v = stream.uniform53();
      expect(v >= 0 && v < 1).toBe(true);
    }
  });

  it('draws standard normals: mean, variance and tails of 20,000', () => {
    const stream = new Stream(3, { purpose: PURPOSE.synthetic });
    const draws = Array.from({ length: 20000 }, () => stream.normal());
    const mean = draws.reduce((a, z) => a + z, 0) / draws.length;
    const variance = draws.reduce((a, z) => a + (z - mean) ** 2, 0) / draws.length;
    expect(Math.abs(mean)).toBeLessThan(0.025);
    expect(Math.abs(variance - 1)).toBeLessThan(0.04);
    expect(Math.max(...draws.map(Math.abs))).toBeLessThan(6.34);
  });
});
