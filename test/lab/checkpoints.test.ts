/** Tests checkpoints of a lab's log: a thread beside the writer moves it into the file. */
import { mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Checkpoints } from '../../src/lab/checkpoints.ts';
import { readLab } from '../../src/storage/read-lab.ts';
import { openLab } from '../../src/storage/sqlite.ts';
import type { LabStorage } from '../../src/storage/storage.ts';
import { UID, createStudy, propose, start, succeed } from '../support/lab-writes.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import type { TemporaryFolder } from '../support/temporary-folder.ts';
import { TinyDisk, noTinyDisk } from '../support/tiny-disk.ts';

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

it('is not checkpointed while it is short', async () => {
  const before = bytes(file);
  writeUntil(2 ** 20);
  await checkpoints.look();
  expect(bytes(file)).toBe(before);
});

it('is checkpointed by the thread, not by the writer, starts again then, and loses nothing', async () => {
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

describe('Log of a lab: a disk with little space', () => {
  beforeEach(({ skip }) => skip(noTinyDisk !== null, noTinyDisk ?? ''));
  it('is checkpointed and truncated while it is short, so that the disk holds many times more trials', async () => {
    const disk = folder.file('disk');
    mkdirSync(disk);
    const tiny = new TinyDisk(disk, '4m');
    try {
      const small = join(disk, 'lab.db');
      const [onDisk, beside] = [
        openLab(small, { create: true, checkpoints: 'beside' }),
        new Checkpoints(small),
      ];
      onDisk.commit([[createStudy()]]);
      // About 10 MB of log in total.
      for (let number = 0; number < 400; number++) {
        onDisk.commit([[propose(number)], [start(number)]]);
        onDisk.commit([succeed(number, number, 0.5)]);
        if (bytes(`${small}-wal`) > 2 ** 20) {
          await beside.look();
          expect(bytes(`${small}-wal`)).toBe(0);
        }
      }
      await beside.close();
      onDisk.close();
      const reader = readLab(small);
      expect(reader.study(UID)?.counts.complete).toBe(400);
      reader.close();
    } finally {
      tiny.unmount();
    }
  });
});
