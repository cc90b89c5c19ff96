import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { problemText } from '../../../../src/core/errors.ts';
import type { SearchSpace } from '../../../../src/core/search-space/distribution.ts';
import { command } from '../../../../src/objectives/command/command.ts';
import { isPermitted, permit } from '../../../../src/objectives/command/permission.ts';
import { commandObjective } from '../../../../src/protocol/command-objective.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';
import type { TemporaryFolder } from '../../../support/temporary-folder.ts';

let folder: TemporaryFolder;
let project: string;
beforeEach(() => {
  folder = temporaryFolder();
  project = join(folder.path, 'project');
  mkdirSync(join(project, 'conf'), { recursive: true });
  writeFileSync(
    join(project, 'conf/a.yaml'),
    'optimizer:\n  lr: 0.1\n  name: sgd\n  nesterov: false\nseed: 1\nout: runs\nwhen: 2020-01-01\n',
  );
});
afterEach(() => folder.remove());

const float = { type: 'float', low: 0, high: 1 } as const;
const space: SearchSpace = { 'optimizer.lr': float };
const parsed = (about: object) =>
  commandObjective.parse({
    kind: 'command',
    command: ['sh', '{config}'],
    config: { file: 'conf/a.yaml' },
    ...about,
  });

const problems = (about: object, searched: SearchSpace = space) =>
  command
    .check(parsed(about), searched, { resources: '/', userFolder: folder.path, project })
    .map(problemText);

