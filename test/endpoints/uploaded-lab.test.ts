import { readdirSync, writeFileSync } from 'node:fs';
import { afterEach, expect, describe, it } from 'vitest';
import { SIDE_FILE_KINDS } from '../../src/core/side-file-kinds.ts';
import { removeKeptLab } from '../../src/endpoints/uploads/uploaded-lab.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const folder = temporaryFolder();
afterEach(() => folder.remove());

describe('Uploaded lab: a file that is not a lab', () => {
  it('is removed with every side file, and nothing else', async () => {
    const kept = folder.file('lab.db');
    for (const end of ['', ...SIDE_FILE_KINDS.map((kind) => `-${kind}`), '2'])
      writeFileSync(`${kept}${end}`, '');
    await removeKeptLab(kept);
    expect(readdirSync(folder.path)).toEqual(['lab.db2']);
  });
});
