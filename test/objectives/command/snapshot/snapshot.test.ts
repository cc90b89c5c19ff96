import {
  appendFileSync,
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Checkout } from '../../../../src/objectives/command/snapshot/checkout.ts';
import { projectSizeProblems } from '../../../../src/objectives/command/snapshot/project-size.ts';
import { walkProject } from '../../../../src/objectives/command/snapshot/project-walk.ts';
import {
  CONTENTS_FILE,
  SnapshotStore,
} from '../../../../src/objectives/command/snapshot/snapshot-store.ts';
import { takeSnapshot } from '../../../../src/objectives/command/snapshot/take-snapshot.ts';
import { parseSnapshot, snapshotText } from '../../../../src/protocol/code-snapshot.ts';
import { size } from '../../../support/effort.ts';
import { writeTree } from '../../../support/file-tree.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';
import type { TemporaryFolder } from '../../../support/temporary-folder.ts';

let folder: TemporaryFolder;
let project: string;
let store: SnapshotStore;
beforeEach(() => {
  folder = temporaryFolder();
  project = join(folder.path, 'pro jet é');
  mkdirSync(project);
  store = SnapshotStore.own(join(folder.path, 'home'));
});
afterEach(() => folder.remove());

const read = (...path: readonly string[]): string => readFileSync(join(...path), 'utf8');

function checkOut(hash: string, from = project): Promise<Checkout> {
  const place = store.placeOf(hash) ?? '';
  const entries = store.entries(hash) ?? [];
  return Checkout.create(join(folder.path, 'copy'), { hash, place, entries }, from);
}

/** Paths, kinds and contents of a folder; those of links are not followed. */
function listed(root: string, path = ''): string[] {
  return readdirSync(join(root, path))
    .sort()
    .flatMap((name) => {
      const at = path === '' ? name : `${path}/${name}`;
      const stats = lstatSync(join(root, at));
      if (stats.isSymbolicLink()) return [`${at} → ${readlinkSync(join(root, at))}`];
      if (stats.isDirectory()) return [`${at}/`, ...listed(root, at)];
      return [`${at} ${stats.mode & 0o100 ? 'x' : ''}${readFileSync(join(root, at), 'hex')}`];
    });
}

