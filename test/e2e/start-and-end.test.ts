/**
 * Tests starts and ends of the command: failed starts leave no files behind, and every process ends
 * on request.
 */
import { spawn } from 'node:child_process';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Connection } from '../../src/storage/connection.ts';
import { readLab } from '../../src/storage/read-lab.ts';
import { builtWithWindow, start } from '../support/built-command.ts';
import { noProc, skipIf } from '../support/platform.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import type { TemporaryFolder } from '../support/temporary-folder.ts';
import { TinyDisk, noTinyDisk } from '../support/tiny-disk.ts';
import { gone, isAlive } from '../support/worker-command.ts';

const cli = fileURLToPath(new URL('../../out/main/cli.js', import.meta.url));

// Building the window takes longer than a hook may on a busy machine.
beforeAll(builtWithWindow, 300_000);

let folder: TemporaryFolder;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.remove());

describe('Serve: failed starts', () => {
  it('ends with the reason and creates no lab file when the user folder cannot be written', async () => {
    writeFileSync(folder.file('file'), '');
    const home = folder.file('file/home');
    const { ended } = start(['serve', '--port', '0', '--workers', '1'], folder.path, undefined, {
      GALAPAGOS_HOME: home,
    });
    const { code, stderr } = await ended;
    expect(code).toBe(1);
    expect(stderr).toContain(`user folder ${home}: expected a folder that can be written`);
    expect(stderr).toContain('GALAPAGOS_HOME');
    expect(existsSync(folder.file('lab.db'))).toBe(false);
  });

  it('ends when a later step fails, with the lab file closed', async () => {
    // The folder for uploads is created after the lab was opened.
    const home = folder.file('home');
    const blocked = folder.file('home/uploads');
    mkdirSync(home);
    writeFileSync(blocked, '');
    const { code, stderr } = await start(
      ['serve', '--port', '0', '--workers', '1'],
      folder.path,
      undefined,
      { GALAPAGOS_HOME: home },
    ).ended;
    expect(code).toBe(1);
    expect(stderr).toContain(blocked);
    expect(existsSync(folder.file('lab.db'))).toBe(true);
    expect(existsSync(folder.file('lab.db-wal'))).toBe(false);
  });

  it('creates no lab file when the port is taken', async () => {
    const other = createServer();
    await new Promise<void>((listening) => other.listen(0, '127.0.0.1', listening));
    const { port } = other.address() as AddressInfo;
    const { code, stderr } = await start(['serve', '--port', String(port)], folder.path).ended;
    other.close();
    expect(code).toBe(1);
    expect(stderr).toContain(`port ${port}`);
    expect(existsSync(folder.file('lab.db'))).toBe(false);
  });

  it('creates no lab file when --devices names a device that is not there', async () => {
    const { code, stderr } = await start(
      ['serve', '--port', '0', '--devices', 'gpu/77'],
      folder.path,
    ).ended;
    expect(code).toBe(2);
    expect(stderr).toMatch(/--devices: expected some of cpu.*, found "gpu\/77"/);
    expect(existsSync(folder.file('lab.db'))).toBe(false);
  });
});

function study(trials: number): string {
  const file = folder.file('study.json');
  const content = {
    format: 'galapagos-study/1',
    name: 'study',
    objective: { kind: 'synthetic', function: 'sphere', durationMs: 2 },
    direction: 'minimize',
    searchSpace: { x: { type: 'float', low: -1, high: 1 } },
    sampler: { name: 'random' },
    stop: { trials },
    seed: 5,
  };
  writeFileSync(file, JSON.stringify(content));
  return file;
}

function shell(script: string): Promise<{ code: number | null; stderr: string }> {
  const child = spawn('sh', ['-c', script, 'sh', process.execPath, cli], {
    cwd: folder.path,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, stderr })));
}

/** State of the only study of a lab file that no process has open. */
function stateOf(lab: string): string | null | undefined {
  expect(existsSync(`${lab}-wal`)).toBe(false);
  const reader = readLab(lab);
  try {
    return reader.studies()[0]?.state;
  } finally {
    reader.close();
  }
}

