/**
 * Lets nodes, links, workers and the host of a shared lab fail a thousand times. Not part of the
 * default list, because it takes an hour.
 */
import { whyNoBed } from '../test/support/lab-bed.ts';
import { labChaos, quantile } from '../test/support/lab-chaos.ts';
import type { BenchRow } from './row.ts';

const FAULTS = 1000;
/** Longest fault: beyond the 120 s after which an away node counts as lost. */
const LONGEST_MS = 150_000;
const NODES = 5;
const SAMPLERS = ['generational', 'evolution'];
const RECOVERY_MS = 3000;

export async function run(): Promise<BenchRow[]> {
  if (whyNoBed !== null) throw new Error(`chaos-lab: ${whyNoBed}`);
  const rows: BenchRow[] = [];
  for (const [seed, sampler] of SAMPLERS.entries()) {
    const faults = FAULTS / SAMPLERS.length;
    const options = { faults, seed, sampler, nodes: NODES, longestMs: LONGEST_MS };
    const { faults: counts, trials, recoveries, violations } = await labChaos(options);
    const list = Object.entries(counts).map(([kind, count]) => `${count} ${kind}`);
    const shared = { bench: 'chaos-lab', peer: null, peerValue: null, ratio: null } as const;
    rows.push(
      {
        ...shared,
        case: `${sampler}, ${faults} faults`,
        value: violations.length,
        unit: 'violations',
        goal: '0',
        held: violations.length === 0,
        note: `${list.join(', ')}; ${trials} trials${violations.length === 0 ? '' : `; first: ${violations[0] ?? ''}`}`,
      },
      {
        ...shared,
        case: `${sampler}, from the fault until the trial runs again, p95`,
        value: quantile(recoveries, 0.95),
        unit: 'ms',
        goal: `≤ ${RECOVERY_MS}`,
        held: quantile(recoveries, 0.95) <= RECOVERY_MS,
        note: `${recoveries.length} trials, median ${Math.round(quantile(recoveries, 0.5))} ms`,
      },
    );
  }
  return rows;
}
