import { describe, expect, it } from 'vitest';
import { againLines } from '../../../src/cli/display/summary.ts';
import { commandLineOf } from '../../../src/studies/command-lines.ts';

const objective = { kind: 'command', command: ['python3', 'train.py', '{rate}'] };

describe('Display: how the best trial was trained', () => {
  it('gives the command line of its program and the files that it kept', () => {
    const command = commandLineOf({ objective, seed: 1, sampler: { name: 'tpe' } }, 3, { rate: 1 });
    expect(command).toContain('train.py 1');
    expect(againLines({ trial: 3, command: 'python3 train.py 1' }, '/kept/3')).toEqual([
      '',
      'Run trial 3 again with:',
      'python3 train.py 1',
      'It kept files in /kept/3.',
    ]);
  });

  it('gives the schedule of a member of a population, which no command line repeats', () => {
    const sampler = { name: 'pbt', population: 4, rounds: 4 };
    expect(commandLineOf({ objective, seed: 1, sampler }, 3, { rate: 1 })).toBeNull();
    const schedule = [
      { epoch: 0, params: { rate: 0.5 } },
      { epoch: 2, params: { rate: 0.6 } },
    ];
    expect(againLines({ trial: 3, schedule }, '/kept/3')).toEqual([
      '',
      'Trial 3 trained with a schedule:',
      'from epoch 1: rate 0.5',
      'from epoch 3: rate 0.6',
      'It kept files in /kept/3.',
    ]);
  });

  it('gives nothing where there is no trial, or no program', () => {
    expect(againLines(undefined, null)).toEqual([]);
    expect(againLines({ trial: 3 }, null)).toEqual([]);
  });
});
