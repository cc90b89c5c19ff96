/** Text of the Pareto front in Evolution. */
import { count, percent } from '../format.ts';
import { many } from './words.ts';

export const front = {
  title: 'Pareto front',
  across: 'Horizontal axis',
  up: 'Vertical axis',
  reading: 'Reading the front …',
  empty: 'No trial has a value for every objective yet.',
  none: 'No trial satisfies every constraint yet.',
  summary: ({ front, trials }: { front: number; trials: number }) =>
    `${many(front, 'trial')} on the front, of ${count(trials)} with values`,
  better: { minimize: 'smaller is better', maximize: 'larger is better' },
  axis: ({ metric, direction }: { metric: string; direction: string }) =>
    `${metric} (${direction})`,
  point: ({ trial, values, infeasible }: { trial: number; values: string; infeasible: boolean }) =>
    `Trial ${trial}: ${values}${infeasible ? '; violates a constraint' : ''}`,
  legend: { front: 'front', other: 'dominated', infeasible: 'violates a constraint' },
  hypervolume: 'Hypervolume',
  hypervolumeHint:
    'Share of the box between the best and the worst value of each objective that the front dominates, after each trial.',
  hypervolumeNow: ({ share }: { share: number }) => `Hypervolume ${percent(share)}`,
  noHypervolume: 'Hypervolume is computed for up to three objectives with different values.',
};
