/**
 * Tests other programs that open the same file: they add trials and rename, copy and delete
 * studies. Our studies keep their identity.
 */
import { afterEach, beforeEach, expect, it } from 'vitest';
import { StorageError } from '../../src/storage/errors.ts';
import { readLab } from '../../src/storage/read-lab.ts';
import { openLab } from '../../src/storage/sqlite.ts';
import type { LabStorage } from '../../src/storage/storage.ts';
import { checkLab } from '../support/check-lab.ts';
import { foreignly } from '../support/foreign-program.ts';
import {
  UID,
  createStudy,
  endAttempt,
  endTrial,
  propose,
  spec,
  start,
  succeed,
  trialsOf,
} from '../support/lab-writes.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import type { TemporaryFolder } from '../support/temporary-folder.ts';

const OTHER = '6b1f2c1e-0d7a-4d1e-9f55-3a1d2f9c0b12';

let folder: TemporaryFolder;
let file: string;
let lab: LabStorage;
beforeEach(() => {
  folder = temporaryFolder();
  file = folder.file('lab.db');
  lab = openLab(file, { create: true });
  lab.commit([[createStudy(), propose(0), propose(1), propose(2), propose(3)]]);
});
afterEach(() => {
  lab.close();
  folder.remove();
});

function failure(act: () => unknown): StorageError {
  try {
    act();
  } catch (error) {
    if (error instanceof StorageError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

/** Optuna's number and state of each row, with our number where the trial is ours. */
function rows(study = spec.name): unknown[] {
  return foreignly(
    file,
    `SELECT t.number, t.state, o.number FROM trials t JOIN studies s USING (study_id) LEFT JOIN galapagos_trial o ON o.trial_id = t.trial_id
     WHERE study_name = ? ORDER BY t.trial_id`,
    study,
  );
}

/** Does what `study.ask` does. */
function ask(studyId = 1): void {
  foreignly(
    file,
    `INSERT INTO trials (number, study_id, state, datetime_start)
     VALUES ((SELECT count(*) FROM trials WHERE study_id = ?1), ?1, 'RUNNING', '2026-11-23 10:00:00.000000')`,
    studyId,
  );
}

/**
 * Renames as the dashboard does: a copy under new ids, then the old study is deleted. Study system
 * attributes are lost.
 */
function rename(name: string): void {
  foreignly(file, 'INSERT INTO studies (study_id, study_name) VALUES (50, ?)', name);
  const copies = [
    'INSERT INTO study_directions (study_id, direction, objective) SELECT 50, direction, objective FROM study_directions WHERE study_id = 1',
    'INSERT INTO study_user_attributes (study_id, key, value_json) SELECT 50, key, value_json FROM study_user_attributes WHERE study_id = 1',
    // prettier-ignore
    'INSERT INTO trials (trial_id, number, study_id, state, datetime_start, datetime_complete) SELECT trial_id + 700, number, 50, state, datetime_start, datetime_complete FROM trials WHERE study_id = 1',
    'INSERT INTO trial_user_attributes (trial_id, key, value_json) SELECT trial_id + 700, key, value_json FROM trial_user_attributes',
    // prettier-ignore
    'INSERT INTO trial_params (trial_id, param_name, param_value, distribution_json) SELECT trial_id + 700, param_name, param_value, distribution_json FROM trial_params',
    'INSERT INTO trial_values (trial_id, objective, value, value_type) SELECT trial_id + 700, objective, value, value_type FROM trial_values',
  ];
  for (const sql of copies) foreignly(file, sql);
  remove();
}

/** Does what `delete_study` does, which ignores our tables. */
function remove(studyId = 1): void {
  const mine = `trial_id IN (SELECT trial_id FROM trials WHERE study_id = ${studyId})`;
  for (const table of ['trial_values', 'trial_params', 'trial_user_attributes'])
    foreignly(file, `DELETE FROM ${table} WHERE ${mine}`);
  for (const table of ['trials', 'study_directions', 'study_user_attributes', 'studies'])
    foreignly(file, `DELETE FROM ${table} WHERE study_id = ${studyId}`);
}

it('Lab file and Optuna: inserts rows in number order, so starting a trial inserts every smaller one, RUNNING', () => {
  lab.commit([[start(2)]]);
  // prettier-ignore
  expect(rows()).toEqual([[0, 'RUNNING', 0], [1, 'RUNNING', 1], [2, 'RUNNING', 2]]);
  lab.commit([[start(0)], [start(3)], [propose(4)], [start(4)]]);
  expect(rows()).toHaveLength(5);
  expect(checkLab(file, spec.name)).toEqual([]);
});

it('Lab file and Optuna: inserts rows in number order after a restart, whether or not a trial had one before', () => {
  lab.commit([[start(1)], succeed(1, 0)]);
  lab.close();
  lab = openLab(file, { create: false });
  lab.commit([[start(3)]]);
  // prettier-ignore
  expect(rows()).toEqual([[0, 'RUNNING', 0], [1, 'COMPLETE', 1], [2, 'RUNNING', 2], [3, 'RUNNING', 3]]);
  lab.commit([
    [createStudy(OTHER, { ...spec, name: 'no row yet' }), propose(0, OTHER), propose(1, OTHER)],
  ]);
  lab.close();
  lab = openLab(file, { create: false });
  lab.commit([[start(1, 1, OTHER)]]);
  expect(rows('no row yet')).toEqual([[0, 'RUNNING', 0], [1, 'RUNNING', 1]]); // prettier-ignore
  expect(checkLab(file, spec.name)).toEqual([]);
});

it('Lab file and Optuna: inserts another row for a trial that a copy of its study lacks', () => {
  lab.commit([[start(0)], [start(1)], [start(2)]]);
  lab.close();
  rename('copied');
  for (const table of ['trial_params', 'trial_user_attributes', 'trials'])
    foreignly(file, `DELETE FROM ${table} WHERE trial_id = 702`);
  lab = openLab(file, { create: false });
  lab.commit([[start(1, 2)]]);
  // prettier-ignore
  expect(rows('copied')).toEqual([[0, 'RUNNING', 0], [2, 'RUNNING', 2], [expect.any(Number), 'RUNNING', 1]]);
});

it('Lab file and Optuna: inserts the row of a trial that was cancelled before it started, with those below it', () => {
  lab.commit([
    [
      endTrial(1, {
        finishSeq: 0,
        state: 'failed',
        outcome: 'cancelled',
        value: NaN,
        attemptNumber: 0,
      }),
    ],
  ]);
  expect(rows()).toEqual([[0, 'RUNNING', 0], [1, 'FAIL', 1]]); // prettier-ignore
  lab.commit([[start(0)], [start(2)]]);
  expect(checkLab(file, spec.name)).toEqual([]);
});

it('Lab file and Optuna: leaves a lost trial RUNNING, because Optuna would hand out a WAITING one', () => {
  lab.commit([[start(0)]]);
  lab.commit([
    [
      endAttempt(0, 1, 'lost'),
      {
        op: 'trialBack',
        uid: UID,
        number: 0,
        crashes: 0,
        deaths: 0,
        memoryFailures: 0,
        laneCap: 0,
      },
    ],
  ]);
  expect(rows()).toEqual([[0, 'RUNNING', 0]]);
});

it('Lab file and Optuna: keeps its rows when another program asks in between, so only the numbers differ', () => {
  lab.commit([[start(0)], [start(1)]]);
  ask();
  lab.commit([succeed(1, 0), [start(3)], succeed(3, 1)]);
  expect(rows()).toEqual([
    [0, 'RUNNING', 0],
    [1, 'COMPLETE', 1],
    [2, 'RUNNING', null],
    [3, 'RUNNING', 2],
    [4, 'COMPLETE', 3],
  ]);
  lab = openLab(file, { create: false, takeOver: true });
  expect(trialsOf(lab.lab).map(({ state }) => state)).toEqual([
    'running',
    'complete',
    'waiting',
    'complete',
  ]);
  expect(checkLab(file, spec.name)).toEqual([]);
});

it('Lab file and Optuna: finds a renamed study by its uid and continues in its new rows', () => {
  lab.commit([[start(0)], succeed(0, 0), [start(1)]]);
  lab.close();
  rename('a better name');
  const reader = readLab(file);
  expect(reader.study(UID)).toMatchObject({
    name: 'a better name',
    counts: { complete: 1, running: 1, waiting: 2 },
  });
  expect(reader.studies()).toHaveLength(1);
  reader.close();
  lab = openLab(file, { create: false });
  expect(lab.lab.studies).toMatchObject([{ uid: UID, spec: { name: 'a better name' } }]);
  lab.commit([succeed(1, 1), [start(2)], succeed(2, 2)]);
  // prettier-ignore
  expect(rows('a better name')).toEqual([[0, 'COMPLETE', 0], [1, 'COMPLETE', 1], [2, 'COMPLETE', 2]]);
  expect(checkLab(file, 'a better name')).toEqual([]);
});

it('Lab file and Optuna: removes the rest of a deleted study although its ids are reused at once', () => {
  lab.commit([[start(0)], succeed(0, 0)]);
  lab.close();
  remove();
  foreignly(file, "INSERT INTO studies (study_id, study_name) VALUES (1, 'theirs')");
  foreignly(
    file,
    "INSERT INTO study_directions (study_id, direction, objective) VALUES (1, 'MINIMIZE', 0)",
  );
  ask();
  expect(readLab(file).studies()).toMatchObject([{ uid: null, name: 'theirs' }]);
  lab = openLab(file, { create: false });
  expect(lab.lab.studies).toEqual([]);
  for (const table of ['galapagos_study', 'galapagos_trial', 'galapagos_attempt'])
    expect(foreignly(file, `SELECT count(*) FROM ${table}`)).toEqual([[0]]);
  expect(rows('theirs')).toEqual([[0, 'RUNNING', null]]);
});

it('Lab file and Optuna: stops when its study is deleted while it runs, and touches no other study with the same ids', () => {
  lab.commit([[start(0)]]);
  remove();
  foreignly(file, "INSERT INTO studies (study_id, study_name) VALUES (1, 'theirs')");
  ask();
  expect(failure(() => lab.commit([succeed(0, 0)]))).toMatchObject({
    code: 'study-gone',
    temporary: false,
  });
  expect(foreignly(file, 'SELECT number, state FROM trials')).toEqual([[0, 'RUNNING']]);
});

it('Lab file and Optuna: chooses the original of two copies', () => {
  lab.commit([[start(0)]]);
  lab.close();
  foreignly(file, "INSERT INTO studies (study_id, study_name) VALUES (0, 'copy')");
  foreignly(
    file,
    "INSERT INTO study_directions (study_id, direction, objective) VALUES (0, 'MINIMIZE', 0)",
  );
  foreignly(
    file,
    'INSERT INTO study_user_attributes (study_id, key, value_json) SELECT 0, key, value_json FROM study_user_attributes',
  );
  expect(readLab(file).study(spec.name)?.uid).toBe(UID);
  expect(readLab(file).study('copy')?.uid).toBeNull();
  lab = openLab(file, { create: false });
  expect(lab.lab.studies).toMatchObject([{ spec: { name: spec.name } }]);
});

it.each([
  [
    "UPDATE trials SET state = 'RUNNING' WHERE number = 0",
    'COMPLETE is undone',
    /trial 0 .* complete for us, but RUNNING/,
  ],
  [
    'DELETE FROM trials WHERE number = 0',
    'a row is deleted',
    /trial 0 .* complete for us, but no such row/,
  ],
])('Lab file and Optuna: refuses a file in which %s (%s)', (sql, _, says) => {
  lab.commit([[start(0)], succeed(0, 0)]);
  lab.close();
  foreignly(file, sql);
  const before = foreignly(file, 'SELECT epoch FROM galapagos_lab');
  const error = failure(() => openLab(file, { create: false }));
  expect(error.code).toBe('damaged');
  expect(error.message).toMatch(says);
  expect(foreignly(file, 'SELECT epoch FROM galapagos_lab')).toEqual(before);
});
