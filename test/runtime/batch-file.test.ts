/**
 * Tests command lines of batch files with a model of cmd.exe: it expands variables, reads operators
 * outside quotation marks, and the batch file passes its arguments to a program (`%*`).
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isBatchFile, startable } from '../../src/runtime/batch-file.ts';
import { size } from '../support/effort.ts';
import { windowsArguments } from '../support/windows-arguments.ts';

const FILE = String.raw`C:\a b\run & go.bat`;
const VARIABLES: Readonly<Record<string, string>> = { PATH: 'SECRET', CD: 'C:\\SECRET', A: '"&x' };

/** Expands `%NAME%` and `%NAME:~,%` as a command line does; unknown names stay. */
function expanded(line: string): string {
  let text = '';
  for (let at = 0; at < line.length; at++) {
    const end = line.charAt(at) === '%' ? line.indexOf('%', at + 1) : -1;
    const [name = '', part] = line.slice(at + 1, Math.max(at + 1, end)).split(':');
    const value = end < 0 ? undefined : VARIABLES[name.toUpperCase()];
    if (value === undefined || (part !== undefined && part !== '~,')) text += line.charAt(at);
    else {
      text += part === undefined ? value : '';
      at = end;
    }
  }
  return text;
}

/** Throws for an operator outside quotation marks. */
function withoutOperators(line: string): string {
  let quoted = false;
  for (const character of line)
    if (character === '"') quoted = !quoted;
    else if (!quoted && '&|<>^()\r\n'.includes(character))
      throw new Error(`${character} ends or changes the command: ${line}`);
  return line;
}

/** Arguments that a program gets from a batch file with the line `program %*`. */
function arriving(args: readonly string[]): string[] {
  const started = startable(FILE, args, 'win32', { systemroot: 'D:\\Win' });
  expect(started.program).toBe(String.raw`D:\Win\System32\cmd.exe`);
  expect(started.windowsVerbatimArguments).toBe(true);
  expect(started.args.slice(0, 4)).toEqual(['/e:ON', '/v:OFF', '/d', '/c']);
  const [, inner = ''] = /^"(.*)"$/s.exec(started.args.at(-1) ?? '') ?? [];
  const line = withoutOperators(expanded(inner));
  const [file, ...words] = windowsArguments(line);
  expect(file).toBe(FILE);
  // The rest of the line, which the batch file passes on without another expansion.
  expect(windowsArguments(withoutOperators(line.slice(FILE.length + 2)))).toEqual(words);
  return words;
}

const text = fc.string({
  unit: fc.constantFrom(
    ...'a1 \t"\\%&|<>^()!;,=\'`~:*?@-/é日'.split(''),
    '%PATH%',
    '%A%',
    'PATH',
    'cd:~,',
  ),
  maxLength: 10,
});

describe('Batch files', () => {
  it('get their arguments as they are', () => {
    for (const each of ['', 'a b', 'say "hi"', 'end\\', 'a b\\', '%PATH%', '100%', '^&|<>', '!x!'])
      expect(arriving([each, 'x'])).toEqual([each, 'x']);
    fc.assert(
      fc.property(fc.array(text, { maxLength: 5 }), (args) => {
        expect(arriving(args)).toEqual(args);
      }),
      { numRuns: size(500, 20_000) },
    );
  });

  it('get no line break, which would end the command', () => {
    for (const broken of ['a\nb', 'a\rb'])
      expect(() => startable(FILE, ['x', broken], 'win32')).toThrow(
        /run & go\.bat is a batch file: expected arguments without line breaks, found "a\\[nr]b"/,
      );
  });

  it('are files of Windows only; other programs are started directly', () => {
    for (const name of ['a.bat', 'a.CMD', 'a.bat.', 'a.cmd .'])
      expect(isBatchFile(name, 'win32')).toBe(true);
    for (const name of ['a.exe', 'bat', 'a.bat.exe'])
      expect(isBatchFile(name, 'win32')).toBe(false);
    expect(startable('a.bat', ['%x%\n'], 'linux')).toEqual({ program: 'a.bat', args: ['%x%\n'] });
    expect(startable('a.exe', ['%x%\n'], 'win32')).toEqual({ program: 'a.exe', args: ['%x%\n'] });
  });
});
