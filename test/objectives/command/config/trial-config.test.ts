import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { command } from '../../../../src/objectives/command/command.ts';
import { championConfig } from '../../../../src/objectives/command/champion-config.ts';
import { championLine } from '../../../../src/objectives/command/champion-line.ts';
import { programSeed } from '../../../../src/objectives/command/program-seed.ts';
import type { CommandObjective } from '../../../../src/protocol/command-objective.ts';
import { CommandPlace, shell } from '../../../support/command-attempt.ts';

let place: CommandPlace;
beforeEach(() => {
  place = new CommandPlace();
  place.script('my config.yaml', CONFIG);
});
afterEach(() => place.remove());

const CONFIG = '# mine\noptimizer: {lr: 0.5, name: sgd} # fast\nseed: 0\nout: runs\n';
const FILE = 'my config.yaml';
const RESULT = { result: { stdout: 'value=(\\S+)' } };
const PARAMS = { 'optimizer.lr': 0.125 };

/** The objective as a study keeps it that runs in a copy of the project folder. */
async function copied(about: object): Promise<CommandObjective> {
  const objective = place.objective(about);
  const places = { project: place.project, userFolder: place.userFolder, lab: '/no/lab.db' };
  const taken = await command.capture(objective, places);
  const found = place.objective(taken.objective);
  command.permit(found, place.userFolder);
  return found;
}

describe('Configuration files: of an attempt', () => {
  const printing = shell('cat "$1"; pwd; echo value=1');

  it('are copies with the values of the trial, and the file of the project stays', async () => {
    const about = {
      command: [...printing, 'sh', '{config}'],
      config: { file: FILE, set: { seed: '{seed}', out: '{checkpointDir}/{trial}' } },
      ...RESULT,
    };
    expect(await place.start(about, PARAMS, 3).ended).toMatchObject({ value: 1 });
    const output = place.output(3);
    expect(output).toContain(
      `# mine\noptimizer: {lr: 0.125, name: sgd} # fast\nseed: ${programSeed(7, 3)}\nout: "`,
    );
    expect(output).toMatch(/out: ".*checkpoints.*3\/3"\n/);
    expect(readFileSync(join(place.project, FILE), 'utf8')).toBe(CONFIG);
  });

  it('have the name of the file, and are deleted after the attempt', async () => {
    const about = {
      command: [...shell('echo "path=$1"; echo value=1'), 'sh', '{config}'],
      config: { file: FILE },
      ...RESULT,
    };
    await place.start(about, PARAMS).ended;
    const path = /path=(.*)\n/.exec(place.output())?.[1] ?? '';
    expect(path).toMatch(/my config\.yaml$/);
    expect(() => readFileSync(path)).toThrow('ENOENT');
  });

  it('are the file itself in a copy of the project folder where the command lacks {config}', async () => {
    const objective = await copied({
      command: shell('cat "my config.yaml"; echo value=1'),
      config: { file: FILE },
      ...RESULT,
    });
    for (const [number, lr] of [0.125, 0.25].entries()) {
      const { ended } = place.evaluate(objective, { 'optimizer.lr': lr }, number);
      expect(await ended).toMatchObject({ value: 1 });
      expect(place.output(number)).toContain(`{lr: ${lr}, name: sgd} # fast`);
      expect(place.output(number)).not.toContain('not kept');
    }
    expect(readFileSync(join(place.project, FILE), 'utf8')).toBe(CONFIG);
  });

  it('replace a link in the copy, and never the file that it leads to', async () => {
    writeFileSync(join(place.project, '.gitignore'), '*.yaml\n');
    const objective = await copied({
      command: shell('cat "my config.yaml"; echo value=1'),
      config: { file: FILE },
      ...RESULT,
    });
    expect(await place.evaluate(objective, PARAMS).ended).toMatchObject({ value: 1 });
    expect(place.output()).toContain('lr: 0.125');
    expect(readFileSync(join(place.project, FILE), 'utf8')).toBe(CONFIG);
  });

  it('are not written through a folder that is a link to the project', async () => {
    mkdirSync(join(place.project, 'conf'));
    writeFileSync(join(place.project, 'conf/a.yaml'), CONFIG);
    writeFileSync(join(place.project, '.gitignore'), 'conf\n');
    const objective = await copied({
      command: shell('echo value=1'),
      config: { file: 'conf/a.yaml' },
      ...RESULT,
    });
    const { error } = await place.evaluate(objective, PARAMS).ended;
    expect(error).toMatch(/conf\/a\.yaml: .*its folder is a link to .*\.galapagosignore/);
    expect(readFileSync(join(place.project, 'conf/a.yaml'), 'utf8')).toBe(CONFIG);
  });

  it('are not written in the project folder itself', async () => {
    const { ended } = place.start(
      { command: shell('echo value=1'), config: { file: FILE }, ...RESULT },
      PARAMS,
    );
    const { error } = await ended;
    expect(error).toMatch(/my config\.yaml: .*a command with \{config\}/);
    expect(readFileSync(join(place.project, FILE), 'utf8')).toBe(CONFIG);
  });

  it('are not written from a file that lost the name of a parameter', async () => {
    const about = {
      command: [...printing, 'sh', '{config}'],
      config: { file: FILE, set: { seed: '{width}' } },
      ...RESULT,
    };
    place.script(FILE, 'optimizer: {rate: 0.5}\nseed: 0\n');
    const { error } = await place.start(about, { ...PARAMS, width: 3 }).ended;
    expect(error).toMatch(/my config\.yaml: .*found no value with the name optimizer\.lr; /);
    expect(await place.start(about, { width: 3 }, 1).ended).toMatchObject({ value: 1 });
    expect(place.output(1)).toContain('seed: 3\n');
  });

  it('are not written from a file that is not UTF-8', async () => {
    const about = { command: [...printing, 'sh', '{config}'], config: { file: FILE }, ...RESULT };
    writeFileSync(join(place.project, FILE), Buffer.from(`# \xe9t\xe9\n${CONFIG}`, 'latin1'));
    const { error } = await place.start(about, PARAMS).ended;
    expect(error).toMatch(/found .*my config\.yaml, which is no text in UTF-8/);
  });

  it('keep the value of the file where a parameter has no value in the trial', async () => {
    const about = { command: [...printing, 'sh', '{config}'], config: { file: FILE }, ...RESULT };
    await place.start(about, {}).ended;
    expect(place.output()).toContain(CONFIG);
  });
});

