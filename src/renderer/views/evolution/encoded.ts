/** Formats encoded parameters. */
import { at } from '../../../core/at.ts';
import type { Axis } from '../../../core/search-space/axis.ts';
import { parameter } from '../../format.ts';
import { chartText } from '../../text-of-charts.ts';

/** @param encoded as in `core/search-space`; NaN when the parameter is not used */
export function parameterText(axis: Axis, encoded: number): string {
  if (Number.isNaN(encoded)) return chartText.evolution.notUsed;
  if (axis.distribution.type !== 'categorical') return parameter(encoded);
  return String(axis.distribution.choices[encoded] ?? chartText.evolution.table.none);
}

/**
 * Summarises the values of a parameter in a few trials: `275 to 512`, `32 ×5, 128 ×3`, `all adam`.
 */
export function rangeText(axis: Axis, values: readonly number[]): string {
  const used = values.filter((value) => !Number.isNaN(value));
  const words = chartText.evolution;
  if (used.length === 0) return words.notUsed;
  const different = [...new Set(used)].sort((a, b) => a - b);
  if (different.length === 1) return words.all({ choice: parameterText(axis, at(different, 0)) });
  const fewNumbers = axis.kind === 'ordinal' && different.length <= 3 && axis.cells <= 12;
  if (axis.kind === 'categorical' || fewNumbers) {
    return different
      .map((value) =>
        words.choice({
          choice: parameterText(axis, value),
          times: used.filter((other) => other === value).length,
        }),
      )
      .join(', ');
  }
  return words.range({
    low: parameterText(axis, at(different, 0)),
    high: parameterText(axis, at(different, different.length - 1)),
  });
}
