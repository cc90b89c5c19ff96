/**
 * Tests name, note and deletion of a study in Optuna's tables, and what remains of a removed study.
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Write } from '../../src/core/scheduling/index.ts';
import { readLab } from '../../src/storage/read-lab.ts';
import { openLab } from '../../src/storage/sqlite.ts';
import { foreignly } from '../support/foreign-program.ts';
import { UID, createStudy, propose, spec, start, succeed } from '../support/lab-writes.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import type { TemporaryFolder } from '../support/temporary-folder.ts';

const python = process.env['GALAPAGOS_PEER_PYTHON'] ?? '';
const NOTE = 'second line follows\n“é” 🐢 and "quotes"';

let folder: TemporaryFolder;
let file: string;
beforeEach(() => {
  folder = temporaryFolder();
  file = folder.file('lab.db');
});
afterEach(() => folder.remove());

function commit(...steps: Write[][]): void {
  const lab = openLab(file, { create: true });
  lab.commit(steps);
  lab.close();
}

/** A study with one complete trial, one that runs and one that waits. */
function makeLab(uid = UID, name = spec.name): void {
  commit(
    [createStudy(uid, { ...spec, name })],
    [propose(0, uid), propose(1, uid), propose(2, uid)],
    [start(0, 1, uid), start(1, 1, uid)],
  );
  if (uid === UID) commit(succeed(0, 0, 0.5));
}

const described = (change: Partial<Extract<Write, { op: 'description' }>>): Write => {
  return { op: 'description', uid: UID, name: spec.name, note: '', deleted: false, ...change };
};

function read(name: string): unknown {
  const reader = readLab(file);
  const study = reader.study(name);
  reader.close();
  return study;
}

/** The number of rows of each table. */
function rowCounts(): Record<string, unknown> {
  const tables = foreignly(
    file,
    "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name",
  ).map(([name]) => String(name));
  return Object.fromEntries(
    tables.map((table) => [table, foreignly(file, `SELECT count(*) FROM ${table}`)[0]?.[0]]),
  );
}

describe('Storage: names and notes', () => {
  it('gives readers the name, the note and the deletion, by name and by uid', () => {
    makeLab();
    commit([described({ name: 'renamed', note: NOTE, deleted: true })]);
    expect(read('renamed')).toMatchObject({
      uid: UID,
      name: 'renamed',
      note: NOTE,
      deleted: true,
      spec: { ...spec, name: 'renamed' },
    });
    expect(read(UID)).toEqual(read('renamed'));
    expect(read(spec.name)).toBeNull();
  });

  it('changes nothing but the name in the stored study', () => {
    makeLab();
    const stored = (): unknown =>
      JSON.parse(String(foreignly(file, 'SELECT spec FROM galapagos_study')[0]?.[0]));
    const before = stored();
    commit([described({ name: 'renamed "x"' })]);
    expect(stored()).toEqual({ ...(before as object), name: 'renamed "x"' });
  });

  it('reads a file of an earlier version, and attributes of another type, as no note and not deleted', () => {
    makeLab();
    expect(read(UID)).toMatchObject({ note: '', deleted: false });
    foreignly(
      file,
      `INSERT INTO study_user_attributes (study_id, key, value_json)
      VALUES (1, 'galapagos:note', '{"a": 1}'), (1, 'galapagos:deleted', '"no"')`,
    );
    expect(read(UID)).toMatchObject({ note: '', deleted: false });
  });

  it('writes the name, the note and the deletion where Optuna reads them', async ({ skip }) => {
    skip(python === '', 'GALAPAGOS_PEER_PYTHON names no Python with optuna');
    makeLab();
    commit([described({ name: 'renamed', note: NOTE, deleted: true })]);
    const program = `
import json, optuna, sys
study = optuna.load_study(study_name="renamed", storage="sqlite:///" + sys.argv[1])
names = [s.study_name for s in optuna.get_all_study_summaries("sqlite:///" + sys.argv[1])]
print(json.dumps({"names": names, "note": study.user_attrs["galapagos:note"], "deleted": study.user_attrs["galapagos:deleted"],
  "trials": len(study.trials), "best": study.best_value}))`;
    const { stdout } = await promisify(execFile)(python, ['-c', program, file]);
    expect(JSON.parse(stdout)).toEqual({
      names: ['renamed'],
      note: NOTE,
      deleted: true,
      trials: 2,
      best: 0.5,
    });
  });
});

describe('Storage: removed studies', () => {
  it('leaves no row of a removed study in any table, what other programs added included', () => {
    makeLab('second', 'second');
    const alone = rowCounts();
    makeLab();
    for (const sql of [
      "INSERT INTO study_user_attributes (study_id, key, value_json) VALUES (2, 'theirs', '1')",
      "INSERT INTO trials (number, study_id, state) VALUES (9, 2, 'WAITING')",
      `INSERT INTO trial_params (trial_id, param_name, param_value, distribution_json)
       SELECT trial_id, 'theirs', 0.5, '{}' FROM trials WHERE number = 9`,
      `INSERT INTO trial_intermediate_values (trial_id, step, intermediate_value, intermediate_value_type)
       SELECT trial_id, 0, 0.5, 'FINITE' FROM trials WHERE study_id = 2`,
    ]) {
      foreignly(file, sql);
    }
    commit(
      [{ op: 'studyState', uid: UID, state: 'paused', reason: null }],
      [described({ deleted: true })],
      [{ op: 'trialsRemoved', uid: UID, from: 1 }],
      [
        { op: 'trialsRemoved', uid: UID, from: 0 },
        { op: 'studyRemoved', uid: UID },
      ],
    );
    expect(rowCounts()).toEqual(alone);
    expect(read('second')).toMatchObject({ uid: 'second', counts: { waiting: 1, running: 2 } });
  });
});