describe('Configuration files: of the champion', () => {
  const about = {
    command: ['sh', '-c', 'cat "$1"', 'sh', '{config}'],
    config: { file: FILE, set: { seed: '{seed}', out: '{checkpointDir}' } },
  };
  const trial = { seed: 7, trial: 12 };

  it('are those of the start of the study, also after the project has changed', async () => {
    const objective = await copied(about);
    writeFileSync(join(place.project, FILE), 'other: 1\n');
    const found = championConfig(objective, PARAMS, trial, place.userFolder);
    expect(found).toEqual({
      file: FILE,
      text: `# mine\noptimizer: {lr: 0.125, name: sgd} # fast\nseed: ${programSeed(7, 12)}\nout: "checkpoints-12"\n`,
    });
  });

  it('are written by the line that runs it, beside the file of the project', () => {
    const objective = place.objective(about);
    const stored = { study: "it's", lab: '/l ab.db' };
    const line = championLine(objective, PARAMS, { ...trial, stored }, 'linux');
    expect(line).toMatch(
      /galapagos config 'it'\\''s' 12 --lab '\/l ab\.db' --output '.*my config\.trial-12\.yaml' && cd /,
    );
    expect(line).not.toContain('GALAPAGOS_PARAM');
    expect(championLine(objective, PARAMS, { ...trial, stored }, 'win32')).toMatch(
      /galapagos config 'it''s' '12' .*; cd -LiteralPath .*; & sh /,
    );
    // What `galapagos config` writes.
    const text = championConfig(objective, PARAMS, trial, place.userFolder)?.text ?? '';
    writeFileSync(join(place.project, 'my config.trial-12.yaml'), text);
    const runs = line.slice(line.indexOf('&& cd') + 3);
    expect(execFileSync('/bin/sh', ['-c', runs], { encoding: 'utf8' })).toBe(text);
    expect(readdirSync(place.project)).toContain('checkpoints-12');
  });

  it('take the place of a file that the program opens by its name', () => {
    const objective = place.objective({ command: ['cat', FILE], config: { file: FILE } });
    const stored = { study: 'a', lab: '/lab.db' };
    expect(championLine(objective, PARAMS, { ...trial, stored }, 'linux')).toMatch(
      /--output '.*my config\.yaml' --replace && cd .* && cat 'my config\.yaml'$/,
    );
  });
});
