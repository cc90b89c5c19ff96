/**
 * Changes that another program, such as Optuna or its dashboard, makes to a lab file while it is
 * open.
 */
import Database from 'libsql';
import type { EndedState } from '../../src/core/scheduling/index.ts';

const STATES = { complete: 'COMPLETE', pruned: 'PRUNED', failed: 'FAIL' } as const;

/** Runs SQL with `?` parameters on a connection of its own. */
export function foreignly(
  file: string,
  sql: string,
  ...parameters: (string | number | null)[]
): unknown[][] {
  const db = new Database(file, { timeout: 5_000 });
  try {
    db.exec('PRAGMA foreign_keys=OFF');
    const statement = db.prepare(sql);
    if (statement.reader) return statement.raw(true).all(parameters) as unknown[][];
    statement.run(parameters);
    return [];
  } finally {
    db.close();
  }
}

/** Calls `study.tell` for a trial of ours. */
export function endElsewhere(
  file: string,
  study: string,
  number: number,
  state: EndedState,
  value: number | null,
): void {
  const [row] = foreignly(
    file,
    `SELECT trial_id FROM trial_user_attributes WHERE key = 'galapagos:uid' AND value_json = ?`,
    JSON.stringify(`${study}/${number}`),
  );
  const trialId = Number(row?.[0]);
  foreignly(file, 'DELETE FROM trial_values WHERE trial_id = ?', trialId);
  if (value !== null) {
    foreignly(
      file,
      `INSERT INTO trial_values (trial_id, objective, value, value_type) VALUES (?, 0, ?, 'FINITE')`,
      trialId,
      value,
    );
  }
  foreignly(
    file,
    'UPDATE trials SET state = ?, datetime_complete = datetime_start WHERE trial_id = ?',
    STATES[state],
    trialId,
  );
}

/** Calls `study.enqueue_trial`. @returns the row of the trial */
export function enqueueElsewhere(file: string, study: string, params: unknown): number {
  const [row] = foreignly(file, 'SELECT study_id FROM galapagos_study WHERE uid = ?', study);
  const studyId = Number(row?.[0]);
  foreignly(
    file,
    `INSERT INTO trials (number, study_id, state) VALUES ((SELECT count(*) FROM trials WHERE study_id = ?1), ?1, 'WAITING')`,
    studyId,
  );
  const [inserted] = foreignly(file, 'SELECT max(trial_id) FROM trials');
  const trialId = Number(inserted?.[0]);
  foreignly(
    file,
    `INSERT INTO trial_system_attributes (trial_id, key, value_json) VALUES (?, 'fixed_params', ?)`,
    trialId,
    JSON.stringify(params),
  );
  return trialId;
}

/** Reason for which an enqueued trial ended as failed; null: it did not. */
export function refusedElsewhere(file: string, row: number): string | null {
  const [found] = foreignly(
    file,
    `SELECT value_json FROM trials JOIN trial_user_attributes USING (trial_id)
     WHERE trial_id = ? AND state = 'FAIL' AND key = 'galapagos:refused'`,
    row,
  );
  return found === undefined ? null : String(JSON.parse(String(found[0])));
}
