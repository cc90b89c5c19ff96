/**
 * A dataset of 100 MB to 4 nodes at once, over links of 100 Mbit/s, through doors and CURVE, as a
 * share of each node's link; in network namespaces. From a host alone, four nodes would have a
 * quarter each.
 */
import { DatasetLab } from '../test/support/dataset-lab.ts';
import { whyNoRate } from '../test/support/lab-bed.ts';
import { built } from '../test/support/built-command.ts';
import type { BenchRow } from './row.ts';

const NODES = 4;
const BYTES = 100e6;
const MEGABITS = 100;
const GOAL = 0.6;
/** A share of the host's link for each node, if nodes did not send chunks to each other. */
const ALONE = 1 / NODES;

export async function run(): Promise<BenchRow[]> {
  const why = whyNoRate();
  if (why !== null) {
    process.stderr.write(`lab-datasets: skipped, ${why}\n`);
    return [];
  }
  await built();
  const lab = await DatasetLab.make(NODES, BYTES);
  try {
    for (const host of lab.hosts.bed.hosts) await lab.hosts.bed.rate(host, MEGABITS);
    await lab.start();
    await lab.done();
    const note = `the host sent ${lab.sent.length} chunks, the dataset has ${Math.ceil(BYTES / 2 ** 20)}`;
    return lab.nodes.flatMap(({ host, states }): BenchRow[] => {
      const row = (until: 'checking' | 'had', about: string): BenchRow => {
        const ms = states.findLast(({ state }) => state === until)?.ms ?? NaN;
        const share = (BYTES * 8) / 1e6 / (ms / 1000) / MEGABITS;
        return {
          bench: 'lab-datasets',
          case: `${host}: ${about}`,
          value: 100 * share,
          unit: '% of its link',
          peer: 'host alone, at most',
          peerValue: 100 * ALONE,
          ratio: share / ALONE,
          goal: `≥ ${100 * GOAL}`,
          held: share >= GOAL,
          note: `${(ms / 1000).toFixed(1)} s; ${note}`,
        };
      };
      return [row('checking', 'until all chunks are verified'), row('had', 'until it is stored')];
    });
  } finally {
    await lab.close();
  }
}
