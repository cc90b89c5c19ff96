import { describe, expect, it } from 'vitest';
import { Expansion } from '../../src/datasets/sources/expansion.ts';

describe('Archives: limit of the unpacked size', () => {
  it.each([
    ['64 MB for a small archive', 1000, 64 * 2 ** 20],
    ['250 times the size of a large archive', 2 ** 20, 250 * 2 ** 20],
  ])('is %s', (_, bytes, limit) => {
    const expansion = new Expansion('x.zip', bytes);
    expansion.took(limit, 'a');
    expect(() => expansion.took(1, 'b')).toThrow(
      `x.zip: expected at most ${limit.toLocaleString('en')} bytes unpacked`,
    );
  });
});
