/** Values of a lab in memory as SQLite would keep them. */
import type { Figures } from '../core/study/objectives.ts';
import type { StepValue } from '../core/study/reports.ts';

/** Reports in ascending order of step; a later one replaces an earlier of the same step. */
export function withReports(
  before: readonly StepValue[],
  added: readonly StepValue[],
): readonly StepValue[] {
  if (added.length === 0) return before;
  const values = new Map(before.map(({ step, value }) => [step, value]));
  // SQLite keeps no negative zero.
  for (const { step, value } of added) values.set(step, value === 0 ? 0 : value);
  return [...values].map(([step, value]) => ({ step, value })).sort((a, b) => a.step - b.step);
}

export function withoutNegativeZero({ values, excesses }: Figures): Figures {
  const plain = (value: number): number => (value === 0 ? 0 : value);
  return { values: values.map(plain), excesses: excesses.map(plain) };
}
