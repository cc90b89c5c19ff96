/**
 * Tests that a lab's write-ahead log survives every other program and every other use of the file
 * by the process that writes it.
 */
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  copyFileSync,
  existsSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { OwnerLock } from '../../src/storage/owner-lock.ts';
import { readLab } from '../../src/storage/read-lab.ts';
import { openLab } from '../../src/storage/sqlite.ts';
import { foreignly } from '../support/foreign-program.ts';
import { failure, makeLab } from '../support/lab-files.ts';
import { holdLab } from '../support/lab-holder.ts';
import type { LabHolder } from '../support/lab-holder.ts';
import { UID } from '../support/lab-writes.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import type { TemporaryFolder } from '../support/temporary-folder.ts';

let folder: TemporaryFolder;
let file: string;
let holder: LabHolder;
beforeEach(async () => {
  folder = temporaryFolder();
  file = folder.file('lab.db');
  makeLab(file);
  holder = await holdLab(file);
  expect(holder.answer).toBe('held');
  expect(await holder.tell('commit')).toBe('committed');
});
afterEach(async () => {
  await holder.kill();
  folder.remove();
});

/**
 * Opens the lab for writing, writes, and ends. Without the holder's locks its connection would be
 * the last one as far as SQLite can determine.
 */
function anotherProgram(sql = 'DELETE FROM study_user_attributes WHERE 0'): void {
  const script = `import Database from 'libsql'; new Database(process.argv[1], { timeout: 5000 }).exec(process.argv[2]);`;
  const { status, stderr } = spawnSync(
    process.execPath,
    ['--input-type=module', '-e', script, file, sql],
    { encoding: 'utf8' },
  );
  expect(stderr).toBe('');
  expect(status).toBe(0);
}

const inode = (path: string): number => statSync(path).ino;

describe('Lab safety: locks of the writing process', () => {
  it('keeps its locks while the same process reads, copies, checkpoints and tries to open the lab again', async () => {
    const log = inode(`${file}-wal`);
    expect(await holder.tell('beside')).toBe('beside');
    anotherProgram();
    expect(inode(`${file}-wal`)).toBe(log);
    expect(await holder.tell('commit')).toBe('committed');
    await holder.kill();
    anotherProgram();
    expect(foreignly(file, 'SELECT active_ms FROM galapagos_study')).toEqual([[1]]);
  });
});

describe('Lab safety: the owner lock', () => {
  it('refuses a second writer before SQLite opens the lab file for writing', () => {
    foreignly(
      file,
      'UPDATE galapagos_lab SET holder = ?',
      JSON.stringify({ pid: 1, start: 'ended', host: 'elsewhere' }),
    );
    const log = readFileSync(`${file}-wal`);
    expect(failure(() => openLab(file, { create: false, timeoutMs: 200 })).code).toBe('held');
    expect(readFileSync(`${file}-wal`)).toEqual(log);
  });

  it('reports busy where the file does not name a living owner', () => {
    foreignly(file, 'UPDATE galapagos_lab SET holder = NULL');
    expect(failure(() => openLab(file, { create: false, timeoutMs: 100 }))).toMatchObject({
      code: 'busy',
      temporary: true,
    });
  });

  it('is one lock for a lab and for a symbolic link to it', () => {
    const link = folder.file('link.db');
    symlinkSync(file, link);
    expect(failure(() => openLab(link, { create: false })).code).toBe('held');
  });

  it('is released by a kill, and its file is deleted at the next close', async () => {
    expect(OwnerLock.take(file, false)).toBeNull();
    await holder.kill();
    expect(existsSync(`${file}-lock`)).toBe(true);
    openLab(file, { create: false }).close();
    expect(existsSync(`${file}-lock`)).toBe(false);
  });

  it('locks a new file where the lab is taken over, which the previous owner does not delete', async () => {
    const lab = openLab(file, { create: false, takeOver: true });
    expect(await holder.tell('commit')).toBe('fenced');
    expect(await holder.tell('close')).toBe('closed');
    expect(OwnerLock.take(file, false)).toBeNull();
    lab.close();
    expect(existsSync(`${file}-lock`)).toBe(false);
  });

  it('is held by one connection at a time, and again after its release', async () => {
    await holder.kill();
    const first = OwnerLock.take(file, false);
    expect(first).not.toBeNull();
    expect(OwnerLock.take(file, false)).toBeNull();
    first?.release();
    const second = OwnerLock.take(file, false);
    expect(second).not.toBeNull();
    second?.release();
  });
});

describe('Lab safety: a log that was deleted by another program', () => {
  it.each([
    ['the log is deleted', () => rmSync(`${file}-wal`)],
    [
      'the log is replaced',
      () => {
        copyFileSync(`${file}-wal`, folder.file('other'));
        renameSync(folder.file('other'), `${file}-wal`);
      },
    ],
    [
      'the lab file is replaced',
      () => {
        copyFileSync(file, folder.file('other'));
        renameSync(folder.file('other'), file);
      },
    ],
  ])('stops writing and saves everything it wrote to another file when %s', async (_, lose) => {
    lose();
    expect(await holder.tell('commit')).toBe('log-lost');
    const rescued = readLab(folder.file('lab-rescued.db'));
    expect(rescued.study(UID)).toMatchObject({ activeMs: 1, counts: { complete: 1 } });
    rescued.close();
  });

  it('leaves what other programs wrote meanwhile when it closes and ends', async () => {
    for (const kind of ['wal', 'shm']) rmSync(`${file}-${kind}`);
    anotherProgram("INSERT INTO studies (study_name) VALUES ('theirs')");
    expect(await holder.tell('close')).toBe('closed');
    const ended = once(holder.process, 'exit');
    holder.process.stdin?.end();
    await ended;
    expect(foreignly(file, 'SELECT study_name FROM studies')).toContainEqual(['theirs']);
    expect(foreignly(file, 'PRAGMA integrity_check')).toEqual([['ok']]);
    expect(
      foreignly(folder.file('lab-rescued.db'), 'SELECT active_ms FROM galapagos_study'),
    ).toEqual([[1]]);
  });
});

describe('Lab safety: a lab whose writer was killed during a checkpoint', () => {
  it('is read and opened by its log, although the file alone is not consistent', async () => {
    await holder.kill();
    // The page of the schema as an interrupted checkpoint may leave it; the log contains the
    // valid one.
    foreignly(file, 'CREATE TABLE theirs (x)');
    const next = await holdLab(file);
    try {
      foreignly(file, 'CREATE TABLE theirs_too (x)');
      await next.kill();
      const bytes = readFileSync(file);
      bytes.fill(0xa5, 100, 4096);
      writeFileSync(file, bytes);
      expect(existsSync(`${file}-wal`)).toBe(true);
      const reader = readLab(file);
      expect(reader.study(UID)?.counts.complete).toBe(1);
      reader.close();
      openLab(file, { create: false }).close();
    } finally {
      await next.kill();
    }
  });
});