describe('Configuration files: checks before a study starts', () => {
  it('find nothing wrong with parameters of the type of the value with their name', () => {
    expect(
      problems(
        { config: { file: 'conf/a.yaml', set: { seed: '{seed}', out: '{checkpointDir}/x' } } },
        {
          ...space,
          'optimizer.name': { type: 'categorical', choices: ['sgd', 'adam'] },
          'optimizer.nesterov': { type: 'categorical', choices: [true, false] },
        },
      ),
    ).toEqual([]);
  });

  it('name the file, the nearest value and what was found of a parameter without one', () => {
    expect(problems({}, { 'optimiser.lr': float })).toEqual([
      'searchSpace.optimiser.lr: expected a value with this name in conf/a.yaml, found none (did you mean optimizer.lr?)',
    ]);
    expect(problems({}, { lr: float })).toEqual([
      'searchSpace.lr: expected a value with this name in conf/a.yaml, found none (did you mean optimizer.lr?)',
    ]);
    expect(problems({}, { units: float })).toEqual([
      'searchSpace.units: expected a value with this name in conf/a.yaml, found none (add it to the file, or pass it in the command)',
    ]);
  });

  it.each([
    ['a\0.yaml', /^objective\.config\.file: .*a\\u0000\.yaml", which cannot be read: /],
    [`${'a'.repeat(300)}.yaml`, /^objective\.config\.file: .*(which cannot be read|no file)/],
    ['conf', /^objective\.config\.file: expected a file that ends with/],
  ])('name a path that cannot be opened, as %j', (file, expected) => {
    expect(problems({ config: { file } })).toEqual([expect.stringMatching(expected)]);
  });

  it('name the line and both types of a value of another type', () => {
    const texts = { type: 'categorical', choices: ['a', 'b'] } as const;
    expect(
      problems({}, { 'optimizer.name': float, 'optimizer.lr': texts, optimizer: float }),
    ).toEqual([
      'searchSpace.optimizer.name: expected a number at optimizer.name in conf/a.yaml, line 3, found a text sgd',
      'searchSpace.optimizer.lr: expected a text at optimizer.lr in conf/a.yaml, line 2, found a number 0.1',
      'searchSpace.optimizer: expected a number at optimizer in conf/a.yaml, line 2, found a group of values',
    ]);
  });

  it.each([
    { name: 'a placeholder', about: { command: ['sh', '--lr={lr}', '{config}'] } },
    { name: 'all options', about: { command: ['sh', '{params:flags}', '{config}'] } },
    { name: 'the seed', about: { seed: { $param: 'lr' } } },
    { name: '"set"', about: { config: { file: 'conf/a.yaml', set: { 'optimizer.lr': '{lr}' } } } },
  ])('allow parameters that the file lacks and $name passes', ({ about }) => {
    expect(problems(about, { lr: { type: 'int', low: 1, high: 9 } })).toEqual([]);
  });

  it('refuse null for a TOML file, which has none', () => {
    writeFileSync(join(project, 'a.toml'), 'a = "x"\nb = 1\n');
    const choices = { type: 'categorical', choices: ['x', null] } as const;
    expect(problems({ config: { file: 'a.toml', set: { b: null } } }, { a: choices })).toEqual([
      'searchSpace.a: expected values other than null, which TOML lacks, found null',
      'objective.config.set.b: expected values other than null, which TOML lacks, found null',
    ]);
  });

  it('name the place where a file does not parse', () => {
    writeFileSync(join(project, 'conf/a.yaml'), 'a: [1\nb: 2\n');
    expect(problems({})).toEqual([
      'objective.config.file: expected a file that parses, found conf/a.yaml: Flow sequence in block collection must be sufficiently indented and end with a ] at line 2, column 1',
    ]);
  });

  it.each([
    [
      'conf/b.yaml',
      /expected a file, relative to the working folder, found no file .*conf.b\.yaml$/,
    ],
    ['conf', /expected a file that ends with \.yaml, \.yml, \.json or \.toml, found "conf"$/],
    ['c.ini', /expected a file that ends with .* found "c\.ini"$/],
    ['/etc/a.yaml', /relative to the working folder, with "\/" between names, found "\/etc/],
    ['conf\\a.yaml', /with "\/" between names/],
    ['C:/a.yaml', /with "\/" between names/],
    ['../other.yaml', /expected a file in .*project, the folder of the study file/],
  ])('refuse the file %j', (file, expected) => {
    writeFileSync(join(folder.path, 'other.yaml'), 'optimizer: {lr: 1}');
    const found = problems({ config: { file } });
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(expected);
  });

  it('refuse {config} without a file, and unknown names and placeholders in "set"', () => {
    const without = commandObjective.parse({ kind: 'command', command: ['sh', '{config}'] });
    expect(command.check(without, space, { resources: '/', project }).map(problemText)).toEqual([
      'objective.command[1]: expected "config": {"file": …} in the objective, found {config} without it (name the configuration file there)',
    ]);
    const set = { sed: 1, seed: '{sed}', 'optimizer.lr': 1, out: '{config}' };
    expect(problems({ config: { file: 'conf/a.yaml', set } })).toEqual([
      'objective.config.set.sed: expected a value with this name in conf/a.yaml, found none (did you mean seed?)',
      'objective.config.set.seed: expected one of seed, trial, trialDir, checkpointDir, optimizer.lr, found {sed}',
      'objective.config.set.optimizer.lr: expected a name that no parameter has, found optimizer.lr',
      'objective.config.set.out: expected one of seed, trial, trialDir, checkpointDir, optimizer.lr, found {config}',
    ]);
  });

  it('say that a program without {config} has to open the file by its name', () => {
    expect(command.notes(parsed({}), space)).toEqual([]);
    expect(command.notes(parsed({ command: ['sh'] }), space)).toEqual([
      'the command does not contain {config}: the program has to open conf/a.yaml itself, which has the values of the trial in the copy of the project folder',
    ]);
  });

  it('refuse a program that opens the file itself in the project folder itself', () => {
    const objective = parsed({ folder: project, command: ['sh'] });
    permit(folder.path, objective);
    const places = { resources: '/', userFolder: folder.path };
    expect(command.check(objective, space, places)).toEqual([]);
    const itself = { ...places, inProject: true };
    expect(command.check(objective, space, itself).map(problemText)).toEqual([
      'objective.command: expected {config} in the command, because your own conf/a.yaml is not changed, found a command without it in the project folder itself (pass {config} to the program, or start the study with a copy of the project folder)',
    ]);
    permit(folder.path, parsed({ folder: project }));
    expect(command.check(parsed({ folder: project }), space, itself)).toEqual([]);
  });

  it('do not read files of a command that was never started on this machine', () => {
    const objective = parsed({ folder: project, config: { file: 'conf/a.ini' } });
    const places = { resources: '/', userFolder: folder.path };
    const found = () => command.check(objective, space, places).map(({ code }) => code);
    expect(found()).toEqual(['command-not-started-here']);
    permit(folder.path, objective);
    expect(found()).toEqual(['config']);
    expect(isPermitted(folder.path, { ...objective, config: { file: 'b.yaml' } })).toBe(false);
  });
});
