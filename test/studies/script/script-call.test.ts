import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { importsOf, scriptIn } from '../../../src/objectives/command/python/python-imports.ts';
import { projectOf, scriptCall } from '../../../src/studies/script/script-call.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

let project: string;
beforeEach(() => {
  const temporary = temporaryFolder();
  onTestFinished(() => temporary.remove());
  project = temporary.path;
});

/** Writes files of the project. */
function files(contents: Readonly<Record<string, string>>): void {
  for (const [path, content] of Object.entries(contents)) {
    mkdirSync(dirname(join(project, path)), { recursive: true });
    writeFileSync(join(project, path), content);
  }
}

const call = (path: string, source: string): readonly string[] =>
  scriptCall(join(project, path), source, project).arguments;

describe('A script', () => {
  it('runs as a file where it imports what is installed, or beside it', () => {
    files({ 'jobs/data.py': '', 'jobs/nets/a.py': '' });
    expect(call('jobs/train.py', 'import torch\nimport data\nfrom nets.a import x')).toEqual([
      'jobs/train.py',
    ]);
  });

  it('runs as a module where it imports from its own package', () => {
    expect(call('pkg/jobs/train.py', 'from ..data import load')).toEqual(['-m', 'pkg.jobs.train']);
  });

  it.each(['pkg/data.py', 'pkg.py'])(
    'runs as a module where it imports %s of the project folder, which is not beside it',
    (module) => {
      files({ [module]: '' });
      expect(call('jobs/train.py', 'import pkg')).toEqual(['-m', 'jobs.train']);
    },
  );

  it('runs as a file where a folder of data has the name of a package', () => {
    files({ 'datasets/train.csv': '' });
    expect(call('jobs/train.py', 'import datasets')).toEqual(['jobs/train.py']);
  });

  it('runs as a file where its path is no module’s name', () => {
    files({ 'pkg/a.py': '' });
    expect(call('my-jobs/train.py', 'import pkg')).toEqual(['my-jobs/train.py']);
  });

  it('of a package cannot run in the folder of the package, which is said', () => {
    const { arguments: args, notes } = scriptCall(join(project, 'train.py'), 'import .a', project);
    expect([args, notes]).toEqual([['train.py'], []]);
    const relative = scriptCall(join(project, 'train.py'), 'from . import a', project);
    expect(relative.notes).toEqual([expect.stringContaining('in the folder above the package')]);
  });

  it('belongs to the folder above its outermost package, if it imports from a package', () => {
    files({ 'src/pkg/__init__.py': '', 'src/pkg/jobs/__init__.py': '' });
    const script = join(project, 'src/pkg/jobs/train.py');
    expect(projectOf(script, 'from . import a')).toBe(join(project, 'src'));
    expect(projectOf(script, 'import torch')).toBe(dirname(script));
  });
});

describe('The imports of a command', () => {
  it('are those of the module that runs with -m, and of the modules of its package', () => {
    files({
      'pkg/train.py': 'import torch\nfrom . import model\nfrom .data.load import read\n',
      'pkg/model.py': 'import einops\nimport pkg.extra\n',
      'pkg/__init__.py': '',
      'pkg/extra.py': 'import yaml\n',
      'pkg/data/__init__.py': 'import numpy\n',
      'pkg/data/load.py': 'from ..model import net\nimport pandas\n',
    });
    const command = ['python3', '-m', 'pkg.train', '{params:flags}'];
    const script = scriptIn(command, project) ?? '';
    expect(script).toBe(join(project, 'pkg/train.py'));
    const found = ['einops', 'numpy', 'pandas', 'torch', 'yaml'];
    expect(importsOf(command, script, project)).toEqual(found);
  });

  it('are those of a package that runs with -m', () => {
    files({ 'pkg/__main__.py': 'import torch\n' });
    const command = ['python3', '-m', 'pkg'];
    const script = scriptIn(command, project) ?? '';
    expect(importsOf(command, script, project)).toEqual(['torch']);
  });
});
