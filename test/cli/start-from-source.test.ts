import { resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { partsOf } from '../../src/cli/run/start-from.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import type { TemporaryFolder } from '../support/temporary-folder.ts';

let folder: TemporaryFolder;
beforeEach(() => {
  folder = temporaryFolder();
  folder.written('old.db', '');
  folder.written('old#2.csv', '');
});
afterEach(() => folder.remove());

describe('Run: the source of --start-from', () => {
  it.each([
    ['old.db', 'old.db', null],
    ['old.db#mnist', 'old.db', 'mnist'],
    ['old.db#lr #2', 'old.db', 'lr #2'],
    ['old#2.csv', 'old#2.csv', null],
    ['old#2.csv#all', 'old#2.csv', 'all'],
    ['none.db#mnist', 'none.db', 'mnist'],
  ])('divides %s into a file and a study', (source, file, study) => {
    expect(partsOf(source, folder.path)).toEqual({ path: resolve(folder.path, file), study });
  });

  it('divides #mnist into the lab and a study, whatever the name of the study contains', () => {
    expect(partsOf('#mnist', folder.path)).toEqual({ path: null, study: 'mnist' });
    expect(partsOf('#lr #2', folder.path)).toEqual({ path: null, study: 'lr #2' });
  });
});
