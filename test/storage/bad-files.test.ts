/**
 * Tests paths that contain no lab: a clear error names the file, and nothing is created or changed.
 */
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  writeFileSync,
} from 'node:fs';
import { userInfo } from 'node:os';
import Database from 'libsql';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readLab } from '../../src/storage/read-lab.ts';
import { openLab } from '../../src/storage/sqlite.ts';
import { collectGarbage } from '../support/collect-garbage.ts';
import { contents, failure, makeLab } from '../support/lab-files.ts';
import { foreignly } from '../support/foreign-program.ts';
import { UID, createStudy, propose, spec, start, succeed } from '../support/lab-writes.ts';
import { namedPipe, noNamedPipe } from '../support/named-pipe.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import type { TemporaryFolder } from '../support/temporary-folder.ts';
import { TinyDisk, noTinyDisk } from '../support/tiny-disk.ts';

let folder: TemporaryFolder;
let file: string;
beforeEach(() => {
  folder = temporaryFolder();
  file = folder.file('lab.db');
});
afterEach(() => folder.remove());

function otherDatabase(path: string, ...sql: string[]): void {
  const db = new Database(path);
  for (const statement of sql) db.exec(statement);
  db.close();
}

interface Bad {
  readonly what: string;
  readonly make: () => void;
  readonly code: string;
  /** Parts that the sentence must contain. */
  readonly says: RegExp;
}

const alike: Bad[] = [
  {
    what: 'a text file',
    make: () => writeFileSync(file, 'name: not a lab\n'.repeat(50)),
    code: 'not-sqlite',
    says: /not an SQLite file/,
  },
  {
    what: 'a file of one byte',
    make: () => writeFileSync(file, 'S'),
    code: 'not-sqlite',
    says: /not an SQLite file/,
  },
  { what: 'a folder', make: () => mkdirSync(file), code: 'not-sqlite', says: /folder/ },
  {
    what: "another program's SQLite file",
    make: () =>
      otherDatabase(
        file,
        'CREATE TABLE moz_places (id INTEGER)',
        'CREATE TABLE moz_bookmarks (id INTEGER)',
      ),
    code: 'not-a-lab',
    says: /moz_places, moz_bookmarks/,
  },
  {
    what: "another program's SQLite file in WAL mode",
    make: () => {
      otherDatabase(
        file,
        'PRAGMA journal_mode=WAL',
        'CREATE TABLE moz_places (id INTEGER)',
        'PRAGMA wal_checkpoint(TRUNCATE)',
      );
      copyFileSync(file, folder.file('copy.db'));
      file = folder.file('copy.db');
    },
    code: 'not-a-lab',
    says: /moz_places/,
  },
  {
    what: "another program's file that uses alembic as well",
    make: () =>
      otherDatabase(
        file,
        'CREATE TABLE alembic_version (version_num TEXT)',
        'CREATE TABLE users (id INTEGER)',
      ),
    code: 'not-a-lab',
    says: /users/,
  },
  {
    what: 'an older revision of Optuna',
    make: () => {
      makeLab(file);
      foreignly(file, "UPDATE alembic_version SET version_num = 'v3.0.0.d'");
    },
    code: 'schema-older',
    says: /optuna storage upgrade --storage sqlite:\/\/\/.*lab\.db/,
  },
  {
    what: 'a revision of Optuna that we do not know',
    make: () => {
      makeLab(file);
      foreignly(file, "UPDATE alembic_version SET version_num = 'v9.0.0.a'");
    },
    code: 'schema-newer',
    says: /v9\.0\.0\.a.*v3\.2\.0\.a/,
  },
  {
    what: 'a later format of ours',
    make: () => {
      makeLab(file);
      foreignly(file, 'UPDATE galapagos_lab SET format = 3');
    },
    code: 'schema-newer',
    says: /format 3.*up to 2.*update/,
  },
  {
    what: "a file in which a table of Optuna's is missing",
    make: () => {
      makeLab(file);
      otherDatabase(file, 'DROP TABLE trial_heartbeats');
    },
    code: 'damaged',
    says: /trial_heartbeats/,
  },
  {
    what: 'a study whose specification does not parse',
    make: () => {
      makeLab(file);
      foreignly(
        file,
        `UPDATE galapagos_study SET spec = replace(spec, '"minimize"', '"sideways"')`,
      );
    },
    code: 'damaged',
    says: /galapagos_study\.spec: direction: expected one of "minimize", "maximize", found "sideways"/,
  },
  {
    what: 'a file overwritten in its middle',
    make: () => {
      makeLab(file);
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
  ])(`refuses it with ${code} when it is opened %s`, (_, open) => {
    make();
    const before = contents(folder.path);
    const error = failure(open);
    expect(error).toMatchObject({ code, temporary: false, data: { file } });
    expect(error.message).toMatch(says);
    expect(error.message).toContain(file);
    expect(error.data['expected']).toBeTypeOf('string');
    expect(error.data['found']).toBeTypeOf('string');
    expect(contents(folder.path)).toEqual(before);
  });
});

