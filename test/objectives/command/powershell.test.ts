/**
 * Tests lines of PowerShell with a model of its rules: literals, and how its releases pass
 * arguments to programs (NativeCommandParameterBinder of Windows PowerShell 5.1 and PowerShell 7).
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  powershellCommand,
  powershellLiteral,
} from '../../../src/objectives/command/powershell.ts';
import { size } from '../../support/effort.ts';
import { windowsArguments } from '../../support/windows-arguments.ts';

const QUOTE = /['\u2018\u2019\u201A\u201B]/;
const text = fc.string({
  unit: fc.constantFrom(
    'a',
    '1',
    '$',
    '`',
    '"',
    "'",
    '’',
    '‘',
    '\\',
    ' ',
    '\n',
    ';',
    '&',
    '(',
    '-',
    '.',
    '@',
    '%',
    'é',
  ),
  maxLength: 8,
});

/** Words of a statement after `&`: literals and bare words. @throws Error for anything else */
function wordsOf(statement: string): string[] {
  const words: string[] = [];
  let at = 2;
  while (at < statement.length) {
    if (QUOTE.test(statement.charAt(at))) {
      let word = '';
      for (at += 1; ; at++) {
        if (at >= statement.length) throw new Error('a literal is not closed');
        const character = statement.charAt(at);
        if (!QUOTE.test(character)) word += character;
        else if (QUOTE.test(statement.charAt(at + 1))) word += statement.charAt(++at);
        else break;
      }
      words.push(word);
      at += 1;
    } else {
      const [word = ''] = /^-{0,2}[A-Za-z][\w-]*/.exec(statement.slice(at)) ?? [];
      if (word === '') throw new Error(`${statement.slice(at)} is neither a literal nor a name`);
      words.push(word);
      at += word.length;
    }
    if (at < statement.length && statement.charAt(at) !== ' ') throw new Error('no space');
    at += 1;
  }
  return words;
}

/** Returns whether PowerShell adds quotation marks to an argument. */
function needsQuotes(argument: string): boolean {
  let [needs, after, quotes] = [false, false, 0];
  for (const character of argument) {
    if (character === '"' && !after) quotes += 1;
    else if (/\s/.test(character) && quotes % 2 === 0) needs = true;
    after = character === '\\';
  }
  return needs;
}

/** The program's arguments as the release gives them. */
function passed(words: readonly string[], release: '5.1' | '7, legacy' | '7'): string[] {
  if (release === '7') return [...words];
  const line = words
    // An empty argument is no part of the line.
    .map((word) => {
      if (!needsQuotes(word)) return word;
      const [slashes = ''] = release === '5.1' ? [] : (/\\*$/.exec(word) ?? []);
      return `"${word}${slashes}"`;
    })
    .join(' ');
  return windowsArguments(line);
}

describe('PowerShell: lines to paste', () => {
  it('give the program every argument as it is, in Windows PowerShell 5.1 and PowerShell 7', () => {
    fc.assert(
      fc.property(fc.array(text, { maxLength: 4 }), (args) => {
        const statements = powershellCommand(['C:\\it’s $a\\python.exe', ...args]);
        const [, ...words] = wordsOf(statements.at(-1) ?? '');
        const isLegacy = statements.length > 1;
        // The C runtime reads other white space as a part of an argument.
        expect(passed(words, '5.1')).toEqual(args);
        expect(passed(words, isLegacy ? '7, legacy' : '7')).toEqual(args);
      }),
      { numRuns: size(2_000, 20_000) },
    );
  });

  it('expand nothing in literals', () => {
    expect(powershellLiteral("$HOME `n it's ’")).toBe("'$HOME `n it''s ’’'");
    expect(powershellCommand(['python', 'train.py', '--x', '$env:A', '-1'])).toEqual([
      "& python 'train.py' --x '$env:A' '-1'",
    ]);
  });
});
