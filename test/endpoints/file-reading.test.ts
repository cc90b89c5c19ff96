/** Tests the thread that reads a lab file: cancellation, and estimates of the time left. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { timeLeft } from '../../src/core/analysis/time-left.ts';
import type { Workload } from '../../src/core/analysis/time-left.ts';
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

it('File reading: the thread ends with its reader at any moment, and never aborts the process', async () => {
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
      expect(asked.reason).toMatchObject({
        message: expect.stringContaining('the lab was closed') as unknown,
      });
    expect(['the lab was closed', null]).toContain(await ended);
  }
});

describe('File reading: time left', () => {
  const work: Workload = {
    unstarted: 40,
    lanes: [
      { kind: 'local/cpu', elapsedMs: 300 },
      { kind: 'local/cpu', elapsedMs: null },
      { kind: 'local/gpu', elapsedMs: 20 },
    ],
    durations: Array.from({ length: 30 }, (_, i) => ({
      kind: i % 7 === 0 ? 'local/gpu' : 'local/cpu',
      ms: 400 + ((i * 37) % 90),
    })),
    generation: { size: 16, unstarted: 5 },
    limitMs: 3_600_000,
    target: true,
  };

  it('gives the same answer as the direct computation, beside a read of rows', async () => {
    const reading = new FileReading(file);
    const rows = new Promise((end) =>
      reading.rows(UID, { rows: () => undefined, curve: () => undefined, end }),
    );
    for (const given of [
      work,
      { ...work, generation: null, limitMs: null },
      { ...work, unstarted: null },
      { ...work, lanes: [] },
    ]) {
      expect(await reading.timeLeft(given)).toEqual(timeLeft(given));
    }
    expect(await rows).toBeNull();
    await reading.close();
  });

  it('rejects when the lab is closed before the answer', async () => {
    const reading = new FileReading(file);
    const [asked] = await Promise.allSettled([reading.timeLeft(work), reading.close()]);
    expect(asked).toMatchObject({ status: 'rejected', reason: { code: 'unreadable' } });
  });
});
