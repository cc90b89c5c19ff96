/** Whatever a path leads to: a clear error that names the file, and nothing created or changed. */
import { execFileSync, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, copyFileSync, existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { createInterface } from 'node:readline';
import Database from 'libsql';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { StorageError } from '../../src/storage/errors.ts';
import { readLab } from '../../src/storage/read-lab.ts';
import { openLab } from '../../src/storage/sqlite.ts';
import { collectGarbage } from '../support/collect-garbage.ts';
import { foreignly } from '../support/foreign-program.ts';
import { UID, createStudy, propose, spec, start, succeed } from '../support/lab-writes.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import type { TemporaryFolder } from '../support/temporary-folder.ts';

let folder: TemporaryFolder;
let file: string;
const children: ChildProcess[] = [];
beforeEach(() => {
  folder = temporaryFolder();
  file = folder.file('lab.db');
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  folder.remove();
});

function failure(act: () => unknown): StorageError {
  try {
    act();
  } catch (error) {
    if (error instanceof StorageError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

/** Every file below the folder with its bytes. */
function contents(path = folder.path): Record<string, string> {
  const entries = readdirSync(path, { withFileTypes: true, recursive: true });
  return Object.fromEntries(
    entries
      .filter((entry) => entry.isFile())
      .map((entry) => [`${entry.parentPath}/${entry.name}`, readFileSync(`${entry.parentPath}/${entry.name}`, 'latin1')]),
  );
}

function makeLab(path = file): void {
  const lab = openLab(path, { create: true });
  lab.commit([[createStudy(), propose(0), propose(1)], [start(0)], succeed(0, 0)]);
  lab.close();
}

function otherDatabase(path: string, ...sql: string[]): void {
  const db = new Database(path);
  for (const statement of sql) db.exec(statement);
  db.close();
}

interface Bad {
  readonly what: string;
  readonly make: () => void;
  readonly code: string;
  /** What the sentence must say. */
  readonly says: RegExp;
}

const alike: Bad[] = [
  { what: 'a text file', make: () => writeFileSync(file, 'name: not a lab\n'.repeat(50)), code: 'not-sqlite', says: /not an SQLite file/ },
  { what: 'a file of one byte', make: () => writeFileSync(file, 'S'), code: 'not-sqlite', says: /not an SQLite file/ },
  { what: 'a folder', make: () => mkdirSync(file), code: 'not-sqlite', says: /folder/ },
  {
    what: "another program's SQLite file",
    make: () => otherDatabase(file, 'CREATE TABLE moz_places (id INTEGER)', 'CREATE TABLE moz_bookmarks (id INTEGER)'),
    code: 'not-a-lab',
    says: /moz_places, moz_bookmarks/,
  },
  {
    what: "another program's SQLite file in WAL mode",
    make: () => {
      otherDatabase(file, 'PRAGMA journal_mode=WAL', 'CREATE TABLE moz_places (id INTEGER)', 'PRAGMA wal_checkpoint(TRUNCATE)');
      copyFileSync(file, folder.file('copy.db'));
      file = folder.file('copy.db');
    },
    code: 'not-a-lab',
    says: /moz_places/,
  },
  {
    what: "another program's file that uses alembic as well",
    make: () => otherDatabase(file, 'CREATE TABLE alembic_version (version_num TEXT)', 'CREATE TABLE users (id INTEGER)'),
    code: 'not-a-lab',
    says: /users/,
  },
  {
    what: 'an older revision of Optuna',
    make: () => {
      makeLab();
      foreignly(file, "UPDATE alembic_version SET version_num = 'v3.0.0.d'");
    },
    code: 'schema-older',
    says: /optuna storage upgrade --storage sqlite:\/\/\/.*lab\.db/,
  },
  {
    what: 'a revision of Optuna that we do not know',
    make: () => {
      makeLab();
      foreignly(file, "UPDATE alembic_version SET version_num = 'v9.0.0.a'");
    },
    code: 'schema-newer',
    says: /v9\.0\.0\.a.*v3\.2\.0\.a/,
  },
  {
    what: 'a later format of ours',
    make: () => {
      makeLab();
      foreignly(file, 'UPDATE galapagos_lab SET format = 2');
    },
    code: 'schema-newer',
    says: /format 2.*update/,
  },
  {
    what: "a file in which a table of Optuna's is missing",
    make: () => {
      makeLab();
      otherDatabase(file, 'DROP TABLE trial_heartbeats');
    },
    code: 'damaged',
    says: /trial_heartbeats/,
  },
  {
    what: 'a study whose specification does not parse',
    make: () => {
      makeLab();
      foreignly(file, `UPDATE galapagos_study SET spec = replace(spec, '"minimize"', '"sideways"')`);
    },
    code: 'damaged',
    says: /galapagos_study\.spec: direction: expected one of "minimize", "maximize", found "sideways"/,
  },
  {
    what: 'a file overwritten in its middle',
    make: () => {
      makeLab();
      const bytes = readFileSync(file);
      bytes.fill(0xa5, 4096, 16 * 4096);
      writeFileSync(file, bytes);
    },
    code: 'damaged',
    says: /damaged/,
  },
];

describe.each(alike)('$what', ({ make, code, says }) => {
  it.each([
    ['to write it', () => openLab(file, { create: false })],
    ['to write or create it', () => openLab(file, { create: true })],
    [
      'to read it',
      () => {
        const lab = readLab(file);
        lab.studies();
        return lab;
      },
    ],
  ])(`is refused ${code} when opened %s`, (_, open) => {
    make();
    const before = contents();
    const error = failure(open);
    expect(error).toMatchObject({ code, temporary: false, data: { file } });
    expect(error.message).toMatch(says);
    expect(error.message).toContain(file);
    expect(error.data['expected']).toBeTypeOf('string');
    expect(error.data['found']).toBeTypeOf('string');
    expect(contents()).toEqual(before);
  });
});

describe('a path where nothing is', () => {
  it('is refused unless it may be created', () => {
    expect(failure(() => openLab(file, { create: false }))).toMatchObject({ code: 'not-found' });
    expect(failure(() => readLab(file))).toMatchObject({ code: 'not-found' });
    expect(contents()).toEqual({});
  });

  it('is refused where its folder is missing, too', () => {
    const nowhere = folder.file('nowhere/lab.db');
    const error = failure(() => openLab(nowhere, { create: true }));
    expect(error).toMatchObject({ code: 'not-found' });
    expect(error.message).toMatch(/no folder .*nowhere/);
    expect(existsSync(folder.file('nowhere'))).toBe(false);
  });
});

describe('an empty file', () => {
  it('is no lab, but may become one', () => {
    writeFileSync(file, '');
    expect(failure(() => openLab(file, { create: false }))).toMatchObject({ code: 'not-a-lab' });
    expect(failure(() => readLab(file))).toMatchObject({ code: 'not-a-lab' });
    expect(readFileSync(file)).toHaveLength(0);
    openLab(file, { create: true }).close();
    expect(readLab(file).studies()).toEqual([]);
  });
});

const mounts = process.platform === 'linux' && userInfo().uid === 0 && canMount();

function system(command: string, ...parameters: string[]): void {
  execFileSync(command, parameters, { stdio: 'ignore' });
}

function canMount(): boolean {
  const probe = temporaryFolder();
  try {
    system('mount', '-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', probe.path);
    system('umount', probe.path);
    return true;
  } catch {
    return false;
  } finally {
    probe.remove();
  }
}

const noMounts = 'needs root and mount(8) on Linux to make a tiny disk';

describe('a disk of its own', () => {
  let disk: string;
  beforeEach(() => {
    disk = folder.file('disk');
    mkdirSync(disk);
  });

  function mount(size: string): void {
    system('mount', '-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', disk);
  }
  function unmount(): void {
    system('umount', '-l', disk);
  }

  it('full: no lab is made on it, nothing is left', ({ skip }) => {
    skip(!mounts, noMounts);
    mount('64k');
    try {
      const error = failure(() => openLab(`${disk}/lab.db`, { create: true }));
      expect(error).toMatchObject({ code: 'disk-full', temporary: true });
      expect(readdirSync(disk)).toEqual([]);
    } finally {
      unmount();
    }
  });

  it('that fills up: the commit fails whole, and works once there is space', ({ skip }) => {
    skip(!mounts, noMounts);
    mount('2m');
    try {
      const lab = openLab(`${disk}/lab.db`, { create: true });
      lab.commit([[createStudy()]]);
      let number = 0;
      const error = failure(() => {
        for (;;) {
          lab.commit([[propose(number)], [start(number)], succeed(number, number)]);
          number += 1;
        }
      });
      expect(error).toMatchObject({ code: 'disk-full', temporary: true });
      system('mount', '-o', 'remount,size=16m', disk);
      lab.commit([[propose(number)], [start(number)], succeed(number, number)]);
      lab.close();
      const reader = readLab(`${disk}/lab.db`);
      expect(reader.study(UID)?.counts).toMatchObject({ complete: number + 1, running: 0, waiting: 0 });
      reader.close();
    } finally {
      unmount();
    }
  });

  it('read-only: refused for writing, read as it is', async ({ skip }) => {
    skip(!mounts, noMounts);
    mount('4m');
    try {
      makeLab(`${disk}/lab.db`);
      await collectGarbage();
      system('mount', '-o', 'remount,ro', disk);
      expect(failure(() => openLab(`${disk}/lab.db`, { create: false }))).toMatchObject({ code: 'read-only', temporary: false });
      expect(failure(() => openLab(`${disk}/other.db`, { create: true }))).toMatchObject({ code: 'read-only' });
      expect(readLab(`${disk}/lab.db`).study(spec.name)?.counts.complete).toBe(1);
    } finally {
      unmount();
    }
  });
});

const isRoot = userInfo().uid === 0;

it('a file without write permission is refused for writing and read as it is', ({ skip }) => {
  skip(isRoot, 'root may write everything');
  skip(process.platform === 'win32', 'Windows has other permissions');
  makeLab();
  chmodSync(file, 0o444);
  chmodSync(folder.path, 0o555);
  try {
    expect(failure(() => openLab(file, { create: false }))).toMatchObject({ code: 'read-only' });
    expect(failure(() => openLab(folder.file('other.db'), { create: true }))).toMatchObject({ code: 'read-only' });
    expect(readLab(file).study(spec.name)?.counts.complete).toBe(1);
  } finally {
    chmodSync(folder.path, 0o755);
  }
});

describe('a lab that somebody else uses', () => {
  it('is busy while another program keeps it locked longer than we wait', () => {
    makeLab();
    const other = new Database(file);
    other.exec('BEGIN IMMEDIATE');
    const before = contents();
    expect(failure(() => openLab(file, { create: false, timeoutMs: 50 }))).toMatchObject({ code: 'busy', temporary: true });
    expect(contents()).toEqual(before);
    other.exec('ROLLBACK');
    const lab = openLab(file, { create: false, timeoutMs: 50 });
    other.exec('BEGIN IMMEDIATE');
    expect(failure(() => lab.commit([[propose(2)]]))).toMatchObject({ code: 'busy', temporary: true });
    other.exec('ROLLBACK');
    lab.commit([[propose(2)]]);
    lab.close();
    other.close();
  });

  it('is held while its process lives, told by pid; free as soon as that is gone', async () => {
    makeLab();
    const { process: holder } = await spawnHolder();
    const error = failure(() => openLab(file, { create: false }));
    expect(error).toMatchObject({ code: 'held', temporary: false });
    expect(error.message).toContain(`process ${holder.pid ?? 0} is writing it`);
    // A held lab can still be read.
    expect(readLab(file).study(spec.name)?.counts.complete).toBe(1);
    holder.kill('SIGKILL');
    await once(holder, 'exit');
    const lab = openLab(file, { create: false });
    expect(lab.epoch).toBe(3);
    lab.close();
  });

  it.each([
    ['open', 2],
    ['create', 1],
  ])('is given to one of several that %s it at the same time', async (what, epoch) => {
    if (what === 'open') makeLab();
    const answers = await Promise.all(Array.from({ length: 4 }, async () => (await spawnHolder()).answer));
    expect(answers.sort()).toEqual(['held', 'refused held', 'refused held', 'refused held']);
    expect(foreignly(file, 'SELECT epoch FROM galapagos_lab')).toEqual([[epoch]]);
  });

  it('can be taken over from a living process, which is fenced', async () => {
    makeLab();
    const { process: holder } = await spawnHolder();
    const lab = openLab(file, { create: false, takeOver: true });
    lab.commit([[propose(2)]]);
    holder.stdin?.write('commit\n');
    const [line] = (await once(createInterface({ input: holder.stdout ?? process.stdin }), 'line')) as [string];
    expect(line).toBe('fenced');
    lab.close();
  });

  it('is not held by a process that got the pid of the one before it', () => {
    makeLab();
    const lab = openLab(file, { create: false });
    const [row] = foreignly(file, 'SELECT holder FROM galapagos_lab');
    const holder = JSON.parse(String(row?.[0])) as { pid: number };
    foreignly(file, 'UPDATE galapagos_lab SET holder = ?', JSON.stringify({ ...holder, start: 'another boot 1' }));
    expect(openLab(file, { create: false }).epoch).toBe(3);
    lab.close();
  });

  it('of another host is held while any process has it open, and free otherwise', async () => {
    makeLab();
    foreignly(file, 'UPDATE galapagos_lab SET holder = ?', JSON.stringify({ pid: 1, start: 'x', host: 'elsewhere' }));
    const other = new Database(file);
    other.exec('PRAGMA journal_mode=WAL; SELECT * FROM studies');
    const error = failure(() => openLab(file, { create: false, timeoutMs: 50 }));
    expect(error).toMatchObject({ code: 'held' });
    expect(error.message).toContain('process 1 on elsewhere');
    other.close();
    await collectGarbage();
    openLab(file, { create: false }).close();
  });

  async function spawnHolder(): Promise<{ readonly process: ChildProcess; readonly answer: string }> {
    const script = new URL('../support/lab-holder-process.ts', import.meta.url).pathname;
    const child = spawn(process.execPath, ['--import', 'tsx', script, file], { stdio: ['pipe', 'pipe', 'inherit'] });
    children.push(child);
    const [answer] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
    return { process: child, answer };
  }
});
