/** Tests that a lab file keeps the trials that a study started from, apart from the study's own. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { StudySpec } from '../../src/core/study/study-spec.ts';
import { checkLab } from '../../src/storage/check-lab.ts';
import { memoryLab } from '../../src/storage/memory.ts';
import { readLab } from '../../src/storage/read-lab.ts';
import { openLab } from '../../src/storage/sqlite.ts';
import { foreignly } from '../support/foreign-program.ts';
import { UID, createStudy, point, propose, spec } from '../support/lab-writes.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import type { TemporaryFolder } from '../support/temporary-folder.ts';

const history = [3, 5, 4].map((number) => ({ params: point(number), values: [number / 10] }));
const started: StudySpec = { ...spec, startedFrom: [{ name: 'old.db', trials: 3 }], history };
const child = {
  op: 'proposal',
  uid: UID,
  number: 1,
  params: point(1),
  origin: { operator: 'crossover', parents: [0], ancestors: [0, 2], generation: 1 },
  historyLength: 0,
} as const;
const writes = [[createStudy(UID, started)], [propose(0)], [child]];

let folder: TemporaryFolder;
let file: string;
beforeEach(() => {
  folder = temporaryFolder();
  file = folder.file('lab.db');
  const lab = openLab(file, { create: true });
  lab.commit(writes);
  lab.close();
});
afterEach(() => folder.remove());

describe('Lab file: trials that a study started from', () => {
  it('returns them with the study to the program that resumes it', () => {
    const lab = openLab(file, { create: false });
    expect(lab.lab.studies[0]?.spec).toEqual(started);
    lab.close();
    const memory = memoryLab();
    memory.commit(writes);
    expect(memoryLab(memory).lab.studies[0]?.spec).toEqual(started);
  });

  it('returns their violation of the constraints of the study as well', () => {
    const constrained: StudySpec = {
      ...started,
      objectives: [{ metric: 'value', direction: 'minimize' }],
      constraints: { weights: { 'at most': 100 } },
      history: history.map((trial, i) => ({ ...trial, violation: i / 4 })),
    };
    const other = folder.file('constrained.db');
    const lab = openLab(other, { create: true });
    lab.commit([[createStudy(UID, constrained)]]);
    lab.close();
    const again = openLab(other, { create: false });
    expect(again.lab.studies[0]?.spec).toEqual(constrained);
    again.close();
    const reader = readLab(other);
    expect(reader.history(UID)).toEqual(constrained.history);
    reader.close();
    expect([...checkLab(other)].flat()).toEqual([]);
  });

  it('counts none of them as a trial of the study, nor shows them to Optuna', () => {
    const reader = readLab(file);
    const [study] = reader.studies();
    expect(study).toMatchObject({ counts: { waiting: 2 }, best: null });
    expect(study?.spec).toEqual({ ...spec, startedFrom: started.startedFrom });
    expect([...reader.trials(UID)]).toHaveLength(2);
    expect(reader.history(UID)).toEqual(history);
    reader.close();
    expect(foreignly(file, 'SELECT count(*) FROM trials')).toEqual([[0]]);
  });

  it('keeps which of them are parents of a trial', () => {
    const reader = readLab(file);
    expect([0, 1].map((number) => reader.story(UID, number)?.trial.origin?.ancestors)).toEqual([
      undefined,
      [0, 2],
    ]);
    reader.close();
  });

  it('removes them with the study', () => {
    const lab = openLab(file, { create: false });
    lab.commit([[{ op: 'trialsRemoved', uid: UID, from: 0 }], [{ op: 'studyRemoved', uid: UID }]]);
    lab.close();
    for (const table of ['galapagos_history', 'galapagos_ancestor'])
      expect(foreignly(file, `SELECT count(*) FROM ${table}`)).toEqual([[0]]);
  });

  it('reads a file of an earlier version, which has no such tables, and adds them', () => {
    foreignly(file, 'DROP TABLE galapagos_history');
    foreignly(file, 'DROP TABLE galapagos_ancestor');
    const reader = readLab(file);
    expect(reader.history(UID)).toEqual([]);
    expect(reader.story(UID, 1)?.trial.origin?.parents).toEqual([0]);
    reader.close();
    openLab(file, { create: false }).close();
    expect(foreignly(file, 'SELECT count(*) FROM galapagos_history')).toEqual([[0]]);
  });

  it('refuses a row that does not fit the study, and the check reports it', () => {
    foreignly(file, "UPDATE galapagos_history SET params = x'00' WHERE number = 1");
    expect(() => openLab(file, { create: false })).toThrow('galapagos_history.params');
    const at = [...checkLab(file)].flat().map((finding) => finding.at);
    expect(at).toContainEqual(expect.stringContaining('galapagos_history.params'));
  });
});
