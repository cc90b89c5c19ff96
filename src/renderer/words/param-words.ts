/** Formats parameters for the window. Pure. */
import type { Source } from '../../core/analysis/differences.ts';
import type { Axis } from '../../core/search-space/axis.ts';
import { parameter } from '../format.ts';
import { text } from '../text.ts';

/** @param encoded as in `core/search-space`; NaN when the parameter is not used */
export function encodedText({ distribution }: Axis, encoded: number): string {
  if (Number.isNaN(encoded)) return text.notUsed;
  if (distribution.type !== 'categorical') return parameter(encoded);
  const choice = distribution.choices[encoded];
  if (choice === undefined) return text.unknown;
  return typeof choice === 'number'
    ? parameter(choice)
    : choice === null
      ? text.none
      : String(choice);
}

/** @param parents their numbers, in the trial's order */
export function sourceText(from: Source, parents: readonly number[]): string {
  switch (from.kind) {
    case 'parent':
      return String(parents[from.place] ?? text.unknown);
    case 'both':
      return text.inspector.both;
    case 'mutated':
      return text.inspector.mutated;
    case 'drawn':
      return text.inspector.drawn;
    case 'notUsed':
    case 'founder':
      return '';
  }
}
