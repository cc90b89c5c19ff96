/** Workers and coordinators killed at random instants: nothing lost, nothing twice. */
import { describe, expect, it } from 'vitest';
import { killCoordinator, killWorkers } from '../support/chaos.ts';
import { size } from '../support/effort.ts';

const WORKERS = size(15, 125);
const COORDINATORS = size(2, 13);

describe('Kills at random instants', () => {
  it.each(['random', 'evolution'])(
    `of ${WORKERS} workers of a %s search lose and repeat nothing`,
    async (sampler) => {
      const report = await killWorkers(WORKERS, { seed: 11, sampler });
      expect(report.violations).toEqual([]);
      expect(report.kills).toBe(WORKERS);
      expect(report.lost).toBeGreaterThan(0);
      // The lease of 2 s and a margin, beside which this process itself may have stood still.
      expect(report.slowestRequeueMs).toBeLessThanOrEqual(2_500 + 2 * (report.stallMs ?? 0));
    },
  );

  it.each(['random', 'generational', 'evolution', 'grid'])(
    `of ${COORDINATORS} coordinators of a %s search lose and repeat nothing`,
    async (sampler) => {
      const report = await killCoordinator(COORDINATORS, { seed: 12, sampler });
      expect(report.violations).toEqual([]);
      expect(report.kills).toBe(COORDINATORS);
    },
  );
});
