import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { walkProject } from '../../../../src/objectives/command/snapshot/project-walk.ts';
import { openLab } from '../../../../src/storage/sqlite.ts';
import { size } from '../../../support/effort.ts';
import { namedPipe, noNamedPipe } from '../../../support/named-pipe.ts';
import { skipIf } from '../../../support/platform.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

/** Null: git works here. */
const noGit = ((): string | null => {
  try {
    execFileSync('git', ['--version']);
    return null;
  } catch {
    return 'git is not installed';
  }
})();

/** Drawn projects. */
const RUNS = size(20, 150);

// Of two letters: "?" of git is one byte, and one letter here.
const names = ['a', 'b', 'a b', 'éé', 'x.log', '[c]', '#d', 'B'];
const path = fc.array(fc.constantFrom(...names), { minLength: 1, maxLength: 4 });
const pattern = fc
  .record({
    negated: fc.boolean(),
    anchored: fc.boolean(),
    parts: fc.array(
      fc.constantFrom('a', 'b', '*', '**', '*.log', '?', '[ab]', '\\[c]', '\\#d', 'éé', 'a b', 'B'),
      { minLength: 1, maxLength: 3 },
    ),
    folder: fc.boolean(),
  })
  .map(
    ({ negated, anchored, parts, folder }) =>
      `${negated ? '!' : ''}${anchored ? '/' : ''}${parts.join('/')}${folder ? '/' : ''}`,
  );
const rules = fc.array(fc.oneof(pattern, fc.constantFrom('', '# note', '!')), { maxLength: 4 });

/** Writes files, none of which is where another has a folder. */
function write(root: string, paths: readonly (readonly string[])[]): void {
  for (const parts of paths) {
    const file = join(root, ...parts);
    try {
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, 'x', { flag: 'wx' });
    } catch {
      // A file or a folder of that name is there.
    }
  }
}

function taken(root: string): string[] {
  return walkProject(root)
    .entries.filter(({ kind }) => kind !== 'folder')
    .map(({ path: each }) => each);
}

function gitTakes(root: string): string[] {
  const text = execFileSync(
    'git',
    [
      '-c',
      'core.excludesFile=',
      '-c',
      'core.ignoreCase=false',
      'ls-files',
      '-z',
      '--others',
    ].concat('--exclude-standard'),
    { cwd: root, env: { ...process.env, GIT_CEILING_DIRECTORIES: dirname(root) } },
  ).toString();
  return text.split('\0').filter((each) => each !== '');
}

describe('Code snapshots: the rules of .gitignore', () => {
  it('take the files that git takes, with nested files, negation and names of any letters', (context) => {
    skipIf(noGit, context);
    const ignoreFiles = fc.array(
      fc.tuple(fc.array(fc.constantFrom('a', 'b', 'a b', '[c]'), { maxLength: 2 }), rules),
      {
        maxLength: 3,
      },
    );
    fc.assert(
      fc.property(fc.array(path, { maxLength: 12 }), ignoreFiles, (paths, files) => {
        const folder = temporaryFolder();
        try {
          execFileSync('git', ['init', '-q', folder.path]);
          write(folder.path, paths);
          for (const [at, lines] of files)
            try {
              mkdirSync(join(folder.path, ...at), { recursive: true });
              writeFileSync(join(folder.path, ...at, '.gitignore'), lines.join('\n'));
            } catch {
              // A file has the name of its folder.
            }
          expect(taken(folder.path)).toEqual(gitTakes(folder.path).sort(byText));
        } finally {
          folder.remove();
        }
      }),
      { numRuns: RUNS },
    );
  }, 120_000);

  it('of a repository above the project count, and a rule for the project itself does not', () => {
    const folder = temporaryFolder();
    const project = join(folder.path, 'lab', 'one');
    mkdirSync(join(folder.path, '.git'));
    mkdirSync(join(project, 'sub'), { recursive: true });
    writeFileSync(join(folder.path, '.gitignore'), '*.log\n/lab/\n');
    writeFileSync(join(folder.path, 'lab', '.gitignore'), '/one/sub/\n');
    for (const name of ['a.py', 'b.log', 'sub/c.py']) writeFileSync(join(project, name), '');
    expect(taken(project)).toEqual(['a.py']);
    folder.remove();
  });

  it('are overruled by .galapagosignore, which can take a file in again', () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder.path, 'data'));
    writeFileSync(join(folder.path, '.gitignore'), 'data/\n*.csv\n');
    writeFileSync(join(folder.path, '.galapagosignore'), '!small.csv\nnotes.md\n');
    for (const name of ['small.csv', 'large.csv', 'notes.md', 'data/x'])
      writeFileSync(join(folder.path, name), '');
    expect(taken(folder.path)).toEqual(['.galapagosignore', '.gitignore', 'small.csv']);
    folder.remove();
  });
});