describe('Code snapshots', () => {
  it('give back files, empty folders, links, executable bits and names of any letters', async () => {
    writeTree(project, { 'train.py': 'a', 'src/модель é.py': 'b', 'src/empty': '', run: '#!' });
    mkdirSync(join(project, 'outputs'));
    chmodSync(join(project, 'run'), 0o755);
    symlinkSync('../train.py', join(project, 'src', 'link'));
    const { hash, files, bytes } = await takeSnapshot(project, store);
    expect({ files, bytes }).toEqual({ files: 4, bytes: 4 });
    const copy = await checkOut(hash);
    expect(listed(copy.folder)).toEqual(listed(project));
  });

  it('have a hash of names, contents, targets and executable bits, and of nothing else', async () => {
    const tree = fc.dictionary(
      fc.constantFrom('a', 'b', 'é', 'c/d', 'c/e', 'f g/h'),
      fc.record({ text: fc.string({ maxLength: 4 }), executable: fc.boolean() }),
      { maxKeys: 5 },
    );
    const hashes = new Map<string, string>();
    await fc.assert(
      fc.asyncProperty(tree, fc.integer({ min: 0, max: 1e9 }), async (files, time) => {
        rmSync(project, { recursive: true });
        mkdirSync(project);
        for (const [path, { text, executable }] of Object.entries(files).reverse()) {
          writeTree(project, { [path]: text });
          chmodSync(join(project, path), executable ? 0o700 : 0o640);
          utimesSync(join(project, path), time, time);
        }
        const { hash } = await takeSnapshot(project, store);
        const text = JSON.stringify(Object.entries(files).sort(([a], [b]) => (a < b ? -1 : 1)));
        expect(hashes.get(text) ?? hash).toBe(hash);
        for (const [other, known] of hashes) expect(known === hash).toBe(other === text);
        hashes.set(text, hash);
      }),
      { numRuns: size(30, 300) },
    );
    expect(store.hashes().sort()).toEqual([...new Set(hashes.values())].sort());
  });

  it('are of one moment: a folder that changes while it is read is read again', async () => {
    writeTree(project, { a: '1', b: '1' });
    let times = 0;
    const racing = new (class extends SnapshotStore {
      override staging(): string {
        times += 1;
        // Between the list and the copy.
        if (times < 3) appendFileSync(join(project, 'b'), 'x');
        return super.staging();
      }
    })(store.folder);
    const { hash } = await takeSnapshot(project, racing);
    expect(times).toBe(3);
    expect(read((await checkOut(hash)).folder, 'b')).toBe('1xx');
    const always = new (class extends SnapshotStore {
      override staging(): string {
        writeFileSync(join(project, 'b'), String(Math.random()));
        return super.staging();
      }
    })(store.folder);
    await expect(takeSnapshot(project, always)).rejects.toThrow(
      /stays the same while it is copied, found changes in b .*\.galapagosignore/,
    );
    expect(readdirSync(store.folder)).toEqual([hash]);
  });

  it('refuse a folder that is too large, and name what fills it', () => {
    writeTree(project, {
      'data/raw/big.bin': 'x'.repeat(900),
      'data/small': 'x',
      'a.py': 'x'.repeat(60),
    });
    const [problem] = projectSizeProblems(walkProject(project), { bytes: 500, entries: 100 });
    expect(problem).toMatchObject({
      code: 'project-too-large',
      found: '961 bytes, most of it in data/raw/big.bin (900 bytes), a.py (60 bytes)',
    });
    const [many] = projectSizeProblems(walkProject(project), { bytes: 5e3, entries: 3 });
    expect(many?.found).toBe('5, most of them in data (4), a.py (1)');
    expect(projectSizeProblems(walkProject(project))).toEqual([]);
  });

  it('refuse a folder with more names than are read, soon and with the folders that have most', () => {
    mkdirSync(join(project, 'photos'));
    for (let i = 0; i < 300; i++) writeFileSync(join(project, 'photos', `${i}.jpg`), '');
    writeTree(project, { 'src/a.py': '', '.galapagosignore': '*.jpg\n' });
    for (const rules of ['*.jpg\n', '']) {
      writeFileSync(join(project, '.galapagosignore'), rules);
      const walked = walkProject(project, { most: 50 });
      expect(walked.entries.length + walked.leftOut.length).toBe(50);
      const [problem] = projectSizeProblems(walked);
      expect(problem).toMatchObject({
        code: 'project-too-large',
        expected: 'a project folder of at most 100000 files and folders',
      });
      expect(problem?.found).toMatch(
        /^more than 50; of those that were read, most are in (photos \(4[5-9]\)|src)/,
      );
      expect(problem?.hint).toMatch(/\.galapagosignore/);
    }
    writeFileSync(join(project, '.galapagosignore'), 'photos/\n');
    expect(walkProject(project, { most: 50 }).complete).toBe(true);
  });

  it('refuse a list that leads out of its folder', () => {
    const list = (entry: object): string =>
      snapshotText([{ path: 'a', kind: 'folder' }, entry as never]);
    const sha256 = '0'.repeat(64);
    const bad = [
      { path: '../x', kind: 'folder' },
      { path: '/x', kind: 'folder' },
      { path: 'a//x', kind: 'folder' },
      { path: 'a/b/c', kind: 'folder' },
      { path: 'a', kind: 'folder' },
      { path: 'b/x', kind: 'file', bytes: 1, sha256, executable: false },
      { path: 'l', kind: 'link', target: '../x' },
      { path: 'l', kind: 'link', target: 'a/../../x' },
      { path: 'l', kind: 'link', target: '/etc' },
    ];
    for (const entry of bad) expect(() => parseSnapshot(list(entry), 'it')).toThrow(/^it/);
    expect(parseSnapshot(list({ path: 'a/l', kind: 'link', target: '../a' }), 'it')).toHaveLength(
      2,
    );
  });
});

