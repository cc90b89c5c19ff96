/** Tests the lab file as a file: its log, its modification time, closing. */
import { existsSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import Database from 'libsql';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { copyLab } from '../../src/storage/copy-lab.ts';
import { openLab } from '../../src/storage/sqlite.ts';
import { checkLab } from '../support/check-lab.ts';
import { foreignly } from '../support/foreign-program.ts';
import {
  UID,
  createStudy,
  endTrial,
  propose,
  spec,
  start,
  succeed,
  trialsOf,
} from '../support/lab-writes.ts';
import { noModes, skipIf } from '../support/platform.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import type { TemporaryFolder } from '../support/temporary-folder.ts';

let folder: TemporaryFolder;
let file: string;
beforeEach(() => {
  folder = temporaryFolder();
  file = folder.file('lab.db');
});
afterEach(() => folder.remove());

function run(lab: ReturnType<typeof openLab>, from: number, to: number): void {
  for (let number = from; number < to; number++)
    lab.commit([[propose(number)], [start(number)], succeed(number, number)]);
}

it('Lab file: is one plain file when closed', () => {
  const lab = openLab(file, { create: true });
  lab.commit([[createStudy()]]);
  run(lab, 0, 10);
  expect(readdirSync(folder.path).sort()).toEqual([
    'lab.db',
    'lab.db-lock',
    'lab.db-shm',
    'lab.db-wal',
  ]);
  lab.close();
  expect(readdirSync(folder.path)).toEqual(['lab.db']);
  // Rollback-journal mode in the header, so that a reader leaves no file beside it either.
  expect([...readFileSync(file).subarray(18, 20)]).toEqual([1, 1]);
  expect(checkLab(file, spec.name)).toEqual([]);
});

describe('Lab file: access', () => {
  beforeEach((context) => skipIf(noModes, context));

  const modeOf = (path: string): number => statSync(path).mode & 0o777;
  let before: number;
  // The most permissive mask, so that only the modes that the program asks for count.
  beforeEach(() => (before = process.umask(0)));
  afterEach(() => process.umask(before));

  it('lets only the owner read and write a new lab file and the log beside it', () => {
    const lab = openLab(file, { create: true });
    lab.commit([[createStudy()]]);
    expect(readdirSync(folder.path).map((name) => [name, modeOf(folder.file(name))])).toEqual(
      ['lab.db', 'lab.db-lock', 'lab.db-shm', 'lab.db-wal'].map((name) => [name, 0o600]),
    );
    lab.close();
    expect(modeOf(file)).toBe(0o600);
  });

  it('lets only the owner read and write a copy of a lab', () => {
    openLab(file, { create: true }).close();
    copyLab(file, folder.file('copy.db'));
    expect(modeOf(folder.file('copy.db'))).toBe(0o600);
    openLab(folder.file('copy.db'), { create: false }).close();
  });

  it('leaves an existing file at the target of the copy unchanged', () => {
    openLab(file, { create: true }).close();
    writeFileSync(folder.file('kept.txt'), 'kept');
    expect(() => copyLab(file, folder.file('kept.txt'))).toThrow('EEXIST');
    expect(readFileSync(folder.file('kept.txt'), 'utf8')).toBe('kept');
  });
});

it('closes while another program has it open, and truncates the log', () => {
  const lab = openLab(file, { create: true });
  lab.commit([[createStudy()]]);
  const other = new Database(file);
  expect(other.prepare('SELECT count(*) FROM studies').raw(true).all([])).toEqual([[1]]);
  lab.close();
  expect(foreignly(file, 'SELECT holder FROM galapagos_lab')).toEqual([[null]]);
  if (existsSync(`${file}-wal`)) expect(statSync(`${file}-wal`).size).toBe(0);
  other.close();
  openLab(file, { create: false }).close();
});

it('returns every trial of a long study, a page at a time', () => {
  const lab = openLab(file, { create: true });
  lab.commit([
    [createStudy(), ...Array.from({ length: 4_500 }, (_, number) => propose(number))],
    [start(4_001)],
  ]);
  lab.close();
  const trials = trialsOf(openLab(file, { create: false }).lab);
  expect(trials.map(({ number }) => number)).toEqual(
    Array.from({ length: 4_500 }, (_, number) => number),
  );
  expect(
    trials.filter(({ unsettled, attemptNumber }) => attemptNumber > 0 || unsettled.length > 0),
  ).toMatchObject([{ number: 4_001, attemptNumber: 1, unsettled: [{ attemptNumber: 1 }] }]);
});

it('does not let its log grow without bound', () => {
  const lab = openLab(file, { create: true });
  lab.commit([[createStudy()]]);
  const commits = 60;
  const perCommit = 100;
  for (let commit = 0; commit < commits; commit++) {
    const steps = [];
    for (let i = 0; i < perCommit; i++) {
      const number = commit * perCommit + i;
      steps.push([propose(number)], [start(number)], succeed(number, number));
    }
    lab.commit(steps);
  }
  // 16 MiB are 4,000 pages, after which the log is moved into the file and restarted.
  expect(statSync(`${file}-wal`).size).toBeLessThan(20 * 1024 * 1024);
  lab.close();
  expect(readdirSync(folder.path)).toEqual(['lab.db']);
});

it('writes in DELETE mode while a reader of the closed file blocks it, and in WAL mode as soon as possible', () => {
  openLab(file, { create: true }).close();
  const reader = new Database(file);
  reader.exec('BEGIN');
  reader.prepare('SELECT * FROM studies').raw(true).all([]);
  // Opening must wait for the reader: a commit of a rollback journal needs the whole file.
  expect(() => openLab(file, { create: false, timeoutMs: 50 })).toThrow(/locked/);
  reader.exec('COMMIT');
  const lab = openLab(file, { create: false, timeoutMs: 50 });
  lab.commit([[createStudy()]]);
  expect(existsSync(`${file}-wal`)).toBe(true);
  lab.close();
  reader.close();
});

it('takes dates from the clock in UTC, and a clock that was set back does not end a trial before its start', () => {
  const clock = { now: new Date('2026-11-23T23:59:59.999Z') };
  const lab = openLab(file, { create: true, now: () => clock.now });
  lab.commit([[createStudy(), propose(0), propose(1)], [start(0)], [start(1)]]);
  clock.now = new Date('2026-11-24T00:00:01.500Z');
  lab.commit([succeed(0, 0)]);
  clock.now = new Date('2026-11-23T22:00:00.000Z');
  lab.commit([succeed(1, 1)]);
  expect(
    foreignly(file, 'SELECT datetime_start, datetime_complete FROM trials ORDER BY number'),
  ).toEqual([
    ['2026-11-23 23:59:59.999000', '2026-11-24 00:00:01.500000'],
    ['2026-11-23 23:59:59.999000', '2026-11-23 23:59:59.999000'],
  ]);
  lab.close();
});

it('describes the outcome of a trial in two attributes that Optuna displays', () => {
  const lab = openLab(file, { create: true });
  lab.commit([[createStudy(), propose(0), propose(1)], [start(0)], [start(1)], succeed(1, 0, 0.5)]);
  lab.commit([
    [
      endTrial(0, {
        finishSeq: 1,
        state: 'failed',
        outcome: 'cancelled',
        value: NaN,
        attemptNumber: 0,
      }),
    ],
  ]);
  lab.close();
  expect(
    foreignly(
      file,
      'SELECT number, key, value_json FROM trial_user_attributes JOIN trials USING (trial_id) ORDER BY number, key',
    ),
  ).toEqual([
    [
      0,
      'galapagos:trial',
      '{"outcome": "cancelled", "attempt": 0, "lineage": {"operator": "uniform", "parents": [], "generation": 0}}',
    ],
    [0, 'galapagos:uid', `"${UID}/0"`],
    [
      1,
      'galapagos:trial',
      '{"outcome": "succeeded", "attempt": 1, "slot": "local/cpu/1", "executor": "wasm", "ms": 12.5, ' +
        '"lineage": {"operator": "crossover+mutation", "parents": [0], "generation": 1}, "metrics": {"accuracy": 0.5, "checksum": "ab12"}}',
    ],
    [1, 'galapagos:uid', `"${UID}/1"`],
  ]);
  expect(foreignly(file, 'SELECT key, value_json FROM study_user_attributes ORDER BY key')).toEqual(
    [
      [
        'galapagos:study',
        '{"sampler": {"name": "random"}, "objective": {"kind": "synthetic", "function": "sphere"}, "seed": 7}',
      ],
      ['galapagos:uid', `"${UID}"`],
    ],
  );
});
