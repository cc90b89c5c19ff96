/** Options for importing a table again with the chosen columns. Pure; imports nothing. */
import type { CallInput } from '../../protocol/endpoints.ts';

export type AgainOptions = CallInput<'beginImport'>['options'];

/** Kind of prediction: classification, or regression of numbers. */
export type Predicted = 'class' | 'numbers';

/**
 * Names of columns as typed: one for a class, several separated by commas for numbers. Columns
 * without names are named by their numbers, from 1.
 */
export function typedColumns(predicted: Predicted, typed: string): readonly string[] {
  const names = predicted === 'class' ? [typed] : typed.split(',');
  return names.map((name) => name.trim()).filter((name) => name !== '');
}

/**
 * @param dropped columns that earlier imports of the table excluded; the chosen ones are included
 * again
 * @returns null when no column is named
 */
export function columnOptions(
  predicted: Predicted,
  columns: readonly string[],
  dropped: readonly string[] = [],
): AgainOptions | null {
  const [first] = columns;
  if (first === undefined) return null;
  const drop = dropped.filter((name) => !columns.includes(name));
  return predicted === 'numbers'
    ? { label: null, targets: [...columns], drop }
    : { label: first, targets: [], drop };
}
