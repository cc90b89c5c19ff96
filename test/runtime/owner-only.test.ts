/** Tests the permissions of the user folder, and how open files are found and closed. */
import { chmodSync, mkdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { modeForOthers, restrictToOwner } from '../../src/runtime/owner-only.ts';
import { prepareUserFolder } from '../../src/runtime/prepare-user-folder.ts';
import { noModes, noXdg, skipIf } from '../support/platform.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import type { TemporaryFolder } from '../support/temporary-folder.ts';

let folder: TemporaryFolder;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.remove());

const modeOf = (path: string): string => (statSync(path).mode & 0o777).toString(8);

describe('User folder: permissions', () => {
  beforeEach((context) => skipIf(noModes, context));

  it('closes the default user folder to other users where it is open', (context) => {
    skipIf(noXdg, context);
    vi.stubEnv('XDG_DATA_HOME', folder.path);
    const home = folder.file('galapagos');
    mkdirSync(home);
    chmodSync(home, 0o755);
    prepareUserFolder(home);
    expect(modeOf(home)).toBe('700');
  });

  it('leaves a folder that the user named unchanged, because it may be shared on purpose', () => {
    const home = folder.file('chosen');
    mkdirSync(home);
    chmodSync(home, 0o750);
    vi.stubEnv('GALAPAGOS_HOME', home);
    prepareUserFolder(home);
    expect(modeOf(home)).toBe('750');
  });

  it('creates a missing folder for this user alone', () => {
    const home = folder.file('new/home');
    prepareUserFolder(home);
    expect([modeOf(home), modeForOthers(home)]).toEqual(['700', null]);
  });
});

describe('Permissions: other users', () => {
  beforeEach((context) => skipIf(noModes, context));

  it('detects them on files, and none on links or missing paths', () => {
    const [file, link] = [folder.file('file'), folder.file('link')];
    writeFileSync(file, '');
    chmodSync(file, 0o640);
    symlinkSync(file, link);
    expect([modeForOthers(file), modeForOthers(link), modeForOthers(folder.file('none'))]).toEqual([
      '640',
      null,
      null,
    ]);
  });

  it('removes them from a file without changing those of its owner', () => {
    const file = folder.file('file');
    writeFileSync(file, '');
    chmodSync(file, 0o447);
    restrictToOwner(file);
    expect(modeOf(file)).toBe('400');
  });
});
