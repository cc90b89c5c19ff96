/**
 * Enqueues points in a study of a lab file, whether or not a program runs it: rows in state WAITING
 * as Optuna's `Study.enqueue_trial` writes them. The program that runs the study takes them within
 * seconds (`enqueued-elsewhere.ts`), and so does Optuna.
 */
import type { Params } from '../core/search-space/distribution.ts';
import { Columns } from './columns.ts';
import { Connection } from './connection.ts';
import { StorageError } from './errors.ts';
import { NEXT_NUMBER } from './optuna-rows.ts';
import { pythonJson } from './python-json.ts';
import { storageError } from './sqlite-failure.ts';

/**
 * Enqueues all points or none. Call it in a process that does not have the lab open.
 * @param uid of the study
 * @throws StorageError `study-gone`, or that the file cannot be written
 */
export function enqueue(
  file: string,
  uid: string,
  points: readonly Params[],
  { timeoutMs = 10_000 }: { readonly timeoutMs?: number } = {},
): void {
  const connection = Connection.open(file, timeoutMs);
  try {
    connection.transaction(() => {
      const id = connection.get('SELECT study_id FROM galapagos_study WHERE uid = ?', uid)?.[0];
      if (id === undefined)
        throw new StorageError('study-gone', file, `${file}: no study ${uid}`, {
          expected: 'a study of this lab',
          found: uid,
        });
      const study = new Columns(file).integer('galapagos_study.study_id', id);
      const insert = connection.prepare(
        `INSERT INTO trials (number, study_id, state)
         VALUES (${NEXT_NUMBER}, ?1, 'WAITING')`,
      );
      const describe = connection.prepare(
        "INSERT INTO trial_system_attributes (trial_id, key, value_json) VALUES (?, 'fixed_params', ?)",
      );
      for (const params of points) describe.run([insert.insert([study]), pythonJson(params)]);
    });
  } catch (error) {
    throw storageError(error, file, 'write the lab file');
  } finally {
    connection.close();
  }
}
