/**
 * sgd: inputs every weight's gradient; outputs every weight; columns α, μ, λ.
 * g ← g + λw; v ← μv + g; w ← w − α·v (Nesterov: w − α(g + μv); without momentum: w − α·g).
 */
import type { SgdSettings } from '../../objective.ts';
import type { Graph } from '../graph.ts';

/** @returns names of the slots */
export function lowerSgd(graph: Graph, settings: SgdSettings, columns: readonly number[]): string[] {
  const slots = settings.momentum === undefined ? [] : ['momentum'];
  const pairs = [...graph.weightGradients].sort((a, b) => a[0] - b[0]);
  graph.op('sgd', 'optimizer', {
    inputs: pairs.map(([, gradient]) => gradient),
    outputs: pairs.map(([weight]) => weight),
    accumulate: pairs.map(() => false),
    attributes: { momentum: slots.length, nesterov: settings.nesterov === true ? 1 : 0 },
    hyper: columns,
  });
  return slots;
}
