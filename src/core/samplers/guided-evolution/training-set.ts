/**
 * Trials that the model learns from: of many completions only the best and the latest, so that the
 * time of an ask does not grow with the study.
 */
import { defined } from '../../at.ts';
import type { HistoryView } from '../../study/history.ts';

/** Number of finite values from which on there is a model. */
export const FEWEST_VALUES = 3;

/**
 * Number of completions that the fit for `count` completions sees, count ≥ 3: 3, 4 … 20, 22 …; each
 * step is at least a tenth of what it reaches. A function of the count alone, so that a restart
 * makes the same fits.
 */
export function fitBasis(count: number): number {
  let basis = FEWEST_VALUES;
  for (;;) {
    let next = basis + 1;
    while (next - basis < Math.max(1, Math.floor(next * 0.1))) next += 1;
    if (next > count) return basis;
    basis = next;
  }
}

/** Value of the i-th completion as if it were minimised; ∞ if the trial failed or diverged. */
export function costOf(history: HistoryView, i: number): number {
  const value = history.value(history.completion(i));
  return history.direction === 'minimize' ? value : -value;
}

/**
 * Returns ordinals of completions in ascending order: all of the first `count`, or the best
 * `size / 2` (ties by completion) and the latest others.
 */
export function trainingSet(history: HistoryView, count: number, size: number): readonly number[] {
  if (count <= size) return Array.from({ length: count }, (_, i) => i);
  const chosen = new Set(bestCompletions(history, count, Math.floor(size / 2)));
  for (let i = count - 1; chosen.size < size; i--) chosen.add(i);
  return [...chosen].sort((a, b) => a - b);
}

/** The best `most` of the first `count` completions, by insertion into a sorted list. */
function bestCompletions(history: HistoryView, count: number, most: number): readonly number[] {
  const costs = new Float64Array(most).fill(Infinity);
  const ordinals = new Int32Array(most).fill(-1);
  let found = 0;
  for (let i = 0; i < count; i++) {
    const cost = costOf(history, i);
    if (found === most && cost >= defined(costs[most - 1])) continue;
    let place = Math.min(found, most - 1);
    for (; place > 0 && cost < defined(costs[place - 1]); place--) {
      costs[place] = defined(costs[place - 1]);
      ordinals[place] = defined(ordinals[place - 1]);
    }
    costs[place] = cost;
    ordinals[place] = i;
    found = Math.min(found + 1, most);
  }
  return [...ordinals];
}
