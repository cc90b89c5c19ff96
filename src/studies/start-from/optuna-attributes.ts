/**
 * Attributes of trials that another program wrote to a file of Optuna's: metrics among the user
 * attributes, and constraints among the system attributes.
 */
import { z } from 'zod';
import { foreignRows } from '../../storage/foreign-rows.ts';
import { parsePythonJson } from '../../storage/python-json.ts';
import { optunaConstraints } from './constraint-values.ts';
import type { EarlierTrial, OptunaConstraint } from './earlier-search.ts';

export type Attributes = Pick<EarlierTrial, 'metrics' | 'constraints'>;

const USER = 'trial_user_attributes';
const SYSTEM = 'trial_system_attributes';
const row = z.tuple([z.string(), z.int(), z.string(), z.string()]);

/** Returns the attributes of a study's trials by trial number. */
export function optunaAttributes(path: string, study: string): ReadonlyMap<number, Attributes> {
  const select = (table: string, id: string): string =>
    `SELECT study_name, number, key, value_json FROM ${table} JOIN trials USING (trial_id)
     JOIN studies USING (study_id) ORDER BY ${id}`;
  const rows = foreignRows(path, [USER, SYSTEM], {
    user: select(USER, 'trial_user_attribute_id'),
    system: select(SYSTEM, 'trial_system_attribute_id'),
  });
  const metrics = new Map<number, Record<string, unknown>>();
  for (const [number, key, value] of attributesOf(rows?.user ?? [], study))
    metrics.set(number, { ...metrics.get(number), [key]: value });
  const constraints = new Map<number, readonly OptunaConstraint[]>();
  for (const [number, key, value] of attributesOf(rows?.system ?? [], study)) {
    const found = optunaConstraints(key, value);
    if (found.length > 0) constraints.set(number, [...(constraints.get(number) ?? []), ...found]);
  }
  const numbers = new Set([...metrics.keys(), ...constraints.keys()]);
  return new Map(
    [...numbers].map((number): [number, Attributes] => {
      const [measured, stated] = [metrics.get(number), constraints.get(number)];
      return [
        number,
        {
          ...(measured === undefined ? {} : { metrics: measured }),
          ...(stated === undefined ? {} : { constraints: stated }),
        },
      ];
    }),
  );
}

/** Rows that cannot be read say nothing, as an attribute that is not there. */
function* attributesOf(
  rows: readonly (readonly unknown[])[],
  study: string,
): Generator<readonly [number: number, key: string, value: unknown]> {
  for (const each of rows) {
    const parsed = row.safeParse(each);
    if (!parsed.success || parsed.data[0] !== study) continue;
    const [, number, key, text] = parsed.data;
    try {
      yield [number, key, parsePythonJson(text)];
    } catch {
      continue;
    }
  }
}
