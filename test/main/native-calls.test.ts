/** Tests the files that the desktop host writes and reads at paths that a user chose. */
import { readFileSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { nativeCalls } from '../../src/main/native-calls.ts';
import { context } from '../support/window-client.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import type { TemporaryFolder } from '../support/temporary-folder.ts';

const chosen = vi.hoisted(() => ({ filePath: '' }));
vi.mock('electron', () => ({
  dialog: { showSaveDialog: () => Promise.resolve({ canceled: false, ...chosen }) },
}));

let folder: TemporaryFolder;
beforeEach(() => {
  folder = temporaryFolder();
  chosen.filePath = folder.file('lab.db');
  writeFileSync(chosen.filePath, 'a lab');
});
afterEach(() => folder.remove());

const calls = nativeCalls(() => null, '');
const file = { name: 'best.json', type: 'application/json', content: { text: '{}' } };

describe('Desktop host: files that a user chooses', () => {
  it('writes an export over an existing file', async () => {
    await calls.saveFile(file, context);
    expect(readFileSync(chosen.filePath, 'utf8')).toBe('{}');
  });

  it('neither overwrites a lab that a program has open nor reads one as a study', async () => {
    writeFileSync(folder.file('lab.db-lock'), '');
    await expect(calls.saveFile(file, context)).rejects.toMatchObject({ code: 'not-written' });
    await expect(calls.readStudy({ path: chosen.filePath }, context)).rejects.toMatchObject({
      code: 'not-read',
    });
    expect(readFileSync(chosen.filePath, 'utf8')).toBe('a lab');
  });
});
