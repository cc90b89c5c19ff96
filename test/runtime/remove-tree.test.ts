import { chmodSync, existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { removeTree } from '../../src/runtime/remove-tree.ts';
import { noModes, skipIf } from '../support/platform.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import type { TemporaryFolder } from '../support/temporary-folder.ts';

let folder: TemporaryFolder;
beforeEach(() => (folder = temporaryFolder()));
afterEach(() => folder.remove());

describe('Deletion of folders', () => {
  it('deletes folders that may not be changed, and nothing that their links lead to', async (context) => {
    skipIf(noModes, context);
    const kept = folder.file('kept');
    mkdirSync(kept);
    writeFileSync(join(kept, 'f'), '');
    const tree = folder.file('tree');
    mkdirSync(join(tree, 'd', 'e'), { recursive: true });
    writeFileSync(join(tree, 'd', 'e', 'f'), '');
    symlinkSync(kept, join(tree, 'd', 'link'));
    for (const path of [join(tree, 'd', 'e'), join(tree, 'd')]) chmodSync(path, 0o500);
    await removeTree(tree);
    expect(existsSync(tree)).toBe(false);
    expect(readdirSync(kept)).toEqual(['f']);
  });

  it('does nothing where the path is missing', async () => {
    await expect(removeTree(folder.file('none'))).resolves.toBeUndefined();
  });
});
