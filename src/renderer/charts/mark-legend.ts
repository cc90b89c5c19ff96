/**
 * Legend entries for the marks of trials, shapes by operator and glyphs by state, restricted to
 * those that occur in the study.
 */
import type { StudyHead } from '../../protocol/window/study-stream.ts';
import type { Population } from '../state/population.ts';
import { chartText } from '../text-of-charts.ts';
import { operatorWord } from '../words/origin-words.ts';
import { lineEntry } from './figure.ts';
import type { LegendEntry } from './figure.ts';
import { divergedMark, failedMark, hollowMark, mark, prunedMark, shapeOf } from './marks.ts';
import type { Shape } from './marks.ts';

const words = chartText.evolution;
const order: readonly Shape[] = ['circle', 'square', 'diamond', 'triangle'];
/** Number of operators of the last shape up to which the legend names them instead of `other`. */
const MOST_NAMED = 2;

/** Shapes of the operators with their labels, in the order of the legend. */
export function namedShapes(
  operators: readonly string[],
): readonly { readonly shape: Shape; readonly label: string }[] {
  return order.flatMap((shape) => {
    const its = operators.filter((operator) => shapeOf(operator) === shape);
    if (its.length === 0) return [];
    const isNamed =
      (shape === 'triangle' && its.length <= MOST_NAMED) ||
      its.every((operator) => operator === 'copy');
    return { shape, label: isNamed ? its.map(operatorWord).join(', ') : words.shapes[shape] };
  });
}

export function shapeEntries(head: Pick<StudyHead, 'operators'>): readonly LegendEntry[] {
  return namedShapes(head.operators).map(({ shape, label }) => ({
    label,
    draw: (pen, x, y, palette) => mark(pen, shape, x, y, 10, palette.text2, palette.canvas),
  }));
}

export function stateEntries(
  head: Pick<StudyHead, 'counts'>,
  population: Pick<Population, 'guessed'>,
): readonly LegendEntry[] {
  const entries: LegendEntry[] = [];
  if (population.guessed > 0)
    entries.push({
      label: words.atChance,
      draw: (pen, x, y, palette) =>
        hollowMark(pen, 'circle', x, y, 9, palette.text3, palette.canvas),
    });
  if (head.counts.pruned > 0)
    entries.push({
      label: words.pruned,
      draw: (pen, x, y, palette) => prunedMark(pen, x, y, palette.pruned),
    });
  if (head.counts.failed > 0)
    entries.push({
      label: words.failed,
      draw: (pen, x, y, palette) => failedMark(pen, x, y, palette.failed),
    });
  if (head.counts.diverged > 0)
    entries.push({
      label: words.diverged,
      draw: (pen, x, y, palette) => divergedMark(pen, x, y, palette.diverged),
    });
  return entries;
}

/**
 * Legend entry of the selected trial, which says so when it is the best; empty when no trial is
 * selected.
 */
export function selectedEntry(
  { table, best }: Pick<Population, 'table' | 'best'>,
  selected: number | null,
): readonly LegendEntry[] {
  if (selected === null || !table.has(selected)) return [];
  const label = selected === best ? chartText.figure.bestTrial : chartText.figure.selectedTrial;
  return [lineEntry(label, ({ accent }) => accent, 2)];
}
