/**
 * Lets nodes, links, workers and the host of a shared lab fail a thousand times. Not part of the
 * default list, because it takes an hour.
 */
import { built } from '../test/support/built-command.ts';
import { whyNoBed } from '../test/support/lab-bed.ts';
import { labChaos, quantile } from '../test/support/lab-chaos.ts';
import type { BenchRow } from './row.ts';

const FAULTS = 1000;
/** Variable with the minutes after which no further fault begins; absent: no limit. */
const MINUTES = 'GALAPAGOS_CHAOS_MINUTES';
/** The generational sampler proposes four trials at once, and every node has to work. */
const NODES = 4;
/** Samplers, and the longest fault of each: beyond the 120 s after which an away node is lost. */
const SAMPLERS = [
  ['generational', 15_000],
  ['evolution', 150_000],
] as const;
const RECOVERY_MS = 3000;

export async function run(): Promise<BenchRow[]> {
  if (whyNoBed !== null) throw new Error(`chaos-lab: ${whyNoBed}`);
  await built();
  const rows: BenchRow[] = [];
  for (const [seed, [sampler, longestMs]] of SAMPLERS.entries()) {
    const faults = FAULTS / SAMPLERS.length;
    const minutes = Number(process.env[MINUTES] ?? Infinity) / SAMPLERS.length;
    const options = { faults, minutes, seed, sampler, nodes: NODES, longestMs };
    const report = await labChaos(options);
    const { faults: counts, trials, recoveries, restarted, violations } = report;
    const done = Object.values(counts).reduce((sum, count) => sum + count, 0);
    const list = Object.entries(counts).map(([kind, count]) => `${count} ${kind}`);
    const shared = { bench: 'chaos-lab', peer: null, peerValue: null, ratio: null } as const;
    rows.push(
      {
        ...shared,
        case: `${sampler}, ${done} of ${faults} faults of at most ${longestMs / 1000} s`,
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
        note: `${recoveries.length} trials, median ${Math.round(quantile(recoveries, 0.5))} ms; ${acrossRestarts(restarted)}`,
      },
    );
  }
  return rows;
}

function acrossRestarts(sorted: readonly number[]): string {
  const p95 = sorted.length === 0 ? '' : `, p95 ${Math.round(quantile(sorted, 0.95))} ms`;
  return `${sorted.length} more while the host was started again${p95}, not counted`;
}
