/** Rules of programs on Windows that can be tested on every system: its name is a parameter. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { problemText } from '../../../src/core/errors.ts';
import {
  AttemptFolderPool,
  removeAbandonedFolders,
} from '../../../src/objectives/command/attempt/attempt-folders.ts';
import { collisions } from '../../../src/objectives/command/command-problems.ts';
import { environmentOf } from '../../../src/objectives/command/attempt/environment.ts';
import { Guardian } from '../../../src/objectives/command/attempt/guardian.ts';
import {
  OutputLog,
  outputFolder,
  readOutput,
} from '../../../src/objectives/command/output/output-log.ts';
import { findPython } from '../../../src/objectives/command/python/python.ts';
import { runAttempt } from '../../../src/objectives/command/attempt/run-attempt.ts';
import { runProgram } from '../../../src/objectives/command/attempt/run-program.ts';
import { commandObjective } from '../../../src/protocol/command-objective.ts';
import { announceLongCalls } from '../../../src/runtime/long-call.ts';
import { Gate } from '../../../src/runtime/gate.ts';
import { noShell, skipIf } from '../../support/platform.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import type { TemporaryFolder } from '../../support/temporary-folder.ts';

let folder: TemporaryFolder;
beforeEach(() => (folder = temporaryFolder()));
afterEach(() => folder.remove());

describe('Commands on Windows: the end of a program', () => {
  beforeEach((context) => skipIf(noShell, context));

  /** Stops a shell script once it has printed a line. @returns what it printed and how it ended */
  async function stopped(script: string, graceMs: number) {
    const guardian = new Guardian(folder.file('runs'));
    const stop = new AbortController();
    const stopFile = folder.file('stop');
    const printed: string[] = [];
    const ended = await runProgram(
      {
        program: '/bin/sh',
        args: ['-c', script, 'sh', stopFile],
        folder: folder.path,
        env: { PATH: process.env['PATH'] ?? '' },
      },
      {
        guardian,
        log: new OutputLog(folder.file('output'), 1, 1e6),
        stopFile,
        graceMs,
        gate: new Gate(),
        signal: stop.signal,
        streams: ['stdout'],
        line: (text) => {
          printed.push(text);
          stop.abort('pruned');
        },
        look: () => undefined,
        platform: 'win32',
      },
    );
    guardian.close();
    return { printed, ...ended };
  }

  it('is asked for by the file alone, and not by a signal', async () => {
    const script = `trap 'echo signalled; exit 1' TERM
      echo ready; while [ ! -e "$1" ]; do sleep 0.05; done; cat "$1"; exit 0`;
    expect(await stopped(script, 60_000)).toMatchObject({
      printed: ['ready', 'pruned'],
      code: 0,
      signal: null,
    });
  });

  it('follows a start that is announced, because it blocks the event loop', async () => {
    const announced = vi.fn(() => Promise.resolve(() => undefined));
    announceLongCalls(announced);
    try {
      await stopped('echo ready; exec sleep 1000', 100);
      expect(announced).toHaveBeenCalledTimes(1);
    } finally {
      announceLongCalls(null);
    }
  });

  it('is an error where the program cannot be started', async () => {
    folder.remove();
    expect((await stopped('echo ready', 100)).error).toMatchObject({ code: 'ENOENT' });
  });

  it('is forced after the time of grace', async () => {
    expect(await stopped('echo ready; exec sleep 1000', 100)).toMatchObject({
      code: null,
      signal: 'SIGKILL',
    });
  });
});

