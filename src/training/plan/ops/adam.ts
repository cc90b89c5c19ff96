/**
 * adam: m ← β₁m + (1−β₁)g; s ← β₂s + ((1−β₂)g)g; w ← w − a₁·m/(√s·a₂ + ε), with g ← g + λw first
 * (Kingma & Ba 2015). adamw: w ← w·(1 − αλ) first, then the same without λ (Loshchilov & Hutter
 * 2019). a₁ = α/(1−β₁^{t+1}), a₂ = 1/√(1−β₂^{t+1}).
 */
import type { AdamSettings } from '../../objective/objective.ts';
import type { Graph } from '../graph.ts';
import type { HyperColumn } from '../plan.ts';
import { appendUpdate, type Update } from './update.ts';

/** @param rate how often the learning rate changes */
export function lowerAdam(
  graph: Graph,
  { type }: AdamSettings,
  rate: HyperColumn['varies'],
): Update {
  const hyper = [
    graph.column('stepSize', 'f32', 'step'),
    graph.column('correction', 'f32', 'step'),
    ...['beta1', 'rest1', 'beta2', 'rest2', 'epsilon'].map((name) => graph.column(name, 'f32')),
    type === 'adam' ? graph.column('weightDecay', 'f32') : graph.column('shrink', 'f32', rate),
  ];
  return {
    slots: ['first', 'second'],
    append: (whole) => {
      appendUpdate(whole, type, hyper);
    },
  };
}
