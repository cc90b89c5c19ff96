/** Workers and coordinators killed at random instants: nothing lost, nothing twice. */
import { describe, expect, it } from 'vitest';
import { killCoordinator, killWorkers } from '../support/chaos.ts';

describe('kills at random instants', () => {
  it.each(['random', 'evolution'])('of 125 workers of a %s search lose and repeat nothing', { timeout: 180_000 }, async (sampler) => {
    const report = await killWorkers(125, { seed: 11, sampler });
    expect(report.violations).toEqual([]);
    expect(report.kills).toBe(125);
    expect(report.lost).toBeGreaterThan(0);
    expect(report.slowestRequeueMs).toBeLessThanOrEqual(2_500);
  });

  it.each(['random', 'evolution-seed', 'evolution', 'grid'])(
    'of 13 coordinators of a %s search lose and repeat nothing',
    { timeout: 240_000 },
    async (sampler) => {
      const report = await killCoordinator(13, { seed: 12, sampler });
      expect(report.violations).toEqual([]);
      expect(report.kills).toBe(13);
    },
  );
});
