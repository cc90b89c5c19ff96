/** Tests evaluations of ended trials in a lab file, which are stored apart from the attempts. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Write } from '../../src/core/scheduling/index.ts';
import { readLab } from '../../src/storage/read-lab.ts';
import { openLab } from '../../src/storage/sqlite.ts';
import type { TrialStory } from '../../src/storage/lab-reader.ts';
import { foreignly } from '../support/foreign-program.ts';
import { UID, createStudy, propose, spec, start, succeed } from '../support/lab-writes.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import type { TemporaryFolder } from '../support/temporary-folder.ts';

const attempt = { study: UID, number: 0, attemptNumber: 2 } as const;
const started: Write = { op: 'auditStarted', attempt, slot: 'n1/cpu/0' };
const ended: Write = {
  op: 'auditEnded',
  attempt,
  outcome: 'succeeded',
  value: 0.75,
  verdict: 'differs',
  difference: { metric: 'loss', value: Infinity, found: 0.75 },
  executor: 'wasm',
  detail: null,
  ms: 12,
};

let folder: TemporaryFolder;
let file: string;
beforeEach(() => {
  folder = temporaryFolder();
  file = folder.file('lab.db');
  commit([createStudy()], [propose(0)], [start(0)], succeed(0, 0, 0.5).flat());
});
afterEach(() => folder.remove());

function commit(...steps: Write[][]): void {
  const lab = openLab(file, { create: true });
  lab.commit(steps);
  lab.close();
}

function story(): TrialStory {
  const reader = readLab(file);
  const found = reader.story(UID, 0);
  reader.close();
  if (found === null) throw new Error('no such trial');
  return found;
}

describe('Lab file: audits', () => {
  it('are read with the trial, and change neither it nor its attempts', () => {
    const before = story();
    commit([started], [ended]);
    const { audits, ...after } = story();
    expect({ ...after, audits: [] }).toEqual(before);
    expect(audits).toEqual([
      {
        attemptNumber: 2,
        slot: 'n1/cpu/0',
        outcome: 'succeeded',
        value: 0.75,
        verdict: 'differs',
        difference: { metric: 'loss', value: Infinity, found: 0.75 },
        executor: 'wasm',
        ms: 12,
        detail: null,
      },
    ]);
  });

  it('have attempts that are lost when the lab is opened before they ended', () => {
    commit([started]);
    commit();
    expect(story().audits).toMatchObject([{ outcome: 'lost', value: null, verdict: null }]);
  });

  it('are read as none from a file of an earlier version, to which the writer adds the table', () => {
    foreignly(file, 'DROP TABLE galapagos_audit');
    foreignly(file, 'DROP TABLE galapagos_audit_due');
    foreignly(file, 'DROP TABLE galapagos_mismatch');
    expect(story().audits).toEqual([]);
    commit([started], [ended]);
    expect(story().audits).toHaveLength(1);
  });

  it('have no difference in a file of an earlier version, to which the writer adds the column', () => {
    commit([started], [ended]);
    foreignly(file, 'ALTER TABLE galapagos_audit DROP COLUMN difference');
    expect(story().audits).toMatchObject([{ verdict: 'differs', difference: null }]);
    commit();
    expect(story().audits).toMatchObject([{ difference: null }]);
  });

  it('compare the value alone in a file of an earlier version', () => {
    const arithmetic = { label: 'wasm/1', known: true };
    const due = { value: 0.5, figures: { loss: 1 }, until: null, slot: 'na/cpu/0', arithmetic };
    commit([createStudy('b', { ...spec, name: 'b', audit: 1 })]);
    commit([{ ...propose(0), uid: 'b' } as Write, { op: 'auditDue', uid: 'b', number: 0, ...due }]);
    for (const column of ['figures', 'until'])
      foreignly(file, `ALTER TABLE galapagos_audit_due DROP COLUMN ${column}`);
    const lab = openLab(file, { create: true });
    const audits = lab.lab.studies.flatMap((study) => study.audits);
    lab.close();
    expect(audits).toMatchObject([{ figures: { value: 0.5 }, until: null }]);
  });

  it('are removed with their trials', () => {
    commit([started], [ended], [{ op: 'trialsRemoved', uid: UID, from: 0 }]);
    expect(foreignly(file, 'SELECT count(*) FROM galapagos_audit')).toEqual([[0]]);
  });
});
