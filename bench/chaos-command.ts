/**
 * Kills programs of a study, workers and coordinators at random instants, a thousand times. Not
 * part of the default list, because it takes minutes. Linux only.
 */
import { loadavg } from 'node:os';
import { killCommands } from '../test/support/command-chaos.ts';
import type { BenchRow } from './row.ts';

const COMMANDS_AND_WORKERS = 800;
const COORDINATORS = 200;

export async function run(): Promise<BenchRow[]> {
  const before = loadavg()[0] ?? NaN;
  const { kills, trials, violations } = await killCommands(
    { commandsAndWorkers: COMMANDS_AND_WORKERS, coordinators: COORDINATORS },
    1,
  );
  const all = kills.command + kills.worker + kills.coordinator;
  return [
    {
      bench: 'chaos-command',
      case: 'programs, workers and coordinators killed',
      value: violations.length,
      unit: 'violations',
      peer: null,
      peerValue: null,
      ratio: null,
      goal: '0',
      held: violations.length === 0,
      note: `${all} kills: ${kills.command} of programs, ${kills.worker} of workers, ${kills.coordinator} of coordinators; ${trials} trials; load average ${before.toFixed(1)} before${violations.length === 0 ? '' : `; first: ${violations.slice(0, 3).join(', ')}`}`,
    },
  ];
}
