import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  commandLine,
  fillIn,
  parseArgument,
  placeholdersOf,
} from '../../../src/objectives/command/template.ts';
import type { ParamValue } from '../../../src/core/search-space/distribution.ts';
import { windowsArguments } from '../../support/windows-arguments.ts';

const facts = { seed: 7, trial: 3, trialDir: '/tmp/é x', checkpointDir: '/tmp/kept' };

describe('Commands: placeholders', () => {
  it('fills in parameters, facts of the trial and doubled braces', () => {
    const command = ['python', '--lr={lr}', '{{{seed}}}', '{trial}', '{trialDir}/m.json', '{{}}'];
    expect(fillIn(command, { lr: 1e-7 }, facts)).toEqual([
      'python',
      '--lr=1e-7',
      '{7}',
      '3',
      '/tmp/é x/m.json',
      '{}',
    ]);
  });

  it('expands placeholders for all parameters into several arguments', () => {
    const params = { 'opt.lr': 0.1, name: "it's", flag: true, none: null, path: 'a\\' };
    expect(fillIn(['x', '{params:flags}'], params, facts)).toEqual([
      ...['x', '--opt.lr', '0.1', '--name', "it's", '--flag', 'true'],
      ...['--none', 'null', '--path', 'a\\'],
    ]);
    expect(fillIn(['x', '{params:hydra}'], params, facts)).toEqual([
      'x',
      'opt.lr=0.1',
      String.raw`name='it\'s'`,
      'flag=true',
      'none=null',
      String.raw`path='a\\'`,
    ]);
  });

  it('gives a parameter precedence over a fact of the same name', () => {
    expect(fillIn(['{seed}'], { seed: 99 }, facts)).toEqual(['99']);
  });

  it('finds no placeholder in a brace that has no partner', () => {
    for (const odd of ['{', '}', '{}', '{a', 'a}', '{a{b}}', '{"a": 1}}'])
      expect([odd, parseArgument(odd)]).toEqual([odd, null]);
    expect([...placeholdersOf(['{a}{b}', '{{c}}', '{'])]).toEqual(['a', 'b']);
  });

  it('returns any text unchanged once its braces are doubled', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        const escaped = text.replaceAll(/[{}]/g, '$&$&');
        expect(fillIn([escaped], {}, facts)).toEqual([text]);
      }),
    );
  });

  it('puts any value into an argument as one argument', () => {
    const value: fc.Arbitrary<ParamValue> = fc.oneof(
      fc.string({ unit: 'grapheme' }),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.boolean(),
    );
    fc.assert(
      fc.property(value, (x) => {
        expect(fillIn(['a{x}b', '{x}'], { x }, facts)).toEqual([`a${String(x)}b`, String(x)]);
      }),
    );
  });
});

describe('Commands: command lines to copy', () => {
  it('a POSIX shell reads back every argument', () => {
    const argument = fc
      .string({ unit: 'binary', maxLength: 20 })
      .map((text) => text.replaceAll(/[\0\uD800-\uDFFF]/g, ''));
    fc.assert(
      fc.property(fc.array(argument, { minLength: 1, maxLength: 6 }), (words) => {
        const script = `for each in ${commandLine(words, 'linux')}; do printf '%s\\0' "$each"; done`;
        const printed = execFileSync('/bin/sh', ['-c', script], { encoding: 'utf8' });
        expect(printed.split('\0').slice(0, -1)).toEqual(words);
      }),
      { numRuns: 15 },
    );
  });

  it('the C runtime of Windows reads back every argument', () => {
    const argument = fc.string({ unit: fc.constantFrom('a', ' ', '"', '\\', 'é', '\t') });
    fc.assert(
      fc.property(fc.array(argument, { minLength: 1, maxLength: 6 }), (words) => {
        expect(windowsArguments(commandLine(words, 'win32'))).toEqual(words);
      }),
    );
  });
});
