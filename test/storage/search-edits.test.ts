/**
 * Tests edits of a search in the lab file: the study after them, and the rows that Optuna reads.
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Write } from '../../src/core/scheduling/index.ts';
import type { StudySpec } from '../../src/core/study/study-spec.ts';
import { checkLab as checkOwnRows } from '../../src/storage/check-lab.ts';
import { requestEdit, takeAnswer, withdrawEdit } from '../../src/storage/edit-requests.ts';
import { readLab } from '../../src/storage/read-lab.ts';
import { openLab } from '../../src/storage/sqlite.ts';
import type { LabStorage } from '../../src/storage/storage.ts';
import { checkLab } from '../support/check-lab.ts';
import { foreignly } from '../support/foreign-program.ts';
import { UID, createStudy, plainSpec, propose, start, succeed } from '../support/lab-writes.ts';
import { skipIf } from '../support/platform.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import type { TemporaryFolder } from '../support/temporary-folder.ts';

const python = process.env['GALAPAGOS_PEER_PYTHON'] ?? '';

/** Units from 128 on, in a wider range, and a learning rate that is fixed. */
const edited: StudySpec = {
  ...plainSpec,
  searchSpace: { ...plainSpec.searchSpace, units: { type: 'int', low: 128, high: 1024, step: 16 } },
  only: { learningRate: [0.25] },
  sampler: { name: 'tpe' },
  edits: [
    {
      ...{ first: 2, date: 1_700_000_000_000, told: 0 },
      before: { searchSpace: plainSpec.searchSpace, sampler: plainSpec.sampler },
    },
  ],
};

let folder: TemporaryFolder;
let file: string;
let lab: LabStorage;
beforeEach(() => {
  folder = temporaryFolder();
  file = folder.file('lab.db');
  lab = openLab(file, { create: true });
});
afterEach(() => {
  lab.close();
  folder.remove();
});

const edit = (request?: number): Write => ({
  ...{ op: 'searchEdited', uid: UID, spec: edited },
  ...(request === undefined ? {} : { request }),
});

/** Trial 0 ran before the edit, trial 1 waited, trial 2 was proposed after it. */
function commitTrials(): void {
  lab.commit([
    [createStudy(UID, plainSpec)],
    [propose(0, UID, Float64Array.of(0.5, 32, 1, 0.3))],
    [start(0)],
    [propose(1, UID, Float64Array.of(0.5, 64, 2, 0.3))],
    [edit()],
    [propose(2, UID, Float64Array.of(0.25, 960, 1, 0.2))],
    [start(2)],
    succeed(0, 0, 0.5),
    succeed(2, 1, 0.25),
  ]);
}

describe('Lab file: edits of a search', () => {
  it('gives back the study as edited, with the search before', () => {
    commitTrials();
    lab.close();
    lab = openLab(file, { create: false });
    expect(lab.lab.studies[0]?.spec).toEqual(edited);
    const reader = readLab(file);
    expect(reader.study(UID)?.spec).toEqual(edited);
    reader.close();
    const [[attribute]] = foreignly(
      file,
      "SELECT value_json FROM study_user_attributes WHERE key = 'galapagos:study'",
    ) as [[string]];
    expect(JSON.parse(attribute)).toMatchObject({ sampler: { name: 'tpe' } });
  });

  it('writes each trial with the distributions that it was drawn from, also where it starts later', () => {
    commitTrials();
    const highest = foreignly(
      file,
      `SELECT json_extract(distribution_json, '$.attributes.high') FROM trial_params JOIN trials USING (trial_id)
       WHERE param_name = 'units' ORDER BY number`,
    ).flat();
    expect(highest).toEqual([512, 512, 1024]);
  });

  it('passes the checks of the file', () => {
    commitTrials();
    lab.close();
    expect(checkLab(file, plainSpec.name)).toEqual([]);
    expect(checkOwnRows(file)).toEqual([]);
  });

  it('is read by Optuna, which suggests within the last ranges', async (context) => {
    skipIf(python === '' ? 'GALAPAGOS_PEER_PYTHON names no Python with optuna' : null, context);
    commitTrials();
    lab.close();
    const script = `
import json, sys, optuna
optuna.logging.set_verbosity(optuna.logging.ERROR)
study = optuna.load_study(study_name=sys.argv[2], storage='sqlite:///' + sys.argv[1])
highs = [t.distributions['units'].high for t in study.trials]
trial = study.ask()
trial.suggest_float('learningRate', 1e-5, 1, log=True)
units = trial.suggest_int('units', 128, 1024, step=16)
print(json.dumps([highs, units]))
`;
    const { stdout } = await promisify(execFile)(python, ['-c', script, file, plainSpec.name]);
    const [highs, units] = JSON.parse(stdout) as [number[], number];
    expect(highs).toEqual([512, 512, 1024]);
    expect(units).toBeGreaterThanOrEqual(128);
  });
});

describe('Lab file: requests to edit a search', () => {
  beforeEach(() => lab.commit([[createStudy(UID, plainSpec)]]));

  it('are found once by the program that has the lab open, in order', () => {
    expect(lab.editRequests()).toEqual([]);
    const change = { only: { learningRate: [0.25] } };
    const row = requestEdit(file, UID, change);
    const second = requestEdit(file, 'nobody', { sampler: { name: 'tpe' } });
    expect(lab.editRequests()).toEqual([
      { row, study: UID, change },
      { row: second, study: 'nobody', change: { sampler: { name: 'tpe' } } },
    ]);
    expect(lab.editRequests()).toEqual([]);
  });

  it('are answered in the transaction of the edit', () => {
    const row = requestEdit(file, UID, {});
    expect(takeAnswer(file, row)).toBeNull();
    lab.commit([[edit(row)]]);
    expect(takeAnswer(file, row)).toEqual({ accepted: true });
    expect(takeAnswer(file, row)).toBeNull();
  });

  it('are answered with the problems of an edit that is refused', () => {
    const row = requestEdit(file, UID, {});
    const problems = [{ code: 'no-change', path: '', expected: 'a change', found: 'none' }];
    lab.refuseEdit(row, problems);
    expect(takeAnswer(file, row)).toEqual({ accepted: false, problems });
  });

  it('are gone once withdrawn, and cannot be withdrawn once answered', () => {
    const [first, second] = [requestEdit(file, UID, {}), requestEdit(file, UID, {})];
    expect(withdrawEdit(file, first)).toBe(true);
    expect(lab.editRequests().map(({ row }) => row)).toEqual([second]);
    lab.commit([[edit(second)]]);
    expect(withdrawEdit(file, second)).toBe(false);
  });

  it('wait for the next program that opens the lab', () => {
    const row = requestEdit(file, UID, {});
    lab.close();
    lab = openLab(file, { create: false });
    expect(lab.editRequests().map((request) => request.row)).toEqual([row]);
  });
});
