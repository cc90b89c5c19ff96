/** The log of a lab that is written: moved into the file by a thread beside the writer. */
import { statSync } from 'node:fs';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Checkpoints } from '../../src/lab/checkpoints.ts';
import { readLab } from '../../src/storage/read-lab.ts';
import { openLab } from '../../src/storage/sqlite.ts';
import type { LabStorage } from '../../src/storage/storage.ts';
import { UID, createStudy, propose, start, succeed } from '../support/lab-writes.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import type { TemporaryFolder } from '../support/temporary-folder.ts';

let folder: TemporaryFolder;
let file: string;
let lab: LabStorage;
let checkpoints: Checkpoints;
beforeEach(() => {
  next = 0;
  folder = temporaryFolder();
  file = folder.file('lab.db');
  lab = openLab(file, { create: true, checkpoints: 'beside' });
  checkpoints = new Checkpoints(file);
  lab.commit([[createStudy()]]);
});
afterEach(async () => {
  await checkpoints.close();
  lab.close();
  folder.remove();
});

const bytes = (of: string): number => statSync(of).size;
let next: number;
function writeTrial(): void {
  lab.commit([[propose(next)], [start(next)]]);
  lab.commit([succeed(next, next, 0.5)]);
  next += 1;
}
function writeUntil(logBytes: number): void {
  while (bytes(`${file}-wal`) < logBytes) writeTrial();
}

it('is left alone while it is short', async () => {
  const before = bytes(file);
  writeUntil(2 ** 20);
  await checkpoints.look();
  expect(bytes(file)).toBe(before);
});

it('is moved by the thread, not by the writer, begins anew then, and loses nothing', async () => {
  const before = bytes(file);
  writeUntil(20 * 2 ** 20);
  // The writer would have moved it after 16 MiB.
  expect(bytes(file)).toBe(before);
  await checkpoints.look();
  expect(bytes(file)).toBeGreaterThan(before);
  const long = bytes(`${file}-wal`);
  for (let more = 0; more < 100; more++) writeTrial();
  expect(bytes(`${file}-wal`)).toBeLessThanOrEqual(long);
  await checkpoints.close();
  lab.close();
  const reader = readLab(file);
  expect(reader.study(UID)?.counts.complete).toBe(next);
  reader.close();
});