describe('Commands on Windows: environment', () => {
  const facts = {
    ...{ study: 's', trial: 0, attempt: 1, seed: 1, project: '/p', trialDir: '/t', epochs: null },
    ...{ checkpointDir: '/c', temporaryDir: '/tmp', paramsFile: '/f', reportsFile: '/r' },
    stopFile: '/s',
  };
  const own = { Path: 'C:\\Windows', Temp: 'C:\\Temp', SECRET: 'x' };

  it('has each variable once, whatever its case', () => {
    const env = environmentOf(own, { PATH: 'D:\\own', secret: null }, {}, facts, 1, 'win32');
    const names = Object.keys(env).map((name) => name.toUpperCase());
    expect(new Set(names).size).toBe(names.length);
    expect(env).toMatchObject({ PATH: 'D:\\own', secret: 'x', TEMP: '/tmp' });
    expect(env).not.toHaveProperty('Path');
    expect(environmentOf(own, { secret: null }, {}, facts, 1, 'linux')).not.toHaveProperty(
      'secret',
    );
  });

  it('refuses parameters whose names differ by case only', () => {
    const space = {
      lr: { type: 'float', low: 0, high: 1 },
      LR: { type: 'float', low: 0, high: 1 },
    } as const;
    expect(collisions(space, 'linux')).toEqual([]);
    expect(collisions(space, 'win32').map(problemText)).toEqual([
      expect.stringMatching(/^searchSpace\.LR: expected a name whose variable differs/),
    ]);
  });
});

describe('Commands on Windows: Python', () => {
  const found = (platform: NodeJS.Platform = 'win32') =>
    findPython({ folder: folder.path, env: { Path: folder.path } }, undefined, platform);

  it('is python, or its launcher where only that is on PATH', () => {
    expect(found()).toMatchObject({ program: 'python', origin: 'the first on PATH' });
    writeFileSync(folder.file('py.exe'), '', { mode: 0o755 });
    expect(found()).toMatchObject({
      program: 'py',
      origin: 'the launcher, as no python is on PATH',
    });
    // The shim of a version manager.
    writeFileSync(folder.file('python.bat'), '', { mode: 0o755 });
    expect(found()).toMatchObject({ program: 'python', origin: 'the first on PATH' });
    expect(found('linux')).toMatchObject({ program: 'python3' });
  });
});

describe('Commands: entries of the project folder that this system does not link', () => {
  it('are named in the output', async () => {
    const guardian = new Guardian(folder.file('runs'));
    const objective = commandObjective.parse({
      kind: 'command',
      folder: folder.path,
      command: [process.execPath, '-e', 'console.log("value=1")'],
      result: { stdout: 'value=(.*)' },
    });
    const attempt = { study: 'c0ffee', number: 0, attemptNumber: 1 };
    const end = await runAttempt({
      objective,
      own: process.env,
      place: { folder: folder.path, project: folder.path, unlinked: ['big', 'data.csv'] },
      study: { study: attempt.study, name: 'any', seed: 1 },
      lane: { attempt, params: {}, signal: new AbortController().signal },
      userFolder: folder.path,
      guardian,
      pool: new AttemptFolderPool(folder.path),
      gate: new Gate(),
      threads: 1,
      report: () => undefined,
    });
    guardian.close();
    expect(end).toMatchObject({ outcome: 'finished', value: 1 });
    const [output] = readOutput(outputFolder(folder.path, attempt.study, 0), 1);
    expect(output?.bytes.toString()).toMatch(
      /^galapagos: not in the copy of .* big, data\.csv; read them in the folder that GALAPAGOS_PROJECT names\nvalue=1\n$/,
    );
  });
});

describe('Commands: folders of workers that are gone', () => {
  it('are deleted, also that of an earlier process with this id', async () => {
    const runs = join(folder.path, 'runs');
    const [own, running] = [join(runs, String(process.pid)), join(runs, String(process.ppid))];
    for (const each of [own, running]) {
      mkdirSync(join(each, 'code'), { recursive: true });
      writeFileSync(join(each, 'code', 'left.txt'), 'left');
    }
    await removeAbandonedFolders(folder.path);
    expect(existsSync(own)).toBe(false);
    expect(readFileSync(join(running, 'code', 'left.txt'), 'utf8')).toBe('left');
  });
});
