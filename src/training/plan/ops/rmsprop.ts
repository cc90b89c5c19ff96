/**
 * rmsprop: g ← g + λw; s ← ρs + (1−ρ)g²; b ← μb + g/(√s + ε); w ← w − αb (Hinton's lecture 6e, as
 * in PyTorch).
 */
import type { RmspropSettings } from '../../objective/objective.ts';
import type { Graph } from '../graph.ts';
import type { HyperColumn } from '../plan.ts';
import { appendUpdate, type Update } from './update.ts';

/** @param rate how often the learning rate changes */
export function lowerRmsprop(
  graph: Graph,
  { momentum }: RmspropSettings,
  rate: HyperColumn['varies'],
): Update {
  const rest = ['alpha', 'rest', 'epsilon', 'momentum', 'weightDecay'].map((name) =>
    graph.column(name, 'f32'),
  );
  const hyper = [graph.column('learningRate', 'f32', rate), ...rest];
  const slots = momentum === undefined ? ['square'] : ['square', 'momentum'];
  return {
    slots,
    append: (whole) => {
      appendUpdate(whole, 'rmsprop', hyper, { momentum: slots.length - 1 });
    },
  };
}
