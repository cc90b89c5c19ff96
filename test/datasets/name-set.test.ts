import { describe, expect, it } from 'vitest';
import { NameSet } from '../../src/datasets/sources/name-set.ts';

describe('Name set', () => {
  it('reports exactly the names that it contains, while it grows', () => {
    const set = new NameSet();
    const names = Array.from({ length: 5000 }, (_, i) => `folder/${String(i)}.png`);
    expect(names.every((name) => set.add(name))).toBe(true);
    expect(names.some((name) => set.add(name))).toBe(false);
    expect(set.add('folder/5000.png')).toBe(true);
  });
});
