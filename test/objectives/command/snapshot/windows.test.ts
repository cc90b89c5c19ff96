/** Snapshots on Windows: names of other systems, and links without the right to create them. */
import { existsSync, lstatSync, mkdirSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs';
import type { symlinkSync } from 'node:fs';
import { join, win32 } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Checkout } from '../../../../src/objectives/command/snapshot/checkout.ts';
import { programMissing } from '../../../../src/objectives/command/snapshot/code-snapshot.ts';
import {
  isLinkTo,
  isSameTarget,
  makeLink,
} from '../../../../src/objectives/command/snapshot/links.ts';
import { SnapshotStore } from '../../../../src/objectives/command/snapshot/snapshot-store.ts';
import { takeSnapshot } from '../../../../src/objectives/command/snapshot/take-snapshot.ts';
import { namesRefusedByWindows } from '../../../../src/objectives/command/snapshot/windows-names.ts';
import type { SnapshotEntry } from '../../../../src/protocol/code-snapshot.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';
import type { TemporaryFolder } from '../../../support/temporary-folder.ts';

let folder: TemporaryFolder;
beforeEach(() => (folder = temporaryFolder()));
afterEach(() => folder.remove());

const hash = 'a'.repeat(64);
const file = (path: string): SnapshotEntry => ({
  ...{ kind: 'file', path, bytes: 0, executable: true },
  sha256: hash,
});
const refused = (...paths: readonly string[]): readonly string[] =>
  namesRefusedByWindows(paths.map(file));

describe('Snapshots on Windows: names', () => {
  it('are refused where they name devices, streams or other folders', () => {
    expect(refused('src/aux.py', 'NUL', 'com1.tar.gz', 'con .txt', 'lpt¹')).toEqual([
      'src/aux.py (the name of a device)',
      'NUL (the name of a device)',
      'com1.tar.gz (the name of a device)',
      'con .txt (the name of a device)',
      'lpt¹ (the name of a device)',
    ]);
    expect(refused('a:b', String.raw`..\..\a`, 'a\tb', 'why?')).toEqual([
      'a:b (the character ":")',
      String.raw`..\..\a (the character "\\")`,
      String.raw`a	b (the character "\t")`,
      'why? (the character "?")',
    ]);
    expect(refused('a.', 'b ')).toEqual(['a. (a dot at the end)', 'b  (a space at the end)']);
  });

  it('are refused where they differ from another by case only', () => {
    expect(refused('Src', 'src', 'x/src')).toEqual(['src (Src differs by case only)']);
  });

  it('are usable otherwise', () => {
    expect(
      refused('.gitignore', 'console.py', 'com10', 'a b.é', 'auxiliary', "it's", 'x.aux'),
    ).toEqual([]);
  });

  it('that are usable are one name within the folder', () => {
    const part = fc.string({ unit: fc.constantFrom(...'aC1.:\\ /"con'.split('')), minLength: 1 });
    fc.assert(
      fc.property(part, (path) => {
        fc.pre(path.split('/').every((each) => !['', '.', '..'].includes(each)));
        fc.pre(refused(...path.split('/')).length === 0);
        const absolute = win32.join('C:\\base', path);
        expect(win32.relative('C:\\base', absolute)).toBe(path.replaceAll('/', '\\'));
      }),
    );
  });

  it('that Windows cannot have keep a copy from being written', async () => {
    const snapshot = { hash, place: folder.path, entries: [file('aux.py'), file('b')] };
    await expect(Checkout.create(folder.file('copy'), snapshot, '/p', 'win32')).rejects.toThrow(
      /^Windows cannot have these names of the code: aux\.py \(the name of a device\); rename them, or/,
    );
    expect(existsSync(folder.file('copy'))).toBe(false);
  });
});

describe('Snapshots on Windows: programs of code from another machine', () => {
  const missing = (command: string, entries: readonly SnapshotEntry[]): string | null =>
    programMissing({ command, folder: '.' }, entries, {}, 'win32');

  it('are files that the system starts', () => {
    const entries = [file('bin/go.bat'), file('train.sh')];
    expect(missing('./bin/go.bat', entries)).toBeNull();
    expect(missing(String.raw`bin\go`, entries)).toBeNull();
    expect(missing('./bin/g', entries)).toBe('no executable file bin/g in the code');
    expect(missing('./train.sh', entries)).toBe('no executable file train.sh in the code');
  });

  it('are missing where the code has names that Windows cannot have', () => {
    expect(missing('./go.bat', [file('con'), file('go.bat')])).toBe(
      'names that Windows cannot have: con (the name of a device)',
    );
  });
});

