import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { commandObjective } from '../../../src/protocol/command-objective.ts';
import { examineScript } from '../../../src/studies/script/examine-script.ts';
import { pythons } from '../../support/peer-python.ts';
import { skipIf } from '../../support/platform.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const [python = ''] = pythons();
const noPython = python === '' ? 'python3 is no Python 3.8 or newer' : null;

describe('Doctor: scripts of studies', () => {
  let folder: string;
  beforeEach(() => {
    const temporary = temporaryFolder();
    onTestFinished(() => temporary.remove());
    folder = temporary.path;
  });
  const examined = (...command: string[]) => {
    const env = { PYTHONPATH: join(folder, 'installed') };
    const objective = commandObjective.parse({ kind: 'command', command, env });
    return examineScript(objective, folder, process.env);
  };

  it('names the versions of the packages that a script and its modules import', async (context) => {
    skipIf(noPython, context);
    const ran = join(folder, 'ran');
    writeFileSync(
      join(folder, 'train.py'),
      'import os, data, absent_package\nfrom helpers.io import x\n',
    );
    writeFileSync(join(folder, 'data.py'), 'import json\nimport shown.parts as s\n');
    mkdirSync(join(folder, 'helpers'));
    writeFileSync(join(folder, 'helpers', '__init__.py'), 'import bare\n');
    for (const [path, text] of [
      ['shown/__init__.py', `open(${JSON.stringify(ran)}, 'w')`],
      ['shown-1.5.dist-info/METADATA', 'Metadata-Version: 2.1\nName: shown\nVersion: 1.5\n'],
      ['bare.py', ''],
    ] as const) {
      const file = join(folder, 'installed', path);
      mkdirSync(join(file, '..'), { recursive: true });
      writeFileSync(file, text);
    }
    const findings = await examined(python, 'train.py', '{params:flags}');
    expect(findings).toEqual([
      { name: 'Python', found: expect.stringMatching(/^3\.\d+\.\d+, /) as string, remedy: null },
      { name: 'packages', found: 'bare, shown 1.5', remedy: null },
      {
        name: 'absent_package',
        found: 'not installed',
        remedy: expect.stringContaining('-m pip install') as string,
      },
    ]);
  });

  it('asks for the module galapagos where the command runs it', async (context) => {
    skipIf(noPython, context);
    writeFileSync(join(folder, 'train.py'), '');
    const findings = await examined(python, '-m', 'galapagos', 'train.py:f');
    expect(findings.at(-1)).toMatchObject({
      name: 'galapagos',
      found: 'not installed',
      remedy: expect.stringContaining('galapagos python install') as string,
    });
  });

  it('says which program is missing, or is no Python', async () => {
    expect(await examined('no-such-program', 'x')).toMatchObject([
      { name: 'program', remedy: 'correct "command": no-such-program' },
    ]);
    expect(await examined(process.execPath, 'x.mjs')).toEqual([
      { name: 'program', found: process.execPath, remedy: null },
    ]);
    writeFileSync(join(folder, 'train.py'), '');
    const [finding] = await examined(process.execPath, 'train.py');
    expect(finding).toMatchObject({
      name: 'Python',
      remedy: 'name a Python 3.8 or newer in "command"',
    });
  });
});
