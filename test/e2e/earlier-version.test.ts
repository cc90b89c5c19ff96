/**
 * Study files and a lab file written by an earlier version: they are read, resumed and replayed
 * with the same results. That version named a sampler `evolution-seed`; its process was killed in
 * the middle of each study. The expected trials are those that it produced itself.
 */
import { copyFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Database from 'libsql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { built, command } from '../support/built-command.ts';
import { slow } from '../support/effort.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const studies = [
  ['sphere-evolution', 'evolution.json'],
  ['sphere-generations', 'generations.json'],
  ['mnist-generations', 'mnist.json'],
] as const;

/** Number, stored parameters (a choice is its index) and score of every trial of each study. */
const trialsSchema = z.record(
  z.string(),
  z.array(z.tuple([z.number(), z.record(z.string(), z.number()), z.number()])),
);

const folder = temporaryFolder();
beforeAll(built);
afterAll(() => folder.remove());

function fixture(name: string): string {
  return fileURLToPath(new URL(`fixtures/earlier-version/${name}`, import.meta.url));
}

const expected = trialsSchema.parse(JSON.parse(readFileSync(fixture('trials.json'), 'utf8')));

function trialsOf(lab: string, study: string): unknown {
  const db = new Database(lab, { readonly: true });
  try {
    const trials = db
      .prepare(
        `SELECT t.trial_id AS id, t.number AS number, v.value AS value
         FROM trials t JOIN studies s USING (study_id) JOIN trial_values v USING (trial_id)
         WHERE s.study_name = ? AND t.state = 'COMPLETE' ORDER BY t.number`,
      )
      .all([study]) as { id: number; number: number; value: number }[];
    const params = db.prepare(
      'SELECT param_name, param_value FROM trial_params WHERE trial_id = ?',
    );
    return trials.map(({ id, number, value }) => [
      number,
      Object.fromEntries(params.raw(true).all([id]) as [string, number][]),
      value,
    ]);
  } finally {
    db.close();
  }
}

async function run(study: string, lab: string, ...flags: string[]): Promise<void> {
  const ended = await command(
    ['run', study, '--workers', '1', '--lab', lab, '--json', ...flags],
    folder.path,
  );
  expect(ended.stderr).toBe('');
  expect(ended.code).toBe(0);
}

describe('Files of an earlier version', () => {
  it('resumes every killed study of a lab file with the trials that the earlier version found', async () => {
    const lab = join(folder.path, 'resumed.db');
    const db = new Database(lab);
    db.exec(readFileSync(fixture('lab.sql'), 'utf8'));
    db.close();
    for (const [study] of studies) {
      await run(study, lab, '--resume');
      expect(trialsOf(lab, study)).toEqual(expected[study]);
    }
  });

  // Resuming trains as well, so `npm test` replays only the studies that train nothing.
  const replayed = studies.filter(([name]) => slow || name !== 'mnist-generations');
  it.each(replayed)('replays the study file of %s with the same trials', async (study, file) => {
    const lab = join(folder.path, `${study}.db`);
    copyFileSync(fixture(file), join(folder.path, file));
    await run(`./${file}`, lab);
    expect(trialsOf(lab, study)).toEqual(expected[study]);
  });
});
