import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { NO_DEMAND } from '../../../src/core/demand.ts';
import { problemText } from '../../../src/core/errors.ts';
import type { SearchSpace } from '../../../src/core/search-space/distribution.ts';
import { command } from '../../../src/objectives/command/command.ts';
import { permit } from '../../../src/objectives/command/permission.ts';
import { commandObjective } from '../../../src/protocol/command-objective.ts';
import { check } from '../../../src/protocol/problems.ts';
import { prunerProblems } from '../../../src/protocol/pruning.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import type { TemporaryFolder } from '../../support/temporary-folder.ts';

let folder: TemporaryFolder;
let project: string;
beforeEach(() => {
  folder = temporaryFolder();
  project = join(folder.path, 'project');
  mkdirSync(join(project, 'sub'), { recursive: true });
});
afterEach(() => folder.remove());

const float = { type: 'float', low: 0, high: 1 } as const;
const space: SearchSpace = { lr: float, units: { type: 'int', low: 1, high: 9 } };

const parsed = (about: object) =>
  commandObjective.parse({ kind: 'command', command: ['sh'], ...about });

function problems(about: object, searched: SearchSpace = space, from: string | null = project) {
  const places = { resources: '/', userFolder: folder.path };
  return command
    .check(parsed(about), searched, from === null ? places : { ...places, project: from })
    .map(problemText);
}

describe('Commands: where trials run', () => {
  it.each([
    { resources: undefined, cpu: true, gpu: true },
    { resources: { cpus: 2 }, cpu: true, gpu: true },
    { resources: { gpus: 0 }, cpu: true, gpu: false },
    { resources: { gpus: 1 }, cpu: false, gpu: true },
  ])('follows the GPUs of $resources', ({ resources, cpu, gpu }) => {
    const objective = parsed(resources === undefined ? {} : { resources });
    expect(command.runsOn(objective, 'cpu')).toBe(cpu);
    expect(command.runsOn(objective, 'gpu')).toBe(gpu);
  });

  it('follows the stated cores and memory, and each cohort is one trial', () => {
    const stated = parsed({ resources: { cpus: 2, memoryGb: 1.5 } });
    expect(command.demand(stated)).toEqual({ cores: 2, memoryBytes: 1.5e9 });
    expect(command.demand(parsed({}))).toBe(NO_DEMAND);
    expect(command.mostLanes).toBe(1);
  });
});

