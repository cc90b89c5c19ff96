/**
 * Kills workers and coordinators at random instants, a thousand times. Not part of the default
 * list, because it takes minutes.
 */
import { killCoordinator, killWorkers } from '../test/support/chaos.ts';
import type { ChaosReport } from '../test/support/chaos.ts';
import type { BenchRow } from './row.ts';

const WORKER_KILLS = 920;
const COORDINATOR_KILLS = 200;
/** A grid is finite, so it could end before the last kill of its workers. */
const endless = ['random', 'generational', 'evolution'];
const samplers = [...endless, 'grid'];

export async function run(): Promise<BenchRow[]> {
  const rows: BenchRow[] = [];
  for (const [seed, sampler] of endless.entries()) {
    const report = await killWorkers(Math.ceil(WORKER_KILLS / endless.length), { seed, sampler });
    rows.push(row(`workers killed or stopped, ${sampler}`, report));
  }
  for (const [seed, sampler] of samplers.entries()) {
    rows.push(
      row(
        `coordinator killed, ${sampler}`,
        await killCoordinator(COORDINATOR_KILLS / samplers.length, { seed, sampler }),
      ),
    );
  }
  return rows;
}

function row(
  name: string,
  { kills, trials, lost, slowestRequeueMs, violations }: ChaosReport,
): BenchRow {
  const requeue =
    slowestRequeueMs === null
      ? ''
      : `, ${lost} attempts lost and run again, requeued within ${Math.round(slowestRequeueMs)} ms`;
  return {
    bench: 'chaos',
    case: name,
    value: violations.length,
    unit: 'violations',
    peer: null,
    peerValue: null,
    ratio: null,
    goal: '0',
    held: violations.length === 0,
    note: `${kills} kills, ${trials} trials${requeue}${violations.length === 0 ? '' : `; first: ${violations[0] ?? ''}`}`,
  };
}
