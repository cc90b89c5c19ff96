/** Tests how code is named to other machines, and which of its programs they can start. */
import { chmodSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  codeReference,
  programMissing,
} from '../../../../src/objectives/command/snapshot/code-snapshot.ts';
import type { SnapshotEntry } from '../../../../src/protocol/code-snapshot.ts';
import { commandObjective } from '../../../../src/protocol/command-objective.ts';
import type { NeededProgram } from '../../../../src/protocol/node-messages.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';
import type { TemporaryFolder } from '../../../support/temporary-folder.ts';

const hash = 'a'.repeat(64);
const snapshot = { hash, project: '/home/a/mine', folder: 'src' };
const objective = (more: object) =>
  commandObjective.parse({ kind: 'command', command: ['sh', 'x.sh'], snapshot, ...more });

describe('Code of an objective for other machines', () => {
  it('is the snapshot with the program, or with the engine of its container', () => {
    const known = { content: hash, name: 'code of mine' };
    const programOf = (more: object): unknown => codeReference(objective(more));
    expect(programOf({})).toEqual({ ...known, programs: [{ command: 'sh', folder: 'src' }] });
    expect(programOf({ python: '/venv' })).toEqual({
      ...known,
      programs: [{ command: 'sh', folder: 'src', python: '/venv' }],
    });
    const container = { image: 'pytorch/pytorch', engine: 'docker' };
    expect(programOf({ command: ['python'], container })).toEqual({
      ...known,
      programs: [{ command: 'docker', folder: 'src' }],
    });
  });

  it('is absent where trials run in the project folder itself', () => {
    expect(codeReference(commandObjective.parse({ kind: 'command', command: ['sh'] }))).toBeNull();
  });
});

describe('Programs of code from another machine', () => {
  let bin: TemporaryFolder;
  beforeEach(() => {
    bin = temporaryFolder();
    writeFileSync(bin.file('trainer'), '#!/bin/sh\n');
    chmodSync(bin.file('trainer'), 0o755);
  });
  afterEach(() => bin.remove());

  const file = (path: string, executable: boolean): SnapshotEntry => ({
    kind: 'file',
    path,
    bytes: 1,
    sha256: hash,
    executable,
  });
  const entries = [file('src/run', true), file('src/data', false)];
  const missing = (program: Partial<NeededProgram>): string | null =>
    programMissing({ command: 'trainer', folder: 'src', ...program }, entries, { PATH: bin.path });

  it('are found on PATH, by their absolute path, or as executable files of the code', () => {
    expect(missing({})).toBeNull();
    expect(missing({ command: bin.file('trainer') })).toBeNull();
    expect(missing({ command: './run' })).toBeNull();
    expect(missing({ command: '../src/run' })).toBeNull();
  });

  it('are missing with what was found instead', () => {
    expect(missing({ command: 'absent' })).toBe('no program of this name on PATH');
    expect(missing({ command: './data' })).toBe('no executable file src/data in the code');
    expect(missing({ command: '../../run' })).toBe('no executable file ../run in the code');
    expect(missing({ command: '/absent/x' })).toBe('no file /absent/x');
    const python = `${dirname(bin.path)}/no-such-environment`;
    expect(missing({ python })).toBe(`no file or folder ${python}`);
  });

  it('are not looked for where a parameter is part of their name, and may have braces', () => {
    expect(missing({ command: 'run-{x}' })).toBeNull();
    expect(missing({ command: 'no-{{x}}' })).toBe('no program of this name on PATH');
  });
});
