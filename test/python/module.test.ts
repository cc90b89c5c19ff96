/** Runs the module's own tests, and checks how it gets into an environment. */
import { execFile, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { installModule, printFolder } from '../../src/cli/actions/python-module.ts';
import { StandIns } from '../support/stand-in-programs.ts';
import { cliContext } from '../support/cli-context.ts';
import { pythons } from '../support/peer-python.ts';
import { noModes, skipIf } from '../support/platform.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const run = promisify(execFile);
const root = join(import.meta.dirname, '../..');
const resources = join(root, 'resources');
const module = join(resources, 'python', 'galapagos.py');
const [python = ''] = pythons();
const noPython = python === '' ? 'python3 is no Python 3.8 or newer' : null;

describe('Python module', () => {
  it.for(['python3', process.env['GALAPAGOS_PEER_PYTHON'] ?? 'GALAPAGOS_PEER_PYTHON'])(
    'passes its own tests on %s',
    async (interpreter, context) => {
      const missing = pythons().includes(interpreter) ? null : `${interpreter} is not installed`;
      skipIf(missing, context);
      const { stderr } = await run(interpreter, [
        '-B',
        join(root, 'test/python/test_galapagos.py'),
      ]);
      expect(stderr).toMatch(/Ran \d\d tests[^]*\nOK/);
    },
  );

  it('has the version of package.json, in the module and in pyproject.toml', () => {
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
      version: string;
    };
    expect(readFileSync(module, 'utf8')).toContain(`\n__version__ = "${version}"\n`);
    expect(readFileSync(join(resources, 'python/pyproject.toml'), 'utf8')).toContain(
      `\nversion = "${version}"\n`,
    );
  });

  it('is installed by pip from its folder, without network and without files left there', async (context) => {
    skipIf(noPython, context);
    const folder = newFolder();
    const before = readdirSync(join(resources, 'python'));
    const pip = ['-m', 'pip', '--disable-pip-version-check'];
    const noPip = spawnSync(python, [...pip, '--version']).status === 0 ? null : 'no pip';
    skipIf(noPip, context);
    const install = [...pip, 'install', '--no-index', '--target', folder];
    await run(python, [...install, join(resources, 'python')]);
    const code = 'import galapagos; print(galapagos.__file__, galapagos.params(rate=0.1))';
    const { stdout } = await run(python, ['-c', code], { env: { PYTHONPATH: folder } });
    expect(stdout.trim()).toBe(`${join(folder, 'galapagos.py')} {'rate': 0.1}`);
    expect(readdirSync(join(resources, 'python'))).toEqual(before);
  });
});

describe('galapagos python', () => {
  let folder: string;
  beforeEach((context) => {
    // The stand-in for an interpreter is a shell script.
    skipIf(noModes, context);
    folder = newFolder();
  });

  /** An interpreter that names these packages' folder and version. */
  function interpreter(version = '3.11.2', stdout?: string): string {
    const programs = new StandIns(join(folder, 'bin'));
    const packages = join(folder, 'site-packages');
    const answer = JSON.stringify({ executable: '/env/bin/python', version, packages });
    programs.add('python', { stdout: stdout ?? `${answer}\n` });
    return join(folder, 'bin', 'python');
  }
  const context = () => ({ ...cliContext(folder, { PATH: process.env['PATH'] ?? '' }), resources });

  it('prints the folder that pip installs', () => {
    const printed = context();
    printFolder(printed, false);
    expect(printed.printed()).toBe(`${join(resources, 'python')}\n`);
  });

  it('copies the module into site-packages, and does so again only after a change', async () => {
    const path = interpreter();
    const states: unknown[] = [];
    for (const change of ['', '', '"""Client of Galapagos, former version."""']) {
      const file = join(folder, 'site-packages', 'galapagos.py');
      if (change !== '') writeFileSync(file, change);
      const printed = context();
      await installModule(printed, path, true);
      states.push((JSON.parse(printed.printed()) as { state: unknown }).state);
      expect(readFileSync(file, 'utf8')).toBe(readFileSync(module, 'utf8'));
    }
    expect(states).toEqual(['installed', 'unchanged', 'updated']);
  });

  it('installs for the Python of .venv, which it names', async (test) => {
    skipIf(noPython, test);
    const made = spawnSync(python, ['-m', 'venv', '--without-pip', join(folder, '.venv')]);
    skipIf(made.status === 0 ? null : `${python} has no venv`, test);
    const printed = context();
    await installModule(printed, undefined, false);
    expect(printed.printed()).toContain(`the environment ${join(folder, '.venv')}`);
    expect(printed.printed()).toMatch(/galapagos\.py installed: .*site-packages/);
  });

  it('leaves another package of the name alone', async () => {
    const path = interpreter();
    mkdirSync(join(folder, 'site-packages', 'galapagos'), { recursive: true });
    await expect(installModule(context(), path, false)).rejects.toThrow(
      /another package named galapagos is installed: .*site-packages/,
    );
  });

  it.each([
    ['absent', () => join(folder, 'absent'), /there is no Python at .*absent; name one with/],
    ['too old', () => interpreter('3.7.16'), /is Python 3\.7\.16; expected 3\.8 or newer/],
    ['no Python', () => interpreter('', 'hello'), /is not a usable Python 3: hello/],
  ])('says that the interpreter is %s', async (_, named, message) => {
    await expect(installModule(context(), named(), false)).rejects.toThrow(message);
  });

  it('says that the folder of packages is not writable, and what to do', async () => {
    const path = interpreter();
    writeFileSync(join(folder, 'site-packages'), 'a file in its place');
    await expect(installModule(context(), path, false)).rejects.toThrow(
      /site-packages.*Create an environment that belongs to you/,
    );
  });
});

function newFolder(): string {
  const folder = temporaryFolder();
  onTestFinished(() => folder.remove());
  return folder.path;
}