describe('Lab file: a named pipe', () => {
  beforeEach(({ skip }) => skip(noNamedPipe !== null, noNamedPipe ?? ''));
  it.each([
    ['to write it', () => openLab(file, { create: true })],
    ['to read it', () => readLab(file)],
  ])('refuses it without opening it %s', (_, open) => {
    const pipe = namedPipe(file);
    try {
      const error = failure(open);
      expect(error).toMatchObject({
        code: 'not-sqlite',
        data: { found: 'a pipe, socket or device' },
      });
    } finally {
      pipe.close();
    }
  });
});

describe('Lab file: a path without a file', () => {
  it('refuses it unless the file may be created', () => {
    expect(failure(() => openLab(file, { create: false }))).toMatchObject({ code: 'not-found' });
    expect(failure(() => readLab(file))).toMatchObject({ code: 'not-found' });
    expect(contents(folder.path)).toEqual({});
  });

  it('refuses it where its folder is missing, too', () => {
    const nowhere = folder.file('nowhere/lab.db');
    const error = failure(() => openLab(nowhere, { create: true }));
    expect(error).toMatchObject({ code: 'not-found' });
    expect(error.message).toMatch(/no folder .*nowhere/);
    expect(existsSync(folder.file('nowhere'))).toBe(false);
  });
});

describe('Lab file: an empty file', () => {
  it('does not accept it as a lab, but can make it one', () => {
    writeFileSync(file, '');
    expect(failure(() => openLab(file, { create: false }))).toMatchObject({ code: 'not-a-lab' });
    expect(failure(() => readLab(file))).toMatchObject({ code: 'not-a-lab' });
    expect(readFileSync(file)).toHaveLength(0);
    openLab(file, { create: true }).close();
    expect(readLab(file).studies()).toEqual([]);
  });
});

describe('Lab file: disks that are full or read-only', () => {
  let disk: string;
  beforeEach(() => {
    disk = folder.file('disk');
    mkdirSync(disk);
  });

  it('creates no lab on a full disk and leaves nothing behind', ({ skip }) => {
    skip(noTinyDisk !== null, noTinyDisk ?? '');
    const tiny = new TinyDisk(disk, '64k');
    try {
      const error = failure(() => openLab(`${disk}/lab.db`, { create: true }));
      expect(error).toMatchObject({ code: 'disk-full', temporary: true });
      expect(readdirSync(disk)).toEqual([]);
    } finally {
      tiny.unmount();
    }
  });

  it('fails a commit as a whole on a disk that fills up, and commits once there is space', ({
    skip,
  }) => {
    skip(noTinyDisk !== null, noTinyDisk ?? '');
    const tiny = new TinyDisk(disk, '2m');
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
      tiny.remount('size=16m');
      lab.commit([[propose(number)], [start(number)], succeed(number, number)]);
      lab.close();
      const reader = readLab(`${disk}/lab.db`);
      expect(reader.study(UID)?.counts).toMatchObject({
        complete: number + 1,
        running: 0,
        waiting: 0,
      });
      reader.close();
    } finally {
      tiny.unmount();
    }
  });

  it('refuses a read-only disk for writing and reads it without changes', async ({ skip }) => {
    skip(noTinyDisk !== null, noTinyDisk ?? '');
    const tiny = new TinyDisk(disk, '4m');
    try {
      makeLab(`${disk}/lab.db`);
      await collectGarbage();
      tiny.remount('ro');
      expect(failure(() => openLab(`${disk}/lab.db`, { create: false }))).toMatchObject({
        code: 'read-only',
        temporary: false,
      });
      expect(failure(() => openLab(`${disk}/other.db`, { create: true }))).toMatchObject({
        code: 'read-only',
      });
      expect(readLab(`${disk}/lab.db`).study(spec.name)?.counts.complete).toBe(1);
    } finally {
      tiny.unmount();
    }
  });
});

const isRoot = userInfo().uid === 0;

it('Lab file: refuses a file without write permission for writing and reads it without changes', ({
  skip,
}) => {
  skip(isRoot, 'root may write everything');
  skip(process.platform === 'win32', 'Windows has other permissions');
  makeLab(file);
  chmodSync(file, 0o444);
  chmodSync(folder.path, 0o555);
  try {
    expect(failure(() => openLab(file, { create: false }))).toMatchObject({ code: 'read-only' });
    expect(failure(() => openLab(folder.file('other.db'), { create: true }))).toMatchObject({
      code: 'read-only',
    });
    expect(readLab(file).study(spec.name)?.counts.complete).toBe(1);
  } finally {
    chmodSync(folder.path, 0o755);
  }
});