describe('Code snapshots: the working copy of an attempt', () => {
  it('is the snapshot again after a program changed, deleted and added files', async () => {
    writeTree(project, { 'a.py': '1', 'sub/b.py': '2', 'sub/c': '3' });
    symlinkSync('a.py', join(project, 'link'));
    const { hash } = await takeSnapshot(project, store);
    const copy = await checkOut(hash);
    const before = listed(copy.folder);
    const { mtimeMs } = lstatSync(join(copy.folder, 'sub/c'));
    // Of equal length, with the time of before.
    writeFileSync(join(copy.folder, 'a.py'), '7');
    utimesSync(join(copy.folder, 'a.py'), mtimeMs / 1000, mtimeMs / 1000);
    rmSync(join(copy.folder, 'sub/b.py'));
    chmodSync(join(copy.folder, 'sub/c'), 0o777);
    writeTree(copy.folder, { 'new/x': '', 'sub/y': '', 'sub/__pycache__/b.pyc': '' });
    rmSync(join(copy.folder, 'link'));
    symlinkSync('sub', join(copy.folder, 'link'));
    await copy.restore();
    expect(listed(copy.folder).filter((each) => !each.includes('__pycache__'))).toEqual(before);
    expect(existsSync(join(copy.folder, 'sub/__pycache__/b.pyc'))).toBe(true);
    rmSync(join(copy.folder, 'sub'), { recursive: true });
    writeFileSync(join(copy.folder, 'sub'), 'a file in its place');
    await copy.restore();
    expect(listed(copy.folder)).toEqual(before);
  });

  it('has links to what the snapshot leaves out, by its own rules', async () => {
    writeTree(project, {
      '.gitignore': 'data/\n*.log\n',
      'a.py': '',
      'data/x': 'data',
      'sub/b.py': '',
      'sub/old.log': '',
      '.git/HEAD': '',
      'env/pyvenv.cfg': '',
    });
    const { hash, leftOut } = await takeSnapshot(project, store);
    expect(leftOut.map(({ path }) => path)).toEqual(['.git', 'data', 'env', 'sub/old.log']);
    writeTree(project, { '.gitignore': '*.py\n', 'later.py': '', 'new.log': '' });
    const copy = await checkOut(hash);
    expect(read(copy.folder, 'data', 'x')).toBe('data');
    expect(readdirSync(copy.folder).sort()).toEqual([
      '.gitignore',
      'a.py',
      'data',
      'env',
      'new.log',
      'sub',
    ]);
    expect(readdirSync(join(copy.folder, 'sub')).sort()).toEqual(['b.py', 'old.log']);
    await copy.restore();
    await copy.remove();
    expect(read(project, 'data', 'x')).toBe('data');
  });

  it('has links to what is beside the project folder, and leaves that alone', async () => {
    writeTree(project, { 'a.py': '1' });
    writeTree(join(project, '..'), { 'data/x': 'data' });
    const { hash } = await takeSnapshot(project, store);
    const copy = await checkOut(hash);
    expect(read(copy.folder, '..', 'data', 'x')).toBe('data');
    writeFileSync(join(copy.folder, '..', 'new'), '');
    await copy.restore();
    expect(read(copy.folder, '..', 'data', 'x')).toBe('data');
    await copy.remove();
    expect(existsSync(join(copy.folder, '..'))).toBe(false);
    expect(read(project, '..', 'data', 'x')).toBe('data');
    expect(existsSync(join(project, '..', 'new'))).toBe(false);
  });

  it('is made where the project folder is gone', async () => {
    writeTree(project, { 'a.py': '1' });
    const { hash } = await takeSnapshot(project, store);
    renameSync(project, `${project}.old`);
    expect(listed((await checkOut(hash)).folder)).toEqual(['a.py 31']);
  });

  it('is refused where the snapshot is damaged, which names the file', async () => {
    writeTree(project, { 'a.py': '1', 'b.py': '2' });
    const { hash } = await takeSnapshot(project, store);
    writeFileSync(join(store.placeOf(hash) ?? '', CONTENTS_FILE), '13');
    await expect(checkOut(hash)).rejects.toThrow(/is damaged: b\.py: expected SHA-256/);
  });
});

describe('Code snapshots: how long they are kept', () => {
  it('are shared by studies, and deleted with the last that needs them', async () => {
    writeTree(project, { a: '1' });
    const { hash } = await takeSnapshot(project, store);
    store.need(hash, { study: 'one', lab: '/lab.db' });
    store.need(hash, { study: 'two', lab: '/lab.db' });
    store.release(hash, 'one');
    expect(store.hashes()).toEqual([hash]);
    store.release(hash, 'two');
    expect(store.hashes()).toEqual([]);
  });

  it('outlive a sweep while a process or a study needs them, or a lab file was moved lately', async () => {
    writeTree(project, { a: '1' });
    const { hash } = await takeSnapshot(project, store);
    store.sweep(Date.now());
    expect(store.hashes()).toEqual([hash]);
    store.need(hash, { study: 'one', lab: join(folder.path, 'gone.db') });
    store.sweep(Date.now() + 29 * 86_400_000);
    expect(store.hashes()).toEqual([hash]);
    store.sweep(Date.now() + 31 * 86_400_000);
    expect(store.hashes()).toEqual([]);
    mkdirSync(join(store.folder, 'new-999999999-1'));
    store.sweep(Date.now());
    expect(readdirSync(store.folder)).toEqual([]);
  });
});
