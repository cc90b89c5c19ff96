/**
 * Kills workers and coordinators at random times: no trial is lost or counted twice. In full it
 * takes minutes of CPU time, because every kill is followed by the start of a real process.
 */
import { describe, expect, it } from 'vitest';
import { killCommands } from '../support/command-chaos.ts';
import { killCoordinator, killWorkers } from '../support/chaos.ts';
import { size } from '../support/effort.ts';
import { noProc, skipIf } from '../support/platform.ts';

/** Every tenth kill of a worker is a stop for longer than its lease. */
const WORKERS = size(10, 60);
const COORDINATORS = size(1, 8);
/** Of programs and workers, and of coordinators, of a study whose objective is a program. */
const OF_COMMANDS = size(8, 160);
const COMMAND_COORDINATORS = size(1, 40);

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

  it(`a study of programs leaves no process and no file, and loses no finished trial (kills: ${OF_COMMANDS + COMMAND_COORDINATORS})`, async (context) => {
    skipIf(noProc, context);
    const { kills, violations } = await killCommands(
      { commandsAndWorkers: OF_COMMANDS, coordinators: COMMAND_COORDINATORS },
      13,
    );
    expect(violations).toEqual([]);
    expect(kills.command + kills.worker).toBe(OF_COMMANDS);
    expect(kills.coordinator).toBe(COMMAND_COORDINATORS);
  });
});
