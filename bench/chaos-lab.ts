/**
 * Lets nodes, links, workers and the host of a shared lab fail a thousand times. Not part of the
 * default list, because it takes more than an hour.
 */
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { built } from '../test/support/built-command.ts';
import { whyNoBed } from '../test/support/lab-bed.ts';
import { labChaos, quantile } from '../test/support/lab-chaos.ts';
import type { LabChaosOptions, LabChaosReport, Recovery } from '../test/support/lab-chaos.ts';
import type { BenchRow } from './row.ts';

/** Variable with the minutes after which no further fault begins; absent: no limit. */
const MINUTES = 'GALAPAGOS_CHAOS_MINUTES';
/** Variable with a folder for the lab file and the output of all commands after violations. */
const KEEP = 'GALAPAGOS_CHAOS_KEEP';
/** Variable with the seed of the faults; absent: 0. */
const SEED = 'GALAPAGOS_CHAOS_SEED';
/** The generational sampler proposes four trials at once, and every node has to work. */
const NODES = 4;
/**
 * Samplers, the number of faults and the longest fault of each: for one beyond the 120 s after
 * which an away node is lost, which takes most of the time.
 */
const SAMPLERS = [
  { sampler: 'generational', faults: 700, longestMs: 15_000, audit: 5 },
  { sampler: 'evolution', faults: 300, longestMs: 150_000 },
] as const;
const RECOVERY_MS = 3000;

export async function run(): Promise<BenchRow[]> {
  if (whyNoBed !== null) throw new Error(`chaos-lab: ${whyNoBed}`);
  await built();
  const rows: BenchRow[] = [];
  const folder = process.env[KEEP];
  for (const [index, each] of SAMPLERS.entries()) {
    const seed = Number(process.env[SEED] ?? 0) + index;
    const minutes = Number(process.env[MINUTES] ?? Infinity) / SAMPLERS.length;
    const report = await labChaos({
      ...each,
      minutes,
      seed,
      nodes: NODES,
      recovered: tellSlow,
      tell: (text) => void process.stderr.write(`${text}\n`),
      ...(folder === undefined ? {} : { keep: join(folder, each.sampler) }),
    });
    const load = `load of the machine at the end ${loadavg()[2]?.toFixed(1) ?? '?'}`;
    const recoveries = report.recoveries.filter(({ sinceRestartMs }) => sinceRestartMs === null);
    const across = report.recoveries.filter(({ sinceRestartMs }) => sinceRestartMs !== null);
    rows.push(
      outcome(each, report, load),
      speed(`${each.sampler}, from the fault until the trial runs again, p95`, recoveries),
      acrossRestarts(each.sampler, across),
    );
    for (const violation of report.violations) process.stderr.write(`${violation}\n`);
    process.stderr.write(`${JSON.stringify(rows)}\n`);
  }
  return rows;
}

function tellSlow({ kind, ms, sinceRestartMs }: Recovery): void {
  if ((sinceRestartMs ?? ms) > RECOVERY_MS)
    process.stderr.write(
      `${Math.round(ms)} ms after ${kind}${sinceRestartMs === null ? '' : `, ${Math.round(sinceRestartMs)} ms after the host was back`}\n`,
    );
}

const SHARED = { bench: 'chaos-lab', peer: null, peerValue: null, ratio: null } as const;

function outcome(
  { sampler, faults, longestMs }: Omit<LabChaosOptions, 'nodes' | 'seed'>,
  { faults: counts, trials, violations }: LabChaosReport,
  load: string,
): BenchRow {
  const done = Object.values(counts).reduce((sum, count) => sum + count, 0);
  const list = Object.entries(counts).map(([kind, count]) => `${count} ${kind}`);
  return {
    ...SHARED,
    case: `${sampler}, ${done} of ${faults} faults of at most ${longestMs / 1000} s`,
    value: violations.length,
    unit: 'violations',
    goal: '0',
    held: violations.length === 0,
    note: [
      `${list.join(', ')}; ${trials} trials; ${load}`,
      ...(violations[0] === undefined ? [] : [`first: ${violations[0]}`]),
    ].join('; '),
  };
}

/** No slot is usable while the host is down, so that the time counts from when it is back. */
function acrossRestarts(sampler: string, recoveries: readonly Recovery[]): BenchRow {
  const from = recoveries.map(({ ms }) => ms).sort((a, b) => a - b);
  const row = speed(
    `${sampler}, host killed meanwhile: from when it is back until the trial runs again, p95`,
    recoveries.map((each) => ({ ...each, ms: each.sinceRestartMs ?? each.ms })),
  );
  const p95 = Math.round(quantile(from, 0.95));
  return from.length === 0
    ? row
    : { ...row, note: `${row.note ?? ''}; from the fault, p95 ${p95} ms` };
}

function speed(name: string, recoveries: readonly Recovery[]): BenchRow {
  const ms = recoveries.map((each) => each.ms).sort((a, b) => a - b);
  const slow = new Map<string, number>();
  for (const each of recoveries)
    if (each.ms > RECOVERY_MS) slow.set(each.kind, (slow.get(each.kind) ?? 0) + 1);
  const kinds = [...slow].map(([kind, count]) => `${count} ${kind}`).join(', ');
  const [median, longest] = [quantile(ms, 0.5), quantile(ms, 1)].map(Math.round);
  return {
    ...SHARED,
    case: name,
    value: quantile(ms, 0.95),
    unit: 'ms',
    goal: `≤ ${RECOVERY_MS}`,
    held: ms.length === 0 ? null : quantile(ms, 0.95) <= RECOVERY_MS,
    note:
      ms.length === 0
        ? 'no such trial'
        : `${ms.length} trials, median ${median} ms, longest ${longest} ms; over ${RECOVERY_MS} ms: ${kinds === '' ? 'none' : kinds}`,
  };
}
