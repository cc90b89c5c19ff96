/**
 * Tests a study of another program in a window: it is listed and shown like any other, and never
 * changed.
 */
import { afterAll, afterEach, expect, it } from 'vitest';
import { openLab } from '../../src/storage/sqlite.ts';
import { addForeignTrial, writeForeignStudy } from '../support/foreign-study.ts';
import { foreignly } from '../support/foreign-program.ts';
import { Applications, sphere } from '../support/open-application.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const folder = temporaryFolder();
const applications = new Applications(folder);
afterEach(() => applications.close());
afterAll(() => folder.remove());

const KEY = 'theirs';

/** A closed lab file that contains their study. */
function labWithTheirs(name: string): string {
  const file = folder.file(name);
  openLab(file, { create: true }).close();
  writeForeignStudy(file, KEY, [
    { number: 0, state: 'COMPLETE', value: 0.5, x: 0.25, c: 2 },
    { number: 1, state: 'FAIL', x: 0.5, c: 0 },
    { number: 2, state: 'COMPLETE', value: 0.75, x: 0.75, c: 2 },
    { number: 3, state: 'PRUNED', x: 1, c: 0 },
    { number: 4, state: 'COMPLETE', value: 0.625, x: 0.125 },
    { number: 5, state: 'WAITING' },
  ]);
  return file;
}

function theirs(file: string): unknown[] {
  return [
    'studies',
    'study_directions',
    'study_user_attributes',
    'trials',
    'trial_params',
    'trial_values',
    'trial_user_attributes',
  ].map((table) => foreignly(file, `SELECT * FROM ${table}`));
}

it('Studies of other programs: are listed and show their trials with parameters, best trial and staircase', async () => {
  labWithTheirs('shown.db');
  const { window } = await applications.open('shown.db');
  const lab = window.lab();
  await window.until(() => (lab.body.studies?.length ?? 0) > 0);
  const row = {
    uid: null,
    key: KEY,
    name: KEY,
    state: null,
    direction: 'maximize',
    confirms: null,
  };
  expect(lab.body.studies).toMatchObject([
    {
      ...row,
      counts: { waiting: 1, running: 0, complete: 3, pruned: 1, failed: 1 },
      best: { trial: 2, value: 0.75 },
    },
  ]);
  const client = window.study(KEY);
  await window.until(() => client.head !== null && client.rows.size === 6);
  expect(client.head).toMatchObject({
    ...row,
    searched: null,
    trains: false,
    parameters: ['x', 'c'],
    timeLeft: { unknown: 'foreign' },
    trials: 6,
  });
  expect(client.head?.staircase).toMatchObject({ trials: [0, 2], values: [0.5, 0.75] });
  const rows = [...client.rows.values()].sort((a, b) => a.number - b.number);
  expect(rows.map(({ value }) => value)).toEqual([0.5, NaN, 0.75, NaN, 0.625, NaN]);
  expect(rows.map(({ params: [x] }) => x)).toEqual([0.25, 0.5, 0.75, 1, 0.125, NaN]);
  // Choices are distinguished, whatever code they have.
  const codes = rows.map(({ params: [, c] }) => c);
  expect([codes[0] === codes[2], codes[1] === codes[3], codes[0] === codes[1]]).toEqual([
    true,
    true,
    false,
  ]);
  expect([codes[4], codes[5]]).toEqual([NaN, NaN]);
  expect(window.failures).toEqual([]);
});

it('Studies of other programs: are read-only: changes and restarts are refused, and the rows stay unchanged', async () => {
  const file = labWithTheirs('kept.db');
  const before = theirs(file);
  const { window, call } = await applications.open('kept.db');
  const client = window.study(KEY);
  await window.until(() => client.rows.size === 6);
  for (const command of ['pauseStudy', 'resumeStudy', 'stopStudy'])
    await expect(call(command, { study: KEY })).rejects.toMatchObject({ code: 'unknown-study' });
  await expect(call('addTrials', { study: KEY, trials: 1 })).rejects.toMatchObject({
    code: 'unknown-study',
  });
  await expect(call('cancelTrial', { study: KEY, trial: 5 })).rejects.toMatchObject({
    code: 'unknown-study',
  });
  await expect(call('studyFile', { study: KEY })).rejects.toMatchObject({ code: 'foreign-study' });
  await expect(call('importance', { study: KEY })).rejects.toMatchObject({ code: 'foreign-study' });
  expect(await call('trial', { study: KEY, trial: 2 })).toMatchObject({
    trial: { params: { x: 0.75, c: 'c' } },
  });
  await applications.close();
  expect(theirs(file)).toEqual(before);
});

it('Studies of other programs: keep their name: a new study of the same name gets another', async () => {
  labWithTheirs('names.db');
  const { window, call } = await applications.open('names.db');
  const { study: uid } = (await call('startStudy', {
    study: { ...sphere(2), name: KEY },
    workers: null,
  })) as { study: string };
  const client = window.study(uid);
  await window.until(() => client.head?.state === 'finished');
  expect(client.head?.name).toBe(`${KEY}-2`);
});

it('Studies of other programs: are read again: trials added by the other program appear', async () => {
  const file = labWithTheirs('grows.db');
  const { window } = await applications.open('grows.db');
  const client = window.study(KEY);
  await window.until(() => client.rows.size === 6);
  addForeignTrial(file, { number: 6, state: 'COMPLETE', value: 0.875, x: 0.5 });
  await window.until(() => client.rows.size === 7 && client.head?.best?.trial === 6);
  expect(client.head?.counts.complete).toBe(4);
  expect(client.head?.staircase.values).toEqual([0.5, 0.75, 0.875]);
});
