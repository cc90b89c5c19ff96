import { mkdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { examineProject } from '../../../src/studies/script/examine-project.ts';
import { writeTree } from '../../support/file-tree.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import type { TemporaryFolder } from '../../support/temporary-folder.ts';

let folder: TemporaryFolder;
beforeEach(() => (folder = temporaryFolder()));
afterEach(() => folder.remove());

describe('Doctor: the project folder of a program', () => {
  it('says what the snapshot takes and what it leaves out, with the reason', () => {
    writeTree(folder.path, {
      '.gitignore': 'data/\n',
      'train.py': '12345',
      'data/x': '',
      '.venv/pyvenv.cfg': '',
      '__pycache__/train.pyc': '',
      'home/x': '',
    });
    symlinkSync('/mnt', join(folder.path, 'shared'));
    const findings = examineProject(folder.path, [join(folder.path, 'home')]);
    expect(findings.map(({ name, found }) => [name, found])).toEqual([
      ['project folder', 'trials run a copy of 2 files, 11 bytes'],
      [
        'not taken along',
        `.venv (environment), data (ignored), shared (link out of the folder); trials on this machine find them in ${folder.path}`,
      ],
      ['other machines', 'not looked at: run galapagos doctor on each, with a copy of the folder'],
    ]);
  });

  it('says that a folder is too large, and what to do', () => {
    mkdirSync(join(folder.path, 'runs'));
    const file = join(folder.path, 'runs', 'weights.bin');
    writeFileSync(file, '');
    truncateSync(file, 3e8);
    expect(examineProject(folder.path, [])).toEqual([
      {
        name: 'project folder',
        found: expect.stringContaining('runs/weights.bin (300 MB)') as string,
        remedy: expect.stringContaining('.galapagosignore') as string,
      },
    ]);
  });
});
