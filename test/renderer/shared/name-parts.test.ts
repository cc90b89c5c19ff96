import { describe, expect, it } from 'vitest';
import { cutInMiddle, nameParts } from '../../../src/renderer/shared/name-parts.ts';

describe('Names: cut in the middle', () => {
  it('keeps the end of a long name, in which names of one kind differ', () => {
    expect(nameParts('cifar-10-python-2024.tar.gz').join('')).toBe('cifar-10-python-2024.tar.gz');
    expect(nameParts('cifar-10-python-2024.tar.gz')[1]).toBe('24.tar.gz');
  });

  it('keeps a short name whole, and never splits a character of several code units', () => {
    expect(nameParts('mnist')).toEqual(['mnist', '']);
    expect(nameParts('🦎'.repeat(30))).toEqual(['🦎'.repeat(21), '🦎'.repeat(9)]);
  });

  it('cuts a label of a chart in the middle', () => {
    expect(cutInMiddle('MNIST, evolution, seed 14', 12)).toBe('MNIST,…ed 14');
    expect(cutInMiddle('mnist', 12)).toBe('mnist');
  });
});
