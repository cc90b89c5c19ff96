import { InvalidArgumentError } from 'commander';
import { describe, expect, test } from 'vitest';
import { integer, real, text } from '../../src/cli/options/arguments.ts';
import { durationArgument } from '../../src/cli/options/duration-argument.ts';
import { EXIT, exitCodeOf, UsageError } from '../../src/cli/process/exit-codes.ts';
import { reportError } from '../../src/cli/process/report-error.ts';
import { resumeCommand } from '../../src/cli/run/resume-command.ts';
import { InvalidInput } from '../../src/core/errors.ts';
import { errorOutput } from '../../src/protocol/cli-output.ts';
import { StorageError } from '../../src/storage/errors.ts';

describe('Command line: option values', () => {
  test.each([
    [integer(1), '12', 12],
    [integer(0), '0', 0],
    [integer(1), '0', 'Expected an integer ≥ 1, found "0".'],
    [integer(1), '1.5', 'Expected an integer ≥ 1, found "1.5".'],
    [integer(1), '', 'Expected an integer ≥ 1, found "".'],
    [integer(0), '9007199254740993', 'Expected an integer ≥ 0, found "9007199254740993".'],
    [real({ above: 0 }), '0.5', 0.5],
    [real({ above: 0 }), '0', 'Expected a number > 0, found "0".'],
    [real({ least: 0, most: 1 }), '2', 'Expected a number ≥ 0 and ≤ 1, found "2".'],
    [real(), '1e-4', 1e-4],
    [real(), 'Infinity', 'Expected a number, found "Infinity".'],
    [text, ' ', 'Expected a text, found an empty one.'],
  ])('%#: %j → %j', (parser, given, expected) => {
    if (typeof expected === 'number') expect(parser(given)).toBe(expected);
    else expect(() => parser(given)).toThrow(new InvalidArgumentError(expected));
  });
});

test('Command line: the resume command repeats the flags that still apply, quoted for a shell', () => {
  const flags = {
    lab: "my lab's.db",
    trials: 10,
    resume: true,
    json: undefined,
    export: 'best.json',
  };
  expect(resumeCommand('./my study.json', { flags, env: {} })).toBe(
    "galapagos run './my study.json' --lab 'my lab'\\''s.db' --trials 10 --export best.json --resume",
  );
  expect(
    resumeCommand('mnist', { flags: { lab: 'lab.db' }, env: { npm_execpath: '/x/npm-cli.js' } }),
  ).toBe('npx galapagos run mnist --lab lab.db --resume');
});

describe('Command line: exits with 2 for an invalid request, with 1 for a failure', () => {
  test.each([
    [new InvalidInput('x', []), EXIT.badInput],
    [new UsageError('x'), EXIT.badInput],
    [new StorageError('not-sqlite', 'x', 'x'), EXIT.badInput],
    [new StorageError('schema-newer', 'x', 'x'), EXIT.badInput],
    [new StorageError('disk-full', 'x', 'x'), EXIT.failed],
    [new StorageError('held', 'x', 'x'), EXIT.failed],
    [new Error('x'), EXIT.failed],
    ['thrown', EXIT.failed],
  ])('%s', (error, code) => {
    expect(exitCodeOf(error)).toBe(code);
  });
});

describe('Command line: prints errors as sentences, or as one JSON object', () => {
  const problem = (
    path: string,
  ): { code: string; path: string; expected: string; found: string } => ({
    code: 'c',
    path,
    expected: 'e',
    found: 'f',
  });
  const said = (error: unknown, json: boolean, debug = false): string => {
    let all = '';
    reportError(error, { write: (part) => (all += part) }, { json, debug });
    return all;
  };

  test('for one problem, several problems, and an internal error', () => {
    expect(said(new InvalidInput('s.json', [problem('a')]), false)).toBe(
      'galapagos: s.json: a: expected e, found f\n',
    );
    expect(said(new InvalidInput('s.json', [problem('a'), problem('b')]), false)).toBe(
      'galapagos: 2 problems\n  s.json: a: expected e, found f\n  s.json: b: expected e, found f\n',
    );
    expect(said(new TypeError('x is undefined'), false)).toBe(
      'galapagos: internal error: x is undefined (set GALAPAGOS_DEBUG=1 for the stack trace)\n',
    );
    expect(said(new TypeError('x'), false, true)).toContain('command-line.test.ts');
  });

  test('whose JSON follows its schema', () => {
    const { error } = errorOutput.parse(
      JSON.parse(said(new InvalidInput('s.json', [problem('a')]), true)),
    );
    expect(error).toMatchObject({ code: 'invalid-input', problems: [{ path: 'a', hint: null }] });
    expect(errorOutput.parse(JSON.parse(said('thrown', true))).error).toEqual({
      code: 'internal',
      message: 'thrown',
      problems: [],
    });
  });
});

describe('Command line: durations', () => {
  test.each([
    ['200ms', 200],
    ['1.5s', 1500],
    ['2min', 120_000],
    ['0ms', 0],
    ['lognormal:200ms,0.5', { median: 200, sigma: 0.5 }],
    ['lognormal:2s,0', { median: 2000, sigma: 0 }],
  ])('%s', (given, expected) => {
    expect(durationArgument(given)).toEqual(expected);
  });

  test.each([
    '200',
    '-1s',
    'ms',
    'lognormal:0s,0.5',
    'lognormal:1s',
    'lognormal:1s,x',
    'lognormal:1s,9',
    'normal:1s,1',
    '',
  ])('refuses %j', (given) => {
    expect(() => durationArgument(given)).toThrow(`found ${JSON.stringify(given)}.`);
  });
});