describe('Snapshots on Windows: links', () => {
  const forbidden = (() => {
    throw Object.assign(new Error('EPERM'), { code: 'EPERM' });
  }) as typeof symlinkSync;

  it('to files are second names of them where symbolic links are forbidden', () => {
    mkdirSync(folder.file('project'));
    writeFileSync(folder.file('project/data.csv'), '1');
    writeFileSync(folder.file('project/other.csv'), '2');
    const link = folder.file('data.csv');
    expect(makeLink('project/data.csv', link, forbidden)).toBe(true);
    expect(readFileSync(link, 'utf8')).toBe('1');
    expect(lstatSync(link).isFile()).toBe(true);
    expect(isLinkTo('project/data.csv', link)).toBe(true);
    expect(isLinkTo('project/other.csv', link)).toBe(false);
    // Its deletion leaves the file.
    unlinkSync(link);
    expect(readFileSync(folder.file('project/data.csv'), 'utf8')).toBe('1');
    expect(isLinkTo('project/data.csv', link)).toBe(false);
  });

  it('to folders and to nothing do not exist where they are forbidden', () => {
    mkdirSync(folder.file('data'));
    expect(makeLink('data', folder.file('link'), forbidden)).toBe(false);
    expect(makeLink('absent', folder.file('link'), forbidden)).toBe(false);
    expect(makeLink('data', folder.file('link'))).toBe(true);
    expect(isLinkTo('data', folder.file('link'))).toBe(true);
  });

  it('to what ignore files leave out are kept, and those that do not exist are named', async () => {
    const project = folder.file('project');
    mkdirSync(join(project, 'big'), { recursive: true });
    writeFileSync(join(project, '.gitignore'), 'big/\r\n*.csv\r\n');
    writeFileSync(join(project, 'data.csv'), '1');
    const store = SnapshotStore.own(folder.file('home'));
    const { hash: taken } = await takeSnapshot(project, store);
    const snapshot = {
      hash: taken,
      place: store.placeOf(taken) ?? '',
      entries: store.entries(taken) ?? [],
    };
    const copy = await Checkout.create(folder.file('copy'), snapshot, project, 'win32', forbidden);
    for (let time = 0; time < 2; time++) {
      expect(copy.unlinked).toEqual(['big']);
      expect(copy.changed()).toEqual([]);
      expect(readFileSync(join(copy.folder, 'data.csv'), 'utf8')).toBe('1');
      await copy.restore();
    }
    await copy.remove();
    expect(readFileSync(join(project, 'data.csv'), 'utf8')).toBe('1');
  });

  it('exist where the system says so only', () => {
    writeFileSync(folder.file('data.csv'), '1');
    const nothing = (() => undefined) as typeof symlinkSync;
    expect(makeLink('data.csv', folder.file('link'), nothing)).toBe(true);
    expect(readFileSync(folder.file('link'), 'utf8')).toBe('1');
    mkdirSync(folder.file('data'));
    expect(makeLink('data', folder.file('other'), nothing)).toBe(false);
  });

  it('have the target that the text of a junction names', () => {
    const link = String.raw`C:\Users\a\copy\data`;
    const same = (found: string, target: string): boolean =>
      isSameTarget(found, target, link, 'win32');
    expect(same('C:\\Project\\data\\', String.raw`C:\Project\data`)).toBe(true);
    expect(same('\\\\?\\c:\\project\\data\\', 'C:/Project/data')).toBe(true);
    expect(same('C:\\Users\\a\\copy\\src\\', 'src')).toBe(true);
    expect(same('C:\\Users\\a\\src\\', '../src')).toBe(true);
    expect(same('C:\\Project\\other\\', String.raw`C:\Project\data`)).toBe(false);
    expect(isSameTarget('src/', 'src', join('/copy', 'data'), 'linux')).toBe(false);
  });
});
