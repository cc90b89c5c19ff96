/** The options of a table's import that is tried again, from the columns that were chosen. Pure; nothing is imported here. */
import type { CallInput } from '../../../protocol/endpoints.ts';

export type AgainOptions = CallInput<'beginImport'>['options'];

/** What a column of a table is predicted as. */
export type Predicted = 'class' | 'numbers';

/**
 * Names of columns as typed: one for a class, several separated by commas for numbers.
 * Columns without names are named by their numbers, from 1.
 */
export function typedColumns(predicted: Predicted, typed: string): readonly string[] {
  const names = predicted === 'class' ? [typed] : typed.split(',');
  return names.map((name) => name.trim()).filter((name) => name !== '');
}

/** @returns null where no column is named */
export function columnOptions(predicted: Predicted, columns: readonly string[]): AgainOptions | null {
  const [first] = columns;
  if (first === undefined) return null;
  return predicted === 'numbers' ? { targets: [...columns] } : { label: first };
}

/** Columns of a previewed table that could be predicted: without the last of a class, which is only called so. */
export function columnsToPredict({ columns, targets }: { columns: readonly string[]; targets: number }): readonly string[] {
  return targets > 0 ? columns : columns.slice(0, -1);
}
