/**
 * sgd: g ← g + λw; v ← μv + g; w ← w − α·v (Nesterov: w − α(g + μv); without momentum: w − α·g).
 * Columns α, μ, λ.
 */
import type { SgdSettings } from '../../objective/objective.ts';
import type { Graph } from '../graph.ts';
import type { HyperColumn } from '../plan.ts';
import { appendUpdate, type Update } from './update.ts';

/** @param rate how often the learning rate changes */
export function lowerSgd(graph: Graph, settings: SgdSettings, rate: HyperColumn['varies']): Update {
  const hyper = [
    graph.column('learningRate', 'f32', rate),
    graph.column('momentum', 'f32'),
    graph.column('weightDecay', 'f32'),
  ];
  const slots = settings.momentum === undefined ? [] : ['momentum'];
  const attributes = { momentum: slots.length, nesterov: settings.nesterov === true ? 1 : 0 };
  return {
    slots,
    append: (whole) => {
      appendUpdate(whole, 'sgd', hyper, attributes);
    },
  };
}
