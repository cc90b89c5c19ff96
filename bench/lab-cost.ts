/**
 * Costs of nodes. Over loopback: messages of a trial through a node (`lab-relay.ts`), and the time
 * from pairing to the first task (`lab-pairing.ts`). With the built command in hosts of namespaces:
 * processor time and traffic of a joined node while no study runs, the time from a node's start to
 * its first finished trial, and the trials a second of one worker, on a node and on the host
 * itself.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { built } from '../test/support/built-command.ts';
import { whyNoBed } from '../test/support/lab-bed.ts';
import { EventCommand, LabCommands } from '../test/support/lab-commands.ts';
import { at } from '../src/core/at.ts';
import { pairingToTask } from './lab-pairing.ts';
import { relayCost } from './lab-relay.ts';
import type { BenchRow } from './row.ts';

const IDLE_S = 30;
/** Time for connections to settle. */
const SETTLE_MS = 3000;
/** Linux counts processor time in hundredths of a second. */
const TICKS_PER_S = 100;
const TRIALS = 5000;

export async function run(): Promise<BenchRow[]> {
  if (whyNoBed !== null) throw new Error(`lab-cost: ${whyNoBed}`);
  await built();
  return [
    ...(await relayCost()),
    await pairingToTask(),
    ...(await idle()),
    await start(),
    await throughput(),
  ];
}

async function idle(): Promise<BenchRow[]> {
  return inLab(async (lab) => {
    const args = ['serve', '--port', '0', '--share', '--lab-port', '47800', '--workers', '0'];
    const host = new EventCommand((line) =>
      lab.galapagos('h1', [...args, '--lab', lab.file, '--json'], line),
    );
    await host.until(({ event }) => event === 'shared');
    await lab.startNode('h2', await lab.invite()).until(({ event }) => event === 'connected');
    await wait(SETTLE_MS);
    const before = await used(lab);
    await wait(IDLE_S * 1000);
    const after = await used(lab);
    const cores = (100 * (after.ticks - before.ticks)) / TICKS_PER_S / IDLE_S;
    const traffic = (after.bytes - before.bytes) / 1000 / IDLE_S;
    return [
      row('node without a study, processor', cores, '% of a core', '≤ 1', cores <= 1),
      row('node without a study, both directions', traffic, 'kB/s', '≤ 5', traffic <= 5),
    ];
  });
}

/** Returns the processor time of the processes of `h2`, and the bytes on its link. */
async function used(lab: LabCommands): Promise<{ ticks: number; bytes: number }> {
  const script =
    'for p in $(ip netns pids h2); do cut -d")" -f2 /proc/$p/stat; done; echo; ' +
    'cat /sys/class/net/eth0/statistics/rx_bytes /sys/class/net/eth0/statistics/tx_bytes';
  const [stats = '', bytes = ''] = (await lab.bed.run('h2', ['sh', '-c', script])).split('\n\n');
  const ticks = stats
    .split('\n')
    .map((line) => line.trim().split(' '))
    .map((fields) => Number(fields[11]) + Number(fields[12]));
  return { ticks: sum(ticks), bytes: sum(bytes.split('\n').map(Number)) };
}

/** Measures a node that has joined before. */
async function start(): Promise<BenchRow> {
  return inLab(async (lab) => {
    const host = await lab.startHost({ trials: 1000, durationMs: 100 }, 0);
    const first = lab.startNode('h2', await lab.invite());
    await first.until(({ event }) => event === 'connected');
    await first.process.signal('SIGTERM');
    await first.process.ended;
    const from = host.events.length;
    const started = performance.now();
    lab.startNode('h2');
    await host.until(({ event }) => event === 'trialEnded', from);
    const seconds = (performance.now() - started) / 1000;
    const name = 'start of a node to its first finished trial (100 ms)';
    return row(name, seconds, 's', '≤ 5', seconds <= 5);
  });
}

async function throughput(): Promise<BenchRow> {
  const study = { trials: TRIALS, durationMs: 0 };
  const perSecond = async (lab: LabCommands, workers: number): Promise<number> => {
    const host = await lab.startHost(study, workers);
    if (workers === 0) lab.startNode('h2', await lab.invite());
    await host.until(({ event }) => event === 'finished');
    const ends = host.events.filter(({ event }) => event === 'trialEnded');
    const times = [at(ends, 0), at(ends, ends.length - 1)].map((each) => Date.parse(each.at));
    return (1000 * ends.length) / (at(times, 1) - at(times, 0));
  };
  const own = await inLab((lab) => perSecond(lab, 1));
  const node = await inLab((lab) => perSecond(lab, 0));
  return {
    ...row('trials a second of one worker on a node', node, '/s', 'reported', null),
    peer: 'on the host',
    peerValue: own,
    ratio: node / own,
  };
}

async function inLab<T>(work: (lab: LabCommands) => Promise<T>): Promise<T> {
  const lab = await LabCommands.make(2);
  try {
    return await work(lab);
  } finally {
    await lab.close();
  }
}

function row(
  name: string,
  value: number,
  unit: string,
  goal: string,
  held: boolean | null,
): BenchRow {
  const shared = { bench: 'lab-cost', peer: null, peerValue: null, ratio: null };
  return { ...shared, case: name, value, unit, goal, held };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + (Number.isFinite(value) ? value : 0), 0);
}