describe('Commands: checks before a study starts', () => {
  it('finds nothing wrong with a program on PATH and parameters of the search space', () => {
    const args = ['--lr={lr}', '{units}', '{{}}', '{seed}', '{trial}', '{trialDir}/x'];
    expect(problems({ command: ['sh', ...args], folder: 'sub' })).toEqual([]);
    expect(problems({ command: ['sh', '{params:flags}'], epochs: { $param: 'units' } })).toEqual(
      [],
    );
  });

  it('lists every problem of placeholders at once', () => {
    const args = ['{unit}', '{', '{"a": 1}', 'x{params:flags}', '{opt}'];
    const conditional: SearchSpace = { ...space, opt: { ...float, when: { units: [1] } } };
    expect(problems({ command: ['{lr}', ...args] }, conditional)).toEqual([
      'objective.command[0]: expected a program without placeholders, found "{lr}"',
      'objective.command[1]: expected one of lr, units, opt, seed, trial, trialDir, checkpointDir, params:flags, params:hydra, found unit (did you mean units?)',
      'objective.command[2]: expected a placeholder such as {name}, or {{ and }} for braces, found "{"',
      'objective.command[3]: expected one of lr, units, opt, seed, trial, trialDir, checkpointDir, params:flags, params:hydra, found "a": 1',
      'objective.command[4]: expected {params:flags} as a whole argument, found "x{params:flags}"',
      'objective.command[5]: expected parameters that every trial has, found {opt}, which has a condition ({params:flags}, {params:hydra} and GALAPAGOS_PARAMS leave out parameters without a value)',
    ]);
  });

  it('names a program that is not there, is not executable, or needs its folder', () => {
    writeFileSync(join(project, 'train.sh'), '#!/bin/sh\n');
    expect(problems({ command: ['no-such-program'] })).toEqual([
      'objective.command[0]: expected the program "no-such-program", found no program of this name on PATH',
    ]);
    expect(problems({ command: ['./none.sh'] })[0]).toMatch(/found no file .*none\.sh$/);
    expect(problems({ command: ['./train.sh'] })[0]).toMatch(/not executable \(chmod \+x/);
    chmodSync(join(project, 'train.sh'), 0o755);
    expect(problems({ command: ['./train.sh'] })).toEqual([]);
    expect(problems({ command: ['train.sh'] })[0]).toMatch(/write \.\/train\.sh$/);
    expect(problems({ command: [''] })[0]).toMatch(/expected a program, found ""$/);
  });

  it('refuses a folder that is missing, is a file, or leaves the project', () => {
    writeFileSync(join(project, 'file'), '');
    symlinkSync(folder.path, join(project, 'link'));
    expect(problems({ folder: 'none' })[0]).toMatch(/expected a folder, found no folder .*none$/);
    expect(problems({ folder: 'file' })[0]).toMatch(/file, which is not a folder$/);
    for (const outside of ['..', '/', 'link'])
      expect([outside, ...problems({ folder: outside })]).toEqual([
        outside,
        expect.stringMatching(/expected a folder in .*, the folder of the study file/),
      ]);
  });

  it('refuses a rule that is no regular expression, or has not one group', () => {
    const of = (stdout: string) => problems({ result: { stdout }, reports: { stdout: 'a(b)' } });
    expect(of('acc=(')[0]).toMatch(/objective\.result\.stdout: .*Unterminated group/);
    expect(of('acc')[0]).toMatch(/found acc, with none \(put the number in round brackets\)$/);
    expect(of('(a)(b)')[0]).toMatch(/found \(a\)\(b\), with 2 groups \(write \(\?:…\)/);
    expect(of('(?:a|b)=(.*)')).toEqual([]);
  });

  it('refuses variables that two parameters share, and names that the contract reserves', () => {
    expect(problems({ env: { GALAPAGOS_PARAM_X: '1' } }, { 'a.b': float, a_b: float })).toEqual([
      'objective.env.GALAPAGOS_PARAM_X: expected a name that does not begin with GALAPAGOS_, found GALAPAGOS_PARAM_X',
      'searchSpace.a_b: expected a name whose variable differs from that of a.b, found GALAPAGOS_PARAM_a_b for both',
    ]);
    expect(problems({ epochs: { $param: 'epoch' } })[0]).toMatch(/epochs\.\$param: .*found epoch/);
  });

  it('starts no program from a window or a lab file that was not started here before', () => {
    const own = { ...parsed({}), folder: project };
    expect(problems(own, space, null)[0]).toMatch(/a browser or a lab file starts no new program/);
    permit(folder.path, own);
    expect(problems(own, space, null)).toEqual([]);
    expect(problems({ ...own, command: ['sh', '-c', 'x'] }, space, null)).toHaveLength(1);
  });

  it('lists every problem of the stated resources at once', () => {
    const resources = { gpus: 3, cpus: 0.5, memoryGb: 0, memory: 1 };
    const found = check(commandObjective, { kind: 'command', command: ['sh'], resources });
    expect(found.ok ? [] : found.problems.map(({ path }) => path)).toEqual([
      'resources.gpus',
      'resources.cpus',
      'resources.memoryGb',
      'resources.memory',
    ]);
  });

  it('notes parameters that only the environment brings to the program', () => {
    const notes = (...args: string[]) => command.notes(parsed({ command: ['sh', ...args] }), space);
    expect(notes('{lr}')).toEqual([
      'the command does not contain units: the program has to read GALAPAGOS_PARAM_units or the file that GALAPAGOS_PARAMS names',
    ]);
    expect(notes('{params:hydra}')).toEqual([]);
    expect(notes('-m', 'galapagos', 'train.py')).toEqual([]);
  });

  it('allows a pruner only where the study says how often a trial reports', () => {
    const of = (about: object) =>
      prunerProblems({ name: 'median' }, parsed(about), 'random').map(problemText);
    expect(of({})).toHaveLength(1);
    expect(of({ epochs: 10 })).toEqual([]);
    expect(of({ reports: { stdout: 'a(b)' } })).toEqual([]);
  });
});
