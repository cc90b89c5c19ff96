import { describe, expect, it } from 'vitest';
import { joulesText } from '../../../src/core/study/study-energy.ts';

describe('Energy: text', () => {
  it.each([
    [0, '0 J'],
    [0.02, '0.0200 J'],
    [84.06, '84.1 J'],
    [999.4, '999 J'],
    [999.6, '1.00 kJ'],
    [12_345, '12.3 kJ'],
    [1_067_000, '1.07 MJ'],
    [2.5e9, '2.50 GJ'],
  ])('writes %d joules as %s', (joules, text) => {
    expect(joulesText(joules).replaceAll('\u202f', ' ')).toBe(text);
  });
});