describe('Code snapshots: entries that are left out', () => {
  it('are version control, environments, caches, lab files, and links out of the project', () => {
    const folder = temporaryFolder();
    const root = join(folder.path, 'project');
    for (const name of ['.git', 'env/lib', 'conda/conda-meta', 'sub/__pycache__', 'node_modules/x'])
      mkdirSync(join(root, name), { recursive: true });
    for (const name of ['env/pyvenv.cfg', 'lab.db', 'lab.db-wal', 'mine.db', 'mine.db-lock', 'a'])
      writeFileSync(join(root, name), '');
    symlinkSync('../elsewhere', join(root, 'out'));
    symlinkSync('/etc', join(root, 'etc'));
    symlinkSync('../a', join(root, 'sub', 'in'));
    symlinkSync(join(root, 'a'), join(root, 'whole'));
    const { entries, leftOut } = walkProject(root, { own: [join(root, 'mine.db')] });
    expect(Object.fromEntries(leftOut.map(({ path: each, why }) => [each, why]))).toEqual({
      '.git': 'own',
      conda: 'environment',
      env: 'environment',
      etc: 'outside',
      'lab.db': 'own',
      'lab.db-wal': 'own',
      'mine.db': 'own',
      'mine.db-lock': 'own',
      node_modules: 'environment',
      out: 'outside',
      'sub/__pycache__': 'ignored',
    });
    expect(entries.map(({ path: each, target }) => [each, target])).toEqual([
      ['a', ''],
      ['sub', ''],
      ['sub/in', '../a'],
      ['whole', 'a'],
    ]);
    folder.remove();
  });

  it('are lab files of other studies with the files beside them, but no other databases', () => {
    const folder = temporaryFolder();
    const root = join(folder.path, 'project');
    mkdirSync(join(root, 'earlier'), { recursive: true });
    openLab(join(root, 'earlier', 'mnist.db'), { create: true }).close();
    for (const name of ['earlier/mnist.db-wal', 'model.db-notes', 'empty.db'])
      writeFileSync(join(root, name), '');
    writeFileSync(join(root, 'data.db'), 'SQLite format 3\0 of measurements');
    const { entries, leftOut } = walkProject(root);
    expect(entries.map(({ path: each }) => each)).toEqual([
      'data.db',
      'earlier',
      'empty.db',
      'model.db-notes',
    ]);
    expect(
      leftOut.every(({ path: each, why }) => each.startsWith('earlier/mnist') && why === 'own'),
    ).toBe(true);
    expect(leftOut.map(({ path: each }) => each)).toContain('earlier/mnist.db-wal');
    folder.remove();
  });

  it('are named pipes, which are not read', (context) => {
    skipIf(noNamedPipe, context);
    const folder = temporaryFolder();
    const pipes = ['pipe', 'pipe.db'].map((name) => namedPipe(join(folder.path, name)));
    const { entries, leftOut } = walkProject(folder.path);
    for (const pipe of pipes) pipe.close();
    expect(entries).toEqual([]);
    expect(leftOut).toMatchObject([
      { path: 'pipe', why: 'special' },
      { path: 'pipe.db', why: 'special' },
    ]);
    folder.remove();
  });
});

function byText(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}
