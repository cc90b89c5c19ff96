/**
 * Tests the checker of Optuna's rules: it must detect each of many single damages, otherwise it
 * proves nothing.
 */
import { copyFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openLab } from '../../src/storage/sqlite.ts';
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
} from '../support/lab-writes.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const folder = temporaryFolder();
const file = folder.file('lab.db');

beforeAll(() => {
  const lab = openLab(file, { create: true });
  lab.commit([[createStudy(), ...[0, 1, 2, 3, 4, 5].map((number) => propose(number))]]);
  lab.commit([
    [start(0)],
    [start(1)],
    [start(2)],
    [start(3)],
    [start(4)],
    succeed(0, 0),
    succeed(1, 1),
  ]);
  lab.commit([
    [
      endAttempt(2, 1, 'diverged'),
      endTrial(2, { finishSeq: 2, outcome: 'diverged', value: Infinity }),
    ],
  ]);
  lab.commit([
    [
      endAttempt(3, 1, 'crashed'),
      endTrial(3, { finishSeq: 3, state: 'failed', outcome: 'crashed', value: NaN }),
    ],
  ]);
  lab.close();
});
afterAll(() => folder.remove());

it('Lab rules: a lab written by this program satisfies every rule', () => {
  expect(checkLab(file, spec.name)).toEqual([]);
});

const trial = (number: number): string =>
  `trial_id = (SELECT trial_id FROM trials WHERE number = ${number})`;

it.each([
  [
    'a state in lower case',
    "UPDATE trials SET state = 'complete' WHERE number = 1",
    /state complete/,
  ],
  [
    'an end undone',
    "UPDATE trials SET state = 'RUNNING', datetime_complete = NULL WHERE number = 1",
    /both tables tell one state/,
  ],
  ['a number twice', 'UPDATE trials SET number = 1 WHERE number = 2', /trial 1 stands at place 2/],
  [
    'a row deleted',
    'DELETE FROM trials WHERE number = 4',
    /a trial that was started has its own row/,
  ],
  [
    'no start',
    'UPDATE trials SET datetime_start = NULL WHERE number = 1',
    /COMPLETE with start null/,
  ],
  [
    'a date as a number',
    'UPDATE trials SET datetime_start = 1700000000 WHERE number = 1',
    /date 1700000000/,
  ],
  [
    'a date with a zone',
    "UPDATE trials SET datetime_complete = '2026-01-01T00:00:00Z' WHERE number = 1",
    /date "2026-01-01T00:00:00Z"/,
  ],
  [
    'a date of tomorrow',
    "UPDATE trials SET datetime_complete = '2999-01-01 00:00:00.000000' WHERE number = 1",
    /lies ahead/,
  ],
  [
    'an end before its start',
    "UPDATE trials SET datetime_complete = '1999-01-01 00:00:00.000000' WHERE number = 1",
    /complete before start/,
  ],
  [
    'complete without a value',
    `DELETE FROM trial_values WHERE ${trial(1)}`,
    /COMPLETE with 0 values/,
  ],
  [
    'another value',
    `UPDATE trial_values SET value = 7 WHERE ${trial(1)}`,
    /both tables tell one value/,
  ],
  [
    'an infinity as a number',
    `UPDATE trial_values SET value = 9e999 WHERE ${trial(2)}`,
    /value Infinity/,
  ],
  [
    'a finite value of a wrong type',
    `UPDATE trial_values SET value_type = 'INF_NEG' WHERE ${trial(1)}`,
    /of type INF_NEG/,
  ],
  // prettier-ignore
  ['a failed trial with a value', `INSERT INTO trial_values (trial_id, objective, value, value_type) SELECT trial_id, 0, 1, 'FINITE' FROM trials WHERE number = 3`, /FAIL with 1 values/],
  [
    'a parameter outside its range',
    `UPDATE trial_params SET param_value = 600 WHERE param_name = 'units' AND ${trial(1)}`,
    /600 is outside/,
  ],
  [
    'a parameter off its step',
    `UPDATE trial_params SET param_value = 17 WHERE param_name = 'units' AND ${trial(1)}`,
    /17 is outside/,
  ],
  [
    'an index beyond the choices',
    `UPDATE trial_params SET param_value = 5 WHERE param_name = 'activation' AND ${trial(1)}`,
    /5 is outside/,
  ],
  [
    'a parameter missing',
    `DELETE FROM trial_params WHERE param_name = 'units' AND ${trial(1)}`,
    /parameters: /,
  ],
  // prettier-ignore
  ['an unknown key in a distribution', `UPDATE trial_params SET distribution_json = replace(distribution_json, '"low"', '"lowest"') WHERE ${trial(1)}`, /distribution \{/],
  // prettier-ignore
  ['other choices later', `UPDATE trial_params SET distribution_json = replace(distribution_json, 'relu', 'elu') WHERE param_name = 'activation' AND ${trial(4)}`, /after/],
  [
    'an attribute that is not JSON',
    `UPDATE trial_user_attributes SET value_json = 'nan' WHERE key = 'galapagos:trial' AND ${trial(1)}`,
    /attribute/,
  ],
  [
    "a trial's uid lost",
    `DELETE FROM trial_user_attributes WHERE key = 'galapagos:uid' AND ${trial(1)}`,
    /its own row/,
  ],
  [
    "the study's uid lost",
    "DELETE FROM study_user_attributes WHERE key = 'galapagos:uid'",
    /the study's uid/,
  ],
  ['a direction not set', "UPDATE study_directions SET direction = 'NOT_SET'", /directions/],
  ['a view', 'CREATE VIEW v AS SELECT * FROM trials', /view v/],
  ['a trigger', 'CREATE TRIGGER t AFTER DELETE ON trial_values BEGIN SELECT 1; END', /trigger t/],
  ['a table of nobody', 'CREATE TABLE mine (x)', /table mine/],
  ['an index dropped', 'DROP INDEX ix_trials_study_id', /CREATE INDEX ix_trials_study_id/],
  ['another revision', "UPDATE alembic_version SET version_num = 'v3.0.0.d'", /alembic_version/],
  [
    'a gap in the order of completion',
    'UPDATE galapagos_trial SET finish_seq = 9 WHERE number = 3',
    /completion numbers/,
  ],
  [
    'a running trial without an attempt',
    'DELETE FROM galapagos_attempt WHERE number = 4',
    /one open attempt/,
  ],
  ['a number missing', 'DELETE FROM galapagos_trial WHERE number = 4', /numbers are dense/],
  [
    'an attempt of a trial that never started',
    `INSERT INTO galapagos_attempt (study, number, k, slot, spawn, session, cohort, sent_at, outcome)
     SELECT study, 5, k, slot, spawn, session, cohort, sent_at, 'lost' FROM galapagos_attempt WHERE number = 1`,
    /an attempt belongs to a trial/,
  ],
  // prettier-ignore
  ['parameters of a deleted trial', 'INSERT INTO trial_params (trial_id, param_name) VALUES (999, \'x\')', /dangling foreign key in trial_params/],
])('Lab rules: detects %s', (_, sql, says) => {
  const damaged = folder.file('damaged.db');
  copyFileSync(file, damaged);
  foreignly(damaged, sql);
  expect(checkLab(damaged, spec.name).join('\n')).toMatch(says);
});

it('Lab rules: detects a missing study', () => {
  expect(checkLab(file, UID)).toEqual([`0 studies named ${UID}`]);
});