describe('Run: standard output that cannot be written', () => {
  beforeEach((context) => skipIf(noProc, context));

  it('is reported, pauses the study, and fails', async () => {
    study(100_000);
    const { code, stderr } = await shell('"$@" run study.json --workers 1 > /dev/full');
    expect(code).toBe(1);
    expect(stderr).toMatch(/^galapagos: cannot write to standard output: .*ENOSPC/m);
    expect(stateOf(folder.file('lab.db'))).toBe('paused');
  });

  it('ends the run in order, without an error, when its reader exits', async () => {
    study(100_000);
    const { stderr } = await shell(
      '("$@" run study.json --workers 1 --json; echo $? > code) | head -1',
    );
    expect(stderr).toBe('');
    expect(readFileSync(folder.file('code'), 'utf8')).toBe('0\n');
    expect(stateOf(folder.file('lab.db'))).toBe('paused');
  });
});

/** Another program uses the remaining space. */
function fill(file: string): void {
  try {
    for (;;) appendFileSync(file, Buffer.alloc(4_096));
  } catch {
    // ENOSPC: full.
  }
}

describe('Run: full disk', () => {
  beforeEach(({ skip }) => skip(noTinyDisk !== null, noTinyDisk ?? ''));
  it.each(['SIGINT', 'SIGTERM'] as const)(
    'ends at %s with the reason while the lab file cannot be written',
    async (signal) => {
      study(100_000);
      const disk = folder.file('disk');
      mkdirSync(disk);
      const tiny = new TinyDisk(disk, '600k');
      let reader: Connection | undefined;
      try {
        const life = start(
          ['run', 'study.json', '--workers', '1', '--json', '--lab', 'disk/lab.db'],
          folder.path,
          (line) => {
            if (line.includes('"event":"started"')) {
              // While its snapshot lasts, no checkpoint lets the log begin anew in its old space.
              reader = Connection.openReadOnly(folder.file('disk/lab.db'), 0);
              reader.exec('BEGIN');
              reader.get('SELECT count(*) FROM trials');
              fill(folder.file('disk/other'));
            }
            if (line.includes('"state":"stalled"')) life.process.kill(signal);
          },
        );
        const { code, stdout } = await life.ended;
        expect(code).toBe(1);
        const last = JSON.parse(stdout.split('\n').at(-1) ?? '') as {
          state: string;
          reason: string;
        };
        expect(last).toMatchObject({ event: 'finished', state: 'failed' });
        expect(last.reason).toMatch(/lab\.db.*disk is full.*run again/);
      } finally {
        reader?.close();
        tiny.unmount();
      }
    },
  );
});

/** The process whose arguments include a text, according to /proc. */
function processWith(argument: string): number {
  const found = readdirSync('/proc').filter((name) => {
    try {
      return (
        /^\d+$/.test(name) &&
        readFileSync(`/proc/${name}/cmdline`, 'utf8').split('\0').slice(1).includes(argument)
      );
    } catch {
      return false;
    }
  });
  expect(found).toHaveLength(1);
  return Number(found[0]);
}

describe('Serve: started by npm', () => {
  beforeEach((context) => skipIf(noProc, context));

  it('ends in order when npm is killed', async () => {
    const lab = folder.file('lab.db');
    const serve = `${process.execPath} ${cli} serve --json --port 0 --workers 1 --lab ${lab}`;
    writeFileSync(folder.file('package.json'), JSON.stringify({ name: 'x', scripts: { serve } }));
    const env = { ...process.env, GALAPAGOS_HOME: folder.file('home') };
    const npm = spawn('npm', ['run', '--silent', 'serve'], {
      cwd: folder.path,
      env,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await new Promise((resolve) => npm.stdout.once('data', resolve));
    const pid = processWith(lab);
    try {
      npm.kill('SIGKILL');
      await gone(pid, 60_000);
      expect(existsSync(`${lab}-wal`)).toBe(false);
    } finally {
      if (isAlive(pid)) process.kill(pid, 'SIGKILL');
    }
  });
});
