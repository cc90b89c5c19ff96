/**
 * Random faults of nodes, links, workers and the host. In full it takes three minutes, most of
 * which is waiting.
 */
import { describe, expect, it } from 'vitest';
import { built } from '../../support/built-command.ts';
import { size } from '../../support/effort.ts';
import { whyNoBed } from '../../support/lab-bed.ts';
import { labChaos } from '../../support/lab-chaos.ts';
import { skipIf } from '../../support/platform.ts';

describe('Shared lab: random faults', () => {
  it('ends every trial once, with the values of an undisturbed run', async (context) => {
    skipIf(whyNoBed, context);
    await built();
    const { faults, trials, violations } = await labChaos({
      faults: size(4, 60),
      seed: 3,
      sampler: 'generational',
      nodes: 3,
      longestMs: size(4000, 20_000),
      audit: 5,
    });
    expect(violations, JSON.stringify(faults)).toEqual([]);
    expect(trials).toBeGreaterThan(0);
  });
});
