/** Tests which studies are gone from a lab, and the identity of a lab file. */
import { copyFileSync, mkdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { goneStudies, labIdOf } from '../../src/lab/gone-studies.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import type { TemporaryFolder } from '../support/temporary-folder.ts';

let folder: TemporaryFolder;
beforeEach(() => (folder = temporaryFolder()));
afterEach(() => folder.remove());

describe('Studies that are gone from a lab', () => {
  it('are those that it does not have, and those whose removal has begun', () => {
    const lab = new Map([
      ['here', { removedFrom: null }],
      ['being removed', { removedFrom: 12 }],
    ]);
    expect(goneStudies(lab, ['here', 'being removed', 'never had'])).toEqual([
      'being removed',
      'never had',
    ]);
  });
});

describe('Identity of a lab file', () => {
  it('is another one for a copy of the file in another place, and for another lab', () => {
    const [file, copy] = [folder.file('a.db'), folder.file('b.db')];
    writeFileSync(file, '');
    copyFileSync(file, copy);
    const ids = [labIdOf('uid', file), labIdOf('uid', copy), labIdOf('other', file)];
    expect(new Set(ids).size).toBe(3);
    for (const id of ids) expect(id).toMatch(/^[0-9a-f]{64}$/);
  });

  it('is the same through a link', () => {
    mkdirSync(folder.file('real'));
    writeFileSync(folder.file('real/a.db'), '');
    symlinkSync(folder.file('real'), folder.file('link'));
    const id = labIdOf('uid', folder.file('link/a.db'));
    expect(id).toBe(labIdOf('uid', folder.file('real/a.db')));
    renameSync(folder.file('real/a.db'), folder.file('real/b.db'));
    expect(labIdOf('uid', folder.file('link/b.db'))).not.toBe(id);
  });
});
