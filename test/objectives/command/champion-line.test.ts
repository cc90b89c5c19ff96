import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { championLine } from '../../../src/objectives/command/champion-line.ts';
import { programSeed } from '../../../src/objectives/command/program-seed.ts';
import { commandObjective } from '../../../src/protocol/command-objective.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import type { TemporaryFolder } from '../../support/temporary-folder.ts';

let folder: TemporaryFolder;
beforeEach(() => (folder = temporaryFolder()));
afterEach(() => folder.remove());

const objectiveOf = (about: object) => commandObjective.parse({ kind: 'command', ...about });

describe('Commands: the line that runs the champion', () => {
  it('runs the program with its folder, variables, seed and parameters', () => {
    const project = join(folder.path, "it's é");
    mkdirSync(project);
    const script = 'pwd; for each in "$@"; do echo "<$each>"; done; env; ls';
    const objective = objectiveOf({
      command: ['sh', '-c', script, 'sh', '{name}', '{seed}', '{trialDir}/{checkpointDir}', '{{}}'],
      folder: project,
      env: { EXTRA: "a 'b'", SECRET: null },
    });
    const params = { name: '$HOME "x"', 'opt.lr': 0.5 };
    const line = championLine(objective, params, { seed: 7, trial: 12 }, 'linux');
    expect(line).not.toContain('SECRET');
    const printed = execFileSync('/bin/sh', ['-c', line], { encoding: 'utf8' }).split('\n');
    expect(printed.slice(0, 5)).toEqual([
      project,
      ...['<$HOME "x">', `<${programSeed(7, 12)}>`, '<trial-12/checkpoints-12>', '<{}>'],
    ]);
    expect(printed).toEqual(
      expect.arrayContaining(["EXTRA=a 'b'", 'GALAPAGOS_PARAM_opt_lr=0.5', 'trial-12']),
    );
  });

  it('has no variables for parameters that the command contains', () => {
    const of = (...command: string[]) =>
      championLine(
        objectiveOf({ command, folder: '/p' }),
        { lr: 1 },
        { seed: 1, trial: 0 },
        'linux',
      );
    expect(of('a', '{lr}')).toBe('cd /p && a 1');
    expect(of('a', '{params:hydra}')).toBe('cd /p && a lr=1');
    expect(of('a')).toBe('cd /p && GALAPAGOS_PARAM_lr=1 a');
  });

  it('is a line of PowerShell on Windows', () => {
    const command = ['a', '{trialDir}', '{checkpointDir}'];
    const objective = objectiveOf({ command, folder: "C:\\it's" });
    expect(championLine(objective, { lr: 1 }, { seed: 1, trial: 0 }, 'win32')).toBe(
      "cd -LiteralPath 'C:\\it''s'; mkdir -Force trial-0 | Out-Null; mkdir -Force checkpoints-0 | Out-Null; $env:GALAPAGOS_PARAM_lr = '1'; & a trial-0 checkpoints-0",
    );
  });
});
