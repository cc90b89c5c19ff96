/**
 * Kills workers and coordinators at random times: no trial is lost or counted twice. In full it
 * takes minutes of CPU time, because every kill is followed by the start of a real process.
 */
import { describe, expect, it } from 'vitest';
import { killCoordinator, killWorkers } from '../support/chaos.ts';
import { size } from '../support/effort.ts';

/** Every tenth kill of a worker is a stop for longer than its lease. */
const WORKERS = size(10, 60);
const COORDINATORS = size(1, 8);

describe('Kills at random instants', () => {
  it.each(['random', 'evolution'])(
    `the search %s loses and repeats nothing when workers are killed (kills: ${WORKERS})`,
    async (sampler) => {
      const report = await killWorkers(WORKERS, { seed: 11, sampler });
      expect(report.violations).toEqual([]);
      expect(report.kills).toBe(WORKERS);
      expect(report.lost).toBeGreaterThan(0);
      // The lease and a margin, plus the stall of this process.
      const { leaseMs, stallMs } = report;
      expect(report.slowestRequeueMs).toBeLessThanOrEqual(
        (leaseMs ?? 0) + 500 + 2 * (stallMs ?? 0),
      );
    },
  );

  it.each(['random', 'generational', 'evolution', 'guided-evolution', 'cma-es', 'grid'])(
    `the search %s loses and repeats nothing when its coordinator is killed (kills: ${COORDINATORS})`,
    async (sampler) => {
      const report = await killCoordinator(COORDINATORS, { seed: 12, sampler });
      expect(report.violations).toEqual([]);
      expect(report.kills).toBe(COORDINATORS);
    },
  );
});
