import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LanFolder } from '../../../src/node/keys/lan-folder.ts';
import { permitPrograms, permitsPrograms } from '../../../src/node/keys/programs.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import type { TemporaryFolder } from '../../support/temporary-folder.ts';

let home: TemporaryFolder;
let folder: LanFolder;
let file: string;
beforeEach(() => {
  home = temporaryFolder();
  folder = new LanFolder(home.path);
  file = join(folder.path, 'programs.json');
});
afterEach(() => home.remove());

describe('Permission to run programs of a lab', () => {
  it('is absent until the owner gives it, and counts for one host', () => {
    expect(permitsPrograms(folder, 'hostaaaa')).toBe(false);
    permitPrograms(folder, 'hostaaaa', true);
    expect(permitsPrograms(new LanFolder(home.path), 'hostaaaa')).toBe(true);
    expect(permitsPrograms(folder, 'hostbbbb')).toBe(false);
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({ host: 'hostaaaa' });
    if (process.platform !== 'win32') expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it('ends when the owner takes it back', () => {
    permitPrograms(folder, 'hostaaaa', true);
    permitPrograms(folder, 'hostaaaa', false);
    expect(permitsPrograms(folder, 'hostaaaa')).toBe(false);
    permitPrograms(folder, 'hostaaaa', false);
  });

  it.each([
    ['{"host": 7}', /programs\.json: host: .*found 7/],
    ['{"host": ""}', /programs\.json: host: /],
    ['{"host": "a", "always": true}', /programs\.json: .*always/],
    ['{}', /programs\.json: host: /],
    ['{', /programs\.json/],
  ])('is not read from the damaged file %s, and the error names the field', (text, error) => {
    writeFileSync(file, text, { mode: 0o600 });
    expect(() => permitsPrograms(folder, 'a')).toThrow(error);
    expect(readFileSync(file, 'utf8')).toBe(text);
  });
});
