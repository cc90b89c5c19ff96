/**
 * Speed-up of 4 workers over 1 on 64 evaluations of 500 ms each, beside the published 3.65
 * (evolution, 4 nodes).
 */
import { runLab } from './lab-run.ts';
import { evolution, random } from './paper/published.ts';
import type { BenchRow } from './row.ts';

const goals: Record<string, number | null> = { random: 3.95, evolution: 3.95, generational: null };

export async function run(): Promise<BenchRow[]> {
  const rows: BenchRow[] = [];
  for (const [sampler, goal] of Object.entries(goals)) {
    const one = await runLab({ sampler, trials: 64, workers: 1, durationMs: 500 });
    const four = await runLab({ sampler, trials: 64, workers: 4, durationMs: 500 });
    const value = one.seconds / four.seconds;
    const published = sampler === 'random' ? random : evolution;
    rows.push({
      bench: 'speedup',
      case: `${sampler}, 4 workers against 1`,
      value,
      unit: '×',
      peer: 'published, 4 nodes',
      peerValue: published.speedUp,
      ratio: value / published.speedUp,
      goal: goal === null ? 'reported' : `≥ ${goal}`,
      held: goal === null ? null : value >= goal,
    });
  }
  return rows;
}
