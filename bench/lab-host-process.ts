/**
 * Host of a benchmark, in a host of a bed: shares a lab without workers of its own, runs studies
 * until all nodes take part, then one study of each sampler, and prints JSON lines.
 *
 * usage: lab-host-process.ts FILE PORT NODES TRIALS SAMPLER…
 */
import { BenchLab } from './bench-lab.ts';

const [file = '', port = '', nodes = '', trials = '', ...samplers] = process.argv.slice(2);
const lab = await BenchLab.share(file, Number(nodes), Number(port));
const say = (line: unknown): void => void process.stdout.write(`${JSON.stringify(line)}\n`);
say({ invitation: await lab.invite() });

const study = (name: string, sampler: string) =>
  ({
    name,
    objective: { kind: 'synthetic', function: 'sphere', durationMs: 500 },
    direction: 'minimize',
    searchSpace: {
      x: { type: 'float', low: 0, high: 1 },
      y: { type: 'float', low: 0, high: 1 },
    },
    sampler: { name: sampler },
    seed: 1,
  }) as const;
const limits = (count: number) => ({ trials: count, activeMs: null, target: null });

for (let warmUp = 1; !lab.isReady; warmUp += 1)
  await lab.run(study(`warm-up ${warmUp}`, 'random'), limits(2 * Number(nodes)));
for (const sampler of samplers) {
  const { seconds, lost } = await lab.run(study(sampler, sampler), limits(Number(trials)));
  say({ sampler, seconds, lost });
}
await lab.close();
