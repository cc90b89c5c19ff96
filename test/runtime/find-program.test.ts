/** Which file a program's name stands for, on Windows and elsewhere. */
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { variableOf, withVariables } from '../../src/runtime/environment-variables.ts';
import { findProgram } from '../../src/runtime/find-program.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import type { TemporaryFolder } from '../support/temporary-folder.ts';

let folder: TemporaryFolder;
beforeEach(() => (folder = temporaryFolder()));
afterEach(() => folder.remove());

function write(name: string, text = 'any'): string {
  const file = folder.file(name);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  chmodSync(file, 0o755);
  return file;
}

/** Looks on Windows, in the folders `a` and `b` of PATH. */
function onWindows(name: string, env: Readonly<Record<string, string>> = {}): string {
  const path = [folder.file('a'), folder.file('b')].join(';');
  const found = findProgram(name, folder.path, { Path: path, ...env }, 'win32');
  return ('path' in found ? found.path : found.missing).replace(folder.path, '').replace(/^\//, '');
}

describe('Programs: on Windows', () => {
  it('have the endings of PATHEXT that the system starts, in their order', () => {
    write('b/tool.exe');
    expect(onWindows('tool')).toBe('b/tool.exe');
    write('a/tool.cmd');
    expect(onWindows('tool')).toBe('a/tool.cmd');
    write('a/tool.exe');
    expect(onWindows('tool')).toBe('a/tool.exe');
    expect(onWindows('tool', { PATHEXT: '.CMD;.EXE' })).toBe('a/tool.cmd');
    expect(onWindows('tool.cmd')).toBe('a/tool.cmd');
    expect(onWindows('a/tool')).toBe('a/tool.exe');
  });

  it('are not the script for POSIX shells beside a batch file', () => {
    write('a/npm', '#!/bin/sh\n');
    expect(onWindows('npm')).toBe('no program of this name on PATH');
    write('a/npm.cmd');
    expect(onWindows('npm')).toBe('a/npm.cmd');
  });

  it('are not scripts that need an interpreter, whatever PATHEXT names', () => {
    write('train.py');
    const refused = onWindows('./train.py', { PATHEXT: '.PY;.EXE' });
    expect(refused).toMatch(/train\.py, which Windows does not start: put its interpreter before/);
    write('a/train.py');
    expect(onWindows('train', { PATHEXT: '.PY' })).toBe('no program of this name on PATH');
  });

  it('may have another ending where the file contains a program', () => {
    write('tool.bin', 'MZ and more');
    expect(onWindows('./tool.bin')).toBe('tool.bin');
    write('model', 'MZ and more');
    expect(onWindows('./model')).toBe('model');
  });

  it('are found by a PATH of any case with quotation marks', () => {
    write('c d/tool.exe');
    const env = { pAtH: `"${folder.file('c d')}"` };
    expect(findProgram('tool', folder.path, env, 'win32')).toEqual({
      path: folder.file('c d/tool.exe'),
    });
  });

  it('are not the placeholder of Microsoft Store', () => {
    mkdirSync(folder.file('a'));
    // The target exists, and programs cannot read the alias itself.
    const target = join(folder.path, 'gone', 'AppInstallerPythonRedirector.exe');
    symlinkSync(target, folder.file('a/python.exe'));
    expect(onWindows('python')).toMatch(
      /^only the placeholder .* Microsoft Store: install Python$/,
    );
    expect(onWindows('a/python.exe')).toMatch(/^only the placeholder/);
    write('b/python.exe');
    expect(onWindows('python')).toBe('b/python.exe');
  });

  it('are not links to files that are gone', () => {
    mkdirSync(folder.file('a'));
    symlinkSync(folder.file('gone.exe'), folder.file('a/tool.exe'));
    expect(onWindows('tool')).toBe('no program of this name on PATH');
  });
});

describe('Programs: elsewhere', () => {
  it('have the name itself, the first on PATH that is executable', () => {
    write('a/tool.exe');
    const tool = write('b/tool');
    const env = { PATH: [folder.file('a'), folder.file('b')].join(delimiter), PATHEXT: '.EXE' };
    expect(findProgram('tool', folder.path, env, 'linux')).toEqual({ path: tool });
  });
});

describe('Environment variables', () => {
  it('have names without case on Windows only', () => {
    expect(variableOf({ Path: 'x' }, 'PATH', 'win32')).toBe('x');
    expect(variableOf({ Path: 'x' }, 'PATH', 'linux')).toBeUndefined();
  });

  it('replace the one of the same name when they are added', () => {
    const own = { Path: 'own', HOME: '/', absent: undefined };
    expect(withVariables(own, { PATH: 'added' }, 'win32')).toEqual({ PATH: 'added', HOME: '/' });
    expect(withVariables(own, { PATH: 'added' }, 'linux')).toEqual({
      Path: 'own',
      PATH: 'added',
      HOME: '/',
    });
  });
});
