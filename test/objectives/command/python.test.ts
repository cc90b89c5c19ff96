/** Which Python the trials of a study run with. Interpreters are shell scripts that say so. */
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { problemText } from '../../../src/core/errors.ts';
import { championLine } from '../../../src/objectives/command/champion-line.ts';
import { command } from '../../../src/objectives/command/command.ts';
import { isPermitted, permit } from '../../../src/objectives/command/permission.ts';
import { activated, findPython, pythonOf } from '../../../src/objectives/command/python/python.ts';
import { examineScript } from '../../../src/studies/script/examine-script.ts';
import { CommandPlace } from '../../support/command-attempt.ts';

let place: CommandPlace;
let project: string;
beforeEach(() => {
  place = new CommandPlace();
  ({ project } = place);
});
afterEach(() => place.remove());

function write(path: string, text: string, mode = 0o644): string {
  const file = join(project, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  chmodSync(file, mode);
  return file;
}

/** Creates an environment whose programs print its name. */
function environment(name: string, kind: 'venv' | 'conda' = 'venv'): string {
  if (kind === 'venv') write(join(name, 'pyvenv.cfg'), '');
  else write(join(name, 'conda-meta', 'history'), '');
  for (const program of ['python', 'torchrun'])
    write(
      join(name, 'bin', program),
      `#!/bin/sh\necho "${program} of ${name}: $VIRTUAL_ENV$CONDA_PREFIX"\necho value=1\n`,
      0o755,
    );
  return join(project, name);
}

const found = (env: Record<string, string | undefined> = {}) => {
  const { program, origin, note } = findPython({ folder: project, env });
  return [program.replace(`${project}/`, ''), origin.replaceAll(`${project}/`, ''), note];
};

describe('Commands: the Python of a project', () => {
  it('is the active environment, then the folder’s, then the first on PATH', () => {
    expect(found()).toEqual(['python3', 'the first on PATH', null]);
    environment('.venv');
    expect(found()).toEqual(['.venv/bin/python', 'the environment .venv', null]);
    const active = environment('active');
    expect(found({ VIRTUAL_ENV: active })).toEqual([
      'active/bin/python',
      'the active environment active',
      null,
    ]);
  });

  it('is an active conda environment, of which base does not precede the folder’s', () => {
    const conda = environment('conda', 'conda');
    environment('.venv');
    const active = { CONDA_PREFIX: conda, CONDA_DEFAULT_ENV: 'vision' };
    expect(found(active)[1]).toBe('the active conda environment conda');
    expect(found({ ...active, CONDA_DEFAULT_ENV: 'base' })[1]).toBe('the environment .venv');
  });

  it('is the conda environment that environment.yml names, where conda lists it', () => {
    write('environment.yml', 'name: vision\ndependencies: [python]\n');
    expect(found({ HOME: project })[2]).toMatch(/environment\.yml describes a conda environment/);
    const path = environment('envs/vision', 'conda');
    write('.conda/environments.txt', `${project}\n${project}/envs/other\n${path}\n`);
    const origin = 'the conda environment of environment.yml, envs/vision';
    expect(found({ HOME: project })).toEqual(['envs/vision/bin/python', origin, null]);
    expect(found({ CONDA_EXE: join(project, 'bin', 'conda') })[1]).toBe(origin);
  });

  it('is the environment of uv, and none of it is created', () => {
    write('uv.lock', '');
    expect(found()).toEqual([
      'python3',
      'the first on PATH',
      `${project} is a project of uv without .venv: uv sync creates it`,
    ]);
    environment('.venv');
    expect(found()[1]).toBe('the environment of uv .venv');
    environment('elsewhere');
    expect(found({ UV_PROJECT_ENVIRONMENT: 'elsewhere' })[0]).toBe('elsewhere/bin/python');
  });

  it('is that of a command that begins with python or python3, and of a named environment', () => {
    environment('.venv');
    const of = (first: string, python?: string) =>
      pythonOf({ command: [first], folder: project, python }, {})?.environment ?? null;
    for (const first of ['python', 'python3', 'python.exe'])
      expect(of(first)).toBe(join(project, '.venv'));
    for (const first of ['sh', 'python2', './python', 'pythonx']) expect(of(first)).toBeNull();
    const other = environment('other');
    expect(of('sh', other)).toBe(other);
  });

  it('is activated as its own script does: programs first on PATH, and its variable', () => {
    const venv = environment('v');
    const conda = environment('c', 'conda');
    expect(activated({ PATH: '/bin' }, { environment: venv })).toEqual({
      PATH: `${venv}/bin${delimiter}/bin`,
      VIRTUAL_ENV: venv,
    });
    expect(activated({}, { environment: conda })).toEqual({
      PATH: `${conda}/bin`,
      CONDA_PREFIX: conda,
    });
  });
});

describe('Commands: trials of a Python', () => {
  const VALUE = { result: { stdout: 'value=(.*)' } };

  it('run with the environment of the folder where the command begins with python', async () => {
    const own = environment('.venv');
    const { VIRTUAL_ENV: active, CONDA_PREFIX: conda } = process.env;
    delete process.env['VIRTUAL_ENV'];
    delete process.env['CONDA_PREFIX'];
    try {
      const { ended } = place.start({ command: ['python', 'train.py'], ...VALUE });
      expect(await ended).toMatchObject({ outcome: 'succeeded' });
    } finally {
      if (active !== undefined) process.env['VIRTUAL_ENV'] = active;
      if (conda !== undefined) process.env['CONDA_PREFIX'] = conda;
    }
    expect(place.output()).toContain(`python of .venv: ${own}`);
  });

  it('find every program of a named environment, also behind a shell', async () => {
    const python = environment('named env');
    const about = { command: ['torchrun'], python, ...VALUE };
    expect(await place.start(about).ended).toMatchObject({ outcome: 'succeeded' });
    expect(place.output()).toContain('torchrun of named env');
    await place.start({ ...about, command: ['sh', '-c', 'python x.py'] }, {}, 1).ended;
    expect(place.output(1)).toContain('python of named env');
  });

  it('are started only with the environment that was permitted', () => {
    const objective = place.objective({ command: ['python'] });
    permit(place.userFolder, objective);
    expect(isPermitted(place.userFolder, objective)).toBe(true);
    expect(isPermitted(place.userFolder, { ...objective, python: '/elsewhere' })).toBe(false);
  });

  it('name it in the notes of check and run, in doctor, and in the champion’s line', async () => {
    const own = environment('.venv');
    const objective = place.objective({ command: ['python', 'a.py'], python: own });
    const line = `trials run with the Python ${own}/bin/python (named)`;
    expect(command.environmentNotes(objective, {})).toEqual([line]);
    expect(command.environmentNotes(place.objective({ command: ['sh'] }), {})).toEqual([]);
    const [asked] = await examineScript(objective, project, {});
    expect(JSON.stringify(asked)).toContain(`${own}/bin/python`);
    const champion = championLine(objective, {}, { seed: 1, trial: 0 }, 'linux');
    expect(champion).toContain('.venv/bin/python');
    const other = { ...objective, command: ['torchrun', 'a.py'] };
    expect(championLine(other, {}, { seed: 1, trial: 0 }, 'linux')).toContain('.venv/bin/torchrun');
  });

  it('are refused before a study starts where the environment is missing or has no Python', () => {
    const problems = (python: string) =>
      command
        .check(
          place.objective({ command: ['python'], folder: '.', python }),
          {},
          {
            resources: '/',
            project,
          },
        )
        .map(problemText);
    mkdirSync(join(project, 'empty'));
    environment('sound');
    expect(problems('absent/env')).toEqual([
      `objective.python: expected the folder of a Python environment, or an interpreter, found no file or folder ${project}/absent/env`,
    ]);
    expect(problems('empty')[0]).toMatch(/empty, which contains no bin\/python or bin\/python3$/);
    expect(problems('sound')).toEqual([]);
    const located = command.located(place.objective({ command: ['python'], python: 'sound' }), {
      resources: '/',
      project,
    });
    expect(located.python).toBe(join(project, 'sound'));
  });
});
