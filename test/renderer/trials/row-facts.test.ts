import { describe, expect, it } from 'vitest';
import { rowFacts, sameFacts } from '../../../src/renderer/views/trials/row-facts.ts';

describe('Trials table: facts of the study that rows show', () => {
  it("ignores changes of the study's figures", () => {
    const axes: never[] = [];
    const head = (epochs: number | null, slots: string[]) =>
      rowFacts({ metric: 'loss', split: null, epochs, slots }, axes);
    expect(sameFacts(head(3, ['local/cpu/0']), head(3, ['local/cpu/0']))).toBe(true);
    expect(sameFacts(head(3, ['local/cpu/0']), head(4, ['local/cpu/0']))).toBe(false);
    expect(sameFacts(head(3, ['local/cpu/0']), head(3, ['local/cpu/0', 'local/cpu/1']))).toBe(
      false,
    );
  });
});
