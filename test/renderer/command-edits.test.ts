/** Tests the edits of a command in the form that sets up a study of a script. */
import { describe, expect, it } from 'vitest';
import { Stream, PURPOSE } from '../../src/core/random.ts';
import {
  addToCommand,
  argumentsOf,
  commandOf,
  configOf,
  fixSearched,
  lineOf,
  removeSearched,
  renameSearched,
  setConfig,
} from '../../src/renderer/views/set-up/command-edits.ts';
import type { Study } from '../../src/renderer/views/set-up/study-edits.ts';

function study(...command: readonly string[]): Study {
  const range = { type: 'float', low: 0, high: 1 };
  return { objective: { kind: 'command', command }, searchSpace: { lr: range, drop: range } };
}

describe('Form of a script: command line', () => {
  it('splits and joins arguments without a change, whatever they contain', () => {
    const stream = new Stream(3, { purpose: PURPOSE.simulation });
    const alphabet = ['a', ' ', '"', "'", '\\', '{', '}', '\t', 'é', '$'];
    for (let round = 0; round < 2_000; round++) {
      const args = Array.from({ length: stream.below(5) }, () =>
        Array.from({ length: stream.below(6) }, () => alphabet[stream.below(10)]).join(''),
      );
      expect(argumentsOf(lineOf(args))).toEqual(args);
    }
  });

  it('reads quotes as a shell does, and keeps the backslashes of Windows paths', () => {
    expect(argumentsOf(String.raw`C:\py\python.exe 'a b' "c d"e ''`)).toEqual([
      String.raw`C:\py\python.exe`,
      'a b',
      'c de',
      '',
    ]);
  });
});

describe('Form of a script: parameters of the command', () => {
  it('renames a placeholder and leaves doubled braces alone', () => {
    const renamed = renameSearched(study('t', '{lr}', '{{lr}}', '--a={lr},{drop}'), 'lr', 'rate');
    expect(commandOf(renamed)).toEqual(['t', '{rate}', '{{lr}}', '--a={rate},{drop}']);
    expect(commandOf(renameSearched(study('{lr}'), 'lr', 'drop'))).toEqual(['{lr}']);
  });

  it('writes the value of a parameter that is not searched', () => {
    expect(commandOf(fixSearched(study('t', '--lr', '{lr}'), 'lr', 0.5))).toEqual([
      't',
      '--lr',
      '0.5',
    ]);
    expect(commandOf(fixSearched(study('t', '{params:flags}'), 'lr', 0.5))).toEqual([
      't',
      '--lr',
      '0.5',
      '{params:flags}',
    ]);
  });

  it('removes a parameter with its flag, and adds a flag for a new one', () => {
    const flags = study('t', '--lr', '{lr}', '--drop={drop}', '--fast');
    expect(commandOf(removeSearched(flags, 'lr'))).toEqual(['t', '--drop={drop}', '--fast']);
    expect(commandOf(removeSearched(flags, 'drop'))).toEqual(['t', '--lr', '{lr}', '--fast']);
    expect(commandOf(addToCommand(study('t'), 'x'))).toEqual(['t', '--x', '{x}']);
    expect(commandOf(addToCommand(study('t', '{params:flags}'), 'x'))).toEqual([
      't',
      '{params:flags}',
    ]);
  });
});

describe('Form of a script: configuration file', () => {
  const withFile = setConfig(study('t', '{config}', '--drop={drop}'), 'c.yaml');
  const configured = (edited: Study) =>
    (edited['objective'] as Readonly<Record<string, unknown>>)['config'];

  it('is a field of the objective as long as it has a name', () => {
    expect(configOf(withFile)).toBe('c.yaml');
    expect(configOf(study('t'))).toBe('');
    const set = fixSearched(withFile, 'lr', 1);
    expect(configured(setConfig(set, 'd.yaml'))).toEqual({ file: 'd.yaml', set: { lr: 1 } });
    expect(configured(setConfig(withFile, ''))).toBeUndefined();
  });

  it('gets the value of a parameter that is not searched and not in the command', () => {
    const fixed = fixSearched(withFile, 'lr', 0.5);
    expect(configured(fixed)).toEqual({ file: 'c.yaml', set: { lr: 0.5 } });
    expect(commandOf(fixed)).toEqual(['t', '{config}', '--drop={drop}']);
    expect(Object.keys(fixed['searchSpace'] as object)).toEqual(['drop']);
    expect(configured(fixSearched(withFile, 'lr', '{a}'))).toMatchObject({ set: { lr: '{{a}}' } });
    expect(commandOf(fixSearched(withFile, 'drop', 0.5))).toEqual(['t', '{config}', '--drop=0.5']);
  });

  it('has the values of new parameters, which need no flag', () => {
    expect(addToCommand(withFile, 'x')).toBe(withFile);
  });
});
