/**
 * Speed-up of 4 nodes over 1 on 64 evaluations of 500 ms each, beside the published one: the built
 * command in hosts of namespaces, through the door, the relay and CURVE, after a warm-up study.
 */
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { built } from '../test/support/built-command.ts';
import { whyNoBed } from '../test/support/lab-bed.ts';
import { LabHosts } from '../test/support/lab-hosts.ts';
import { evolution, random } from './paper/published.ts';
import type { BenchRow } from './row.ts';

const HOST = fileURLToPath(new URL('lab-host-process.ts', import.meta.url));
const PORT = 47_800;
const TRIALS = 64;
const NODES = 4;

const goals: Record<string, number | null> = { random: 3.95, evolution: 3.95, generational: null };

const said = z.union([
  z.object({ invitation: z.string() }),
  z.object({ sampler: z.string(), seconds: z.number(), lost: z.number() }),
]);
type Run = Extract<z.output<typeof said>, { sampler: string }>;

export async function run(): Promise<BenchRow[]> {
  if (whyNoBed !== null) throw new Error(`lab-speed-up: ${whyNoBed}`);
  await built();
  const one = await runs(1);
  const four = await runs(NODES);
  return Object.entries(goals).map(([sampler, goal]) => {
    const value = at(one, sampler).seconds / at(four, sampler).seconds;
    const { speedUp } = sampler === 'random' ? random : evolution;
    return {
      bench: 'lab-speed-up',
      case: `${sampler}, ${NODES} nodes against 1`,
      value,
      unit: '×',
      peer: 'published, 4 nodes',
      peerValue: speedUp,
      ratio: value / speedUp,
      goal: goal === null ? 'reported' : `≥ ${goal}`,
      held: goal === null ? null : value >= goal,
      note: `${at(one, sampler).seconds.toFixed(2)} s, ${at(four, sampler).seconds.toFixed(2)} s; ${at(four, sampler).lost} attempts lost`,
    };
  });
}

function at(runs: readonly Run[], sampler: string): Run {
  const found = runs.find((each) => each.sampler === sampler);
  if (found === undefined) throw new Error(`lab-speed-up: ${sampler} did not finish`);
  return found;
}

async function runs(nodes: number): Promise<readonly Run[]> {
  const lab = await LabHosts.make(nodes + 1);
  try {
    const found: Run[] = [];
    const numbers = [PORT, nodes, TRIALS].map(String);
    const args = ['--import', 'tsx', HOST, lab.folder.file('lab.db'), ...numbers];
    const host = lab.bed.start('h1', [process.execPath, ...args, ...Object.keys(goals)], {
      env: { GALAPAGOS_HOME: lab.home('h1') },
      line: (text) => {
        const line = said.parse(JSON.parse(text));
        if ('sampler' in line) found.push(line);
        else
          for (const name of lab.bed.hosts.slice(1))
            lab.galapagos(name, ['node', '--join', line.invitation, '--workers', '1', '--json']);
      },
    });
    const { code, stderr } = await host.ended;
    if (code !== 0) throw new Error(`lab-speed-up: the host ended with ${String(code)}: ${stderr}`);
    return found;
  } finally {
    await lab.close();
  }
}
