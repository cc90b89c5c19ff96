/** A study in Optuna's tables only, as Optuna or its dashboard writes it. */
import { foreignly } from './foreign-program.ts';

const ID = 7;

export interface ForeignTrial {
  readonly number: number;
  readonly state: 'COMPLETE' | 'PRUNED' | 'FAIL' | 'RUNNING' | 'WAITING';
  readonly value?: number;
  readonly x?: number;
  /** Index among `a`, `b`, `c`. */
  readonly c?: number;
}

export function writeForeignStudy(
  file: string,
  name: string,
  trials: readonly ForeignTrial[],
): void {
  foreignly(file, 'INSERT INTO studies (study_id, study_name) VALUES (?, ?)', ID, name);
  foreignly(
    file,
    "INSERT INTO study_directions (study_id, direction, objective) VALUES (?, 'MAXIMIZE', 0)",
    ID,
  );
  for (const trial of trials) addForeignTrial(file, trial);
}

export function addForeignTrial(file: string, { number, state, value, x, c }: ForeignTrial): void {
  const id = 1000 + number;
  const at = (second: number): string =>
    `2026-11-23 10:00:${String(second).padStart(2, '0')}.500000`;
  const ended = state === 'COMPLETE' || state === 'PRUNED' || state === 'FAIL';
  foreignly(
    file,
    'INSERT INTO trials (trial_id, number, study_id, state, datetime_start, datetime_complete) VALUES (?, ?, ?, ?, ?, ?)',
    ...[
      id,
      number,
      ID,
      state,
      state === 'WAITING' ? null : at(number),
      ended ? at(number + 1) : null,
    ],
  );
  if (value !== undefined)
    foreignly(
      file,
      "INSERT INTO trial_values (trial_id, objective, value, value_type) VALUES (?, 0, ?, 'FINITE')",
      id,
      value,
    );
  const param = (param: string, encoded: number, distribution: object): void => {
    foreignly(
      file,
      'INSERT INTO trial_params (trial_id, param_name, param_value, distribution_json) VALUES (?, ?, ?, ?)',
      ...[id, param, encoded, JSON.stringify(distribution)],
    );
  };
  if (x !== undefined)
    param('x', x, {
      name: 'FloatDistribution',
      attributes: { step: null, low: 0, high: 1, log: false },
    });
  if (c !== undefined)
    param('c', c, { name: 'CategoricalDistribution', attributes: { choices: ['a', 'b', 'c'] } });
}
