/**
 * Reads the parents of a trial: one or two numbers in JSON, parsed by hand; anything else is parsed
 * by the schema.
 */
import { parents as parentsSchema } from '../protocol/lab-file.ts';
import type { Columns } from './columns.ts';

const USUAL = /^\[(\d{1,15})(?:, ?(\d{1,15}))?\]$/;

export function parentsOf(columns: Columns, found: unknown): readonly number[] {
  if (found === null) return [];
  const [, first, second] = typeof found === 'string' ? (USUAL.exec(found) ?? []) : [];
  if (first === undefined) return columns.json('galapagos_trial.parents', parentsSchema, found);
  return second === undefined ? [Number(first)] : [Number(first), Number(second)];
}
