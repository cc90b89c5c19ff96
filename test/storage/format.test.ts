/** Tests which releases may write a lab file: its format number, and fields of later releases. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { StudySpec } from '../../src/core/study/study-spec.ts';
import { readLab } from '../../src/storage/read-lab.ts';
import { openLab } from '../../src/storage/sqlite.ts';
import { contents, failure } from '../support/lab-files.ts';
import { foreignly } from '../support/foreign-program.ts';
import { UID, createStudy, plainSpec } from '../support/lab-writes.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import type { TemporaryFolder } from '../support/temporary-folder.ts';

let folder: TemporaryFolder;
let file: string;
beforeEach(() => {
  folder = temporaryFolder();
  file = folder.file('lab.db');
});
afterEach(() => folder.remove());

const { searchSpace, sampler } = plainSpec;
const edited: StudySpec = {
  ...plainSpec,
  edits: [{ first: 0, date: 1, told: null, before: { searchSpace, sampler } }],
};

function make(...specs: readonly StudySpec[]): void {
  const lab = openLab(file, { create: true });
  for (const [i, spec] of specs.entries())
    lab.commit([[createStudy(i === 0 ? UID : `uid-${i}`, { ...spec, name: `study ${i}` })]]);
  lab.close();
}

const format = (): unknown => foreignly(file, 'SELECT format FROM galapagos_lab')[0]?.[0];

describe('Lab file: format number', () => {
  it('is 1 in a file that every release can write', () => {
    make(plainSpec);
    expect(format()).toBe(1);
  });

  it('is raised by an edit of a search, so that earlier releases refuse the file', () => {
    const lab = openLab(file, { create: true });
    lab.commit([[createStudy(UID, plainSpec)]]);
    lab.commit([[{ op: 'searchEdited', uid: UID, spec: edited }]]);
    lab.close();
    expect(format()).toBe(2);
  });

  it('is raised by a study that starts from trials of others, and stays so', () => {
    make({ ...plainSpec, startedFrom: [{ name: 'old.db', trials: 3 }] }, plainSpec);
    expect(format()).toBe(2);
  });
});

describe('Lab file: fields of a later release', () => {
  it.each([
    ['spec', '$.pace', 'pace'],
    ['spec', '$.edits[0].reason', 'edits[0].reason'],
    ['spec', '$.edits[0].before.pace', 'edits[0].before.pace'],
    ['limits', '$.joules', 'joules'],
  ])('refuse writing and leave the file as it is: %s %s', (column, path, field) => {
    make(edited);
    foreignly(file, `UPDATE galapagos_study SET ${column} = json_set(${column}, ?, 5)`, path);
    const before = contents(folder.path);
    const error = failure(() => openLab(file, { create: false }));
    expect(error).toMatchObject({ code: 'schema-newer', temporary: false });
    expect(String(error)).toContain(`"study 0" has fields of a newer Galapagos`);
    expect(String(error)).toContain(`(${field}): update Galapagos`);
    expect(contents(folder.path)).toEqual(before);
  });

  it('are passed over by readers', () => {
    make(edited);
    foreignly(file, "UPDATE galapagos_study SET spec = json_set(spec, '$.pace', 5)");
    const reader = readLab(file);
    expect(reader.study(UID)?.spec).toEqual({ ...edited, name: 'study 0' });
    reader.close();
  });

  it('may be settings of an objective, a sampler and a pruner, whose own layers check them', () => {
    make(plainSpec);
    for (const part of ['objective', 'sampler'])
      foreignly(file, `UPDATE galapagos_study SET spec = json_set(spec, '$.${part}.pace', 5)`);
    openLab(file, { create: false }).close();
  });
});
