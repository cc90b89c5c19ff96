/** The thread that reads a lab file, ended in the middle. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { FileReading } from '../../src/endpoints/reading/file-reading.ts';
import { openLab } from '../../src/storage/sqlite.ts';
import { createStudy, propose, start, succeed, UID } from '../support/lab-writes.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const folder = temporaryFolder();
afterAll(() => folder.remove());
const file = folder.file('lab.db');
const TRIALS = 3000;

beforeAll(() => {
  const numbers = Array.from({ length: TRIALS }, (_, number) => number);
  const lab = openLab(file, { create: true });
  lab.commit([
    [createStudy(), ...numbers.map((number) => propose(number))],
    numbers.map((number) => start(number)),
    ...numbers.map((n) => succeed(n, n, n)),
  ]);
  lab.close();
});

it('goes with its reading, whatever it is at, and never takes the process with it', async () => {
  for (let round = 0; round < 6; round++) {
    const reading = new FileReading(file);
    let end: (error: string | null) => void = () => undefined;
    const ended = new Promise((resolve) => (end = resolve));
    const begun = new Promise<void>((resolve) => {
      reading.rows(UID, { rows: () => resolve(), curve: () => undefined, end });
    });
    const studies = reading.studies();
    if (round % 2 === 0) await begun;
    const [closed, asked] = await Promise.allSettled([reading.close(), studies]);
    expect(closed.status).toBe('fulfilled');
    if (asked.status === 'rejected')
      expect(asked.reason).toMatchObject({ message: expect.stringContaining('the lab was closed') as unknown });
    expect(['the lab was closed', null]).toContain(await ended);
  }
});
