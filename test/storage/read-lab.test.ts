import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import Database from 'libsql';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Write } from '../../src/core/scheduling/index.ts';
import { readLab } from '../../src/storage/read-lab.ts';
import type { LabReader } from '../../src/storage/lab-reader.ts';
import { openLab } from '../../src/storage/sqlite.ts';
import { foreignly } from '../support/foreign-program.ts';
import {
  UID,
  createStudy,
  endAttempt,
  endTrial,
  limits,
  point,
  propose,
  spec,
  start,
  succeed,
} from '../support/lab-writes.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import type { TemporaryFolder } from '../support/temporary-folder.ts';

const now = new Date('2026-11-23T22:50:00.123Z');
let folder: TemporaryFolder;
let file: string;
const readers: LabReader[] = [];
beforeEach(() => {
  folder = temporaryFolder();
  file = folder.file('lab.db');
});
afterEach(() => {
  for (const reader of readers.splice(0)) reader.close();
  folder.remove();
});

function read(): LabReader {
  const reader = readLab(file);
  readers.push(reader);
  return reader;
}

function digest(): string {
  return createHash('sha256').update(readFileSync(file)).digest('hex');
}

/**
 * Six trials: three complete (one diverged), one failed after a retry, one running, one waiting.
 */
function makeLab(): void {
  const lab = openLab(file, { create: true, now: () => now });
  lab.commit([[createStudy(), ...Array.from({ length: 6 }, (_, number) => propose(number))]]);
  lab.commit([[start(0)], [start(1)], [start(2)], [start(3)], [start(4)]]);
  lab.commit([succeed(1, 0, 0.5), succeed(0, 1, 0.25)]);
  lab.commit([
    [
      endAttempt(2, 1, 'diverged'),
      endTrial(2, { finishSeq: 2, outcome: 'diverged', value: Infinity }),
    ],
  ]);
  lab.commit([
    [
      endAttempt(3, 1, 'lost'),
      {
        op: 'trialBack',
        uid: UID,
        number: 3,
        crashes: 0,
        deaths: 1,
        memoryFailures: 0,
        laneCap: 0,
      },
    ],
    [start(3, 2)],
  ]);
  lab.commit([
    [
      endAttempt(3, 2, 'crashed'),
      endTrial(3, {
        finishSeq: 3,
        state: 'failed',
        outcome: 'crashed',
        value: NaN,
        attemptNumber: 2,
      }),
    ],
  ]);
  lab.close();
}

describe('Reading a lab: reports', () => {
  const report = (number: number, step: number, value: number): Write => ({
    op: 'reported',
    attempt: { study: UID, number, attemptNumber: 1 },
    step,
    value,
  });
  const intermediates = (): unknown =>
    // prettier-ignore
    foreignly(file, 'SELECT number, step, intermediate_value, intermediate_value_type FROM trial_intermediate_values JOIN trials USING (trial_id) ORDER BY 1, 2');

  it("are Optuna's intermediate values; the result repeats those that did not arrive", () => {
    const lab = openLab(file, { create: true, now: () => now });
    lab.commit([
      [createStudy(), propose(0), propose(1)],
      [start(0)],
      [start(1)],
      [report(0, 0, 0.5)],
      [report(1, 0, 0.25)],
    ]);
    const reports = [0.5, 0.75, 0.625].map((value, step) => ({
      step,
      value,
      metrics: { loss: 1 - value },
    }));
    const ended: Write = {
      op: 'attemptEnded',
      attempt: { study: UID, number: 0, attemptNumber: 1 },
      outcome: 'succeeded',
      at: 0,
      result: { outcome: 'succeeded', value: 0.75, ms: 1, reports },
      detail: null,
    };
    lab.commit([[ended, endTrial(0, { finishSeq: 0, value: 0.75 })]]);
    lab.close();
    expect(intermediates()).toEqual([
      [0, 0, 0.5, 'FINITE'],
      [0, 1, 0.75, 'FINITE'],
      [0, 2, 0.625, 'FINITE'],
      [1, 0, 0.25, 'FINITE'],
    ]);
    expect([...read().trials(UID)].map((trial) => trial.reports)).toEqual([
      [
        { step: 0, value: 0.5 },
        { step: 1, value: 0.75 },
        { step: 2, value: 0.625 },
      ],
      [{ step: 0, value: 0.25 }],
    ]);
    expect(read().story(UID, 0)?.trial.result?.reports).toEqual(reports);
  });

  it('of a lost attempt are removed, and none is added to a trial that another program has ended', () => {
    const lab = openLab(file, { create: true, now: () => now });
    lab.commit([
      [createStudy(), propose(0), propose(1)],
      [start(0)],
      [start(1)],
      [report(0, 0, 0.5)],
      [report(1, 0, 0.25)],
    ]);
    lab.commit([
      [
        endAttempt(0, 1, 'lost'),
        {
          op: 'trialBack',
          uid: UID,
          number: 0,
          crashes: 0,
          deaths: 0,
          memoryFailures: 0,
          laneCap: 0,
        },
      ],
    ]);
    foreignly(file, "UPDATE trials SET state = 'FAIL' WHERE number = 1");
    lab.commit([[report(1, 1, 0.5)]]);
    lab.close();
    expect(intermediates()).toEqual([[1, 0, 0.25, 'FINITE']]);
  });
});

describe('Reading a lab: a study', () => {
  beforeEach(makeLab);

  it('is summarised, and found by name or uid', () => {
    const summary = {
      uid: UID,
      name: spec.name,
      directions: ['minimize'],
      state: 'running',
      reason: null,
      counts: { waiting: 1, running: 1, complete: 3, pruned: 0, failed: 1 },
      limits,
      limit: 64,
      activeMs: 0,
      best: { number: 0, value: 0.25 },
      spec,
      note: '',
      deleted: false,
    };
    expect(read().studies()).toEqual([summary]);
    expect(read().study(spec.name)).toEqual(summary);
    expect(read().study(UID)).toEqual(summary);
    expect(read().study('another')).toBeNull();
  });

  it('lists its trials in number order with their details', () => {
    const trials = [...read().trials(spec.name)];
    expect(
      trials.map(({ number, state, outcome, value }) => ({ number, state, outcome, value })),
    ).toEqual([
      { number: 0, state: 'complete', outcome: 'succeeded', value: 0.25 },
      { number: 1, state: 'complete', outcome: 'succeeded', value: 0.5 },
      { number: 2, state: 'complete', outcome: 'diverged', value: Infinity },
      { number: 3, state: 'failed', outcome: 'crashed', value: null },
      { number: 4, state: 'running', outcome: null, value: null },
      { number: 5, state: 'waiting', outcome: null, value: null },
    ]);
    expect(trials[1]).toEqual({
      ...{
        number: 1,
        state: 'complete',
        outcome: 'succeeded',
        value: 0.5,
        encoded: point(1),
        historyLength: 1,
        finishSeq: 0,
      },
      params: { learningRate: 2e-5, units: 32, activation: 'Tanh é' },
      origin: { operator: 'crossover+mutation', parents: [0], generation: 1 },
      ...{ attempts: 1, endedBy: 1, slot: 'local/cpu/1', start: now, complete: now },
      result: {
        outcome: 'succeeded',
        ms: 12.5,
        value: 0.5,
        metrics: { accuracy: 0.5, checksum: 'ab12' },
        executor: 'wasm',
      },
      reports: [],
    });
    expect(trials[5]).toMatchObject({
      attempts: 0,
      endedBy: 0,
      slot: null,
      result: null,
      start: null,
      complete: null,
    });
  });

  it('returns its best trials, best first, without diverged ones', () => {
    expect(
      read()
        .best(UID, 10)
        .map(({ number }) => number),
    ).toEqual([0, 1]);
    expect(
      read()
        .best(UID, 1)
        .map(({ number }) => number),
    ).toEqual([0]);
  });

  it('returns the story of a trial with every attempt and its cause', () => {
    const story = read().story(UID, 3);
    expect(story?.lines).toEqual(['trial 3 ended']);
    expect(story?.trial.attempts).toBe(2);
    expect(story?.attempts).toMatchObject([
      {
        attemptNumber: 1,
        slot: 'local/cpu/3',
        outcome: 'lost',
        result: null,
        detail: 'silent',
        sent: now,
        ended: now,
      },
      {
        attemptNumber: 2,
        outcome: 'crashed',
        result: { outcome: 'crashed', ms: 12.5 },
        detail: null,
      },
    ]);
    expect(read().story(UID, 4)?.attempts).toMatchObject([
      { attemptNumber: 1, outcome: null, ended: null },
    ]);
    expect(read().story(UID, 6)).toBeNull();
  });

  it.each(['trials', 'points', 'best', 'story'] as const)(
    'reports an unknown study in %s, with the existing names',
    (method) => {
      const reader = read();
      const ask = {
        trials: () => [...reader.trials('nobody')],
        points: () => [...reader.points('nobody')],
        best: () => reader.best('nobody', 1),
        story: () => reader.story('nobody', 0),
      };
      expect(ask[method]).toThrow(/no study "nobody" in it; it has "sphere in four dimensions"/);
    },
  );

  it("shows the name given by Optuna's dashboard", () => {
    foreignly(file, 'UPDATE studies SET study_name = ?', 'renamed');
    expect(read().study('renamed')).toMatchObject({ uid: UID, spec: { name: 'renamed' } });
  });

  it('ranks the greatest value first when it is maximised', () => {
    const lab = openLab(file, { create: false });
    const uid = 'a5a0c1f4-7a39-4f8d-8f7e-5a3b2a0f1c77';
    lab.commit([[createStudy(uid, { ...spec, name: 'up', direction: 'maximize' })]]);
    for (const number of [0, 1, 2]) {
      const value = [0.5, 0.75, 0.75][number] ?? 0;
      lab.commit([[propose(number, uid)], [start(number, 1, uid)]]);
      lab.commit([
        [
          endAttempt(number, 1, 'succeeded', value, uid),
          endTrial(number, { finishSeq: number, value, uid }),
        ],
      ]);
    }
    lab.close();
    expect(
      read()
        .best('up', 3)
        .map(({ number }) => number),
    ).toEqual([1, 2, 0]);
    expect(read().study('up')?.best).toEqual({ number: 1, value: 0.75 });
  });
});

describe('Reading a lab: effects on the file', () => {
  it('changes no byte of a finished lab and leaves no side file', () => {
    makeLab();
    const before = digest();
    const reader = read();
    expect([...reader.trials(UID)]).toHaveLength(6);
    reader.close();
    expect(digest()).toBe(before);
    expect(readdirSync(folder.path)).toEqual(['lab.db']);
  });

  it('sees committed data at once, and takes neither lock nor epoch', () => {
    const lab = openLab(file, { create: true });
    const reader = read();
    lab.commit([[createStudy(), propose(0)]]);
    expect(reader.study(UID)?.counts).toMatchObject({ waiting: 1, running: 0 });
    lab.commit([[start(0)]]);
    expect(reader.study(UID)?.counts).toMatchObject({ waiting: 0, running: 1 });
    expect(lab.epoch).toBe(1);
    lab.commit([succeed(0, 0)]);
    expect([...reader.trials(UID)]).toMatchObject([{ number: 0, state: 'complete' }]);
    lab.close();
  });

  it('sees every trial once when read a page at a time, also while trials are added', () => {
    const lab = openLab(file, { create: true });
    const propose1000 = (from: number): void => {
      lab.commit([Array.from({ length: 1_000 }, (_, i) => propose(from + i))]);
    };
    lab.commit([[createStudy()]]);
    propose1000(0);
    propose1000(1_000);
    const numbers: number[] = [];
    for (const { number } of read().trials(UID)) {
      if (number === 500) propose1000(2_000);
      numbers.push(number);
    }
    expect(numbers).toEqual(Array.from({ length: 3_000 }, (_, i) => i));
    lab.close();
  });

  it('reads the points of all trials in number order, also where they take several pages', () => {
    const lab = openLab(file, { create: true });
    lab.commit([[createStudy()]]);
    for (let from = 0; from < 10_000; from += 2_000)
      lab.commit([Array.from({ length: 2_000 }, (_, i) => propose(from + i))]);
    lab.close();
    const points = [...read().points(UID)];
    expect(points).toHaveLength(10_000);
    expect(points).toEqual(Array.from({ length: 10_000 }, (_, number) => point(number)));
  });

  it('does not block checkpoints while it pauses', () => {
    const lab = openLab(file, { create: true });
    lab.commit([[createStudy(), propose(0), propose(1)]]);
    const trials = read().trials(UID)[Symbol.iterator]();
    trials.next();
    lab.commit([[propose(2)]]);
    const other = new Database(file);
    expect(other.prepare('PRAGMA wal_checkpoint(TRUNCATE)').raw(true).all([])).toEqual([[0, 0, 0]]);
    other.close();
    lab.close();
  });
});

describe('Reading a lab: studies of other programs', () => {
  beforeEach(() => {
    makeLab();
    const sql = [
      "INSERT INTO studies (study_id, study_name) VALUES (7, 'theirs'), (8, 'two goals')",
      "INSERT INTO study_directions (study_id, direction, objective) VALUES (7, 'MAXIMIZE', 0), (8, 'MINIMIZE', 0), (8, 'MAXIMIZE', 1)",
      `INSERT INTO trials (trial_id, number, study_id, state, datetime_start, datetime_complete) VALUES
         (101, 0, 7, 'COMPLETE', '2026-11-23 10:00:00.000000', '2026-11-23 10:00:01.500000'), (102, 0, 8, 'RUNNING', '2026-11-23 10:00:00', NULL),
         (103, 1, 7, 'COMPLETE', '2026-11-23 10:00:00.000000', '2026-11-23 10:00:01.500000'), (104, 2, 7, 'WAITING', NULL, NULL),
         (105, 3, 7, 'COMPLETE', '2026-11-23 10:00:00.000000', '2026-11-23 10:00:01.500000')`,
      "INSERT INTO trial_values (trial_id, objective, value, value_type) VALUES (101, 0, 0.5, 'FINITE'), (103, 0, 0.75, 'FINITE'), (105, 0, NULL, 'INF_POS')",
      `INSERT INTO trial_params (trial_id, param_name, param_value, distribution_json) VALUES
         (101, 'x', 0.25, '{"name": "UniformDistribution", "attributes": {"low": 0.0, "high": 1.0}}'),
         (101, 'c', 2.0, '{"name": "CategoricalDistribution", "attributes": {"choices": ["a", NaN, null]}}'),
         (103, 'c', 0.0, '{"name": "CategoricalDistribution", "attributes": {"choices": ["a", NaN, null]}}')`,
    ];
    for (const statement of sql) foreignly(file, statement);
  });

  it('are listed beside those of Galapagos', () => {
    const nothing = {
      uid: null,
      state: null,
      reason: null,
      limits: null,
      limit: null,
      activeMs: null,
      spec: null,
      note: '',
      deleted: false,
    };
    expect(read().studies().slice(1)).toEqual([
      {
        ...nothing,
        name: 'theirs',
        directions: ['maximize'],
        counts: { waiting: 1, running: 0, complete: 3, pruned: 0, failed: 0 },
        best: { number: 1, value: 0.75 },
      },
      {
        ...nothing,
        name: 'two goals',
        directions: ['minimize', 'maximize'],
        counts: { waiting: 0, running: 1, complete: 0, pruned: 0, failed: 0 },
        best: null,
      },
    ]);
  });

  it('show their trials with their parameters in any version of the notation', () => {
    expect([...read().trials('theirs')]).toMatchObject([
      {
        number: 0,
        state: 'complete',
        value: 0.5,
        params: { x: 0.25, c: null },
        encoded: null,
        origin: null,
        complete: new Date('2026-11-23T10:00:01.5Z'),
      },
      { number: 1, state: 'complete', value: 0.75, params: { c: 'a' } },
      { number: 2, state: 'waiting', value: null, params: {}, start: null },
      { number: 3, state: 'complete', value: Infinity },
    ]);
    expect(
      read()
        .best('theirs', 5)
        .map(({ number }) => number),
    ).toEqual([1, 0]);
    expect(read().story('theirs', 1)).toMatchObject({
      trial: { number: 1 },
      attempts: [],
      lines: [],
    });
  });

  it('are read in a file without tables of Galapagos, which adds none', () => {
    for (const table of [
      'galapagos_lab',
      'galapagos_study',
      'galapagos_trial',
      'galapagos_attempt',
      'galapagos_audit',
      'galapagos_audit_due',
      'galapagos_mismatch',
      'galapagos_prediction',
      'galapagos_history',
      'galapagos_ancestor',
      'galapagos_edit_request',
    ])
      foreignly(file, `DROP TABLE ${table}`);
    // prettier-ignore
    expect(read().studies().map(({ name, uid }) => [name, uid])).toEqual([[spec.name, null], ['theirs', null], ['two goals', null]]);
    expect([...read().trials(spec.name)]).toHaveLength(5);
    expect(
      foreignly(file, "SELECT count(*) FROM sqlite_master WHERE name LIKE 'galapagos%'"),
    ).toEqual([[0]]);
  });

  it('stay unchanged when the file becomes a lab', () => {
    for (const table of [
      'galapagos_lab',
      'galapagos_study',
      'galapagos_trial',
      'galapagos_attempt',
    ])
      foreignly(file, `DROP TABLE ${table}`);
    const theirs = [...read().trials('theirs')];
    expect([...read().points('theirs')]).toEqual([]);
    openLab(file, { create: false }).close();
    expect([...read().trials('theirs')]).toEqual(theirs);
    expect(existsSync(`${file}-wal`)).toBe(false);
  });
});

describe('Reading a lab: attempts', () => {
  it('say why they ended, so that superseded ones differ from those that returned to the queue', () => {
    const lab = openLab(file, { create: true, now: () => now });
    lab.commit([[createStudy(), propose(0)]]);
    lab.commit([[start(0)], [start(0, 2)], [start(0, 3)]]);
    const ended = { op: 'attemptEnded', outcome: 'cancelled', at: 0, result: null } as const;
    const attempt = (attemptNumber: number) => ({ study: UID, number: 0, attemptNumber });
    lab.commit([
      [{ ...ended, attempt: attempt(1), detail: null }],
      [{ ...ended, attempt: attempt(2), detail: 'superseded' }],
    ]);
    lab.close();
    const most = { study: UID, before: Number.MAX_SAFE_INTEGER, since: 0, most: 9 };
    const found = read().attempts(most);
    expect(
      found
        .map(({ attemptNumber, outcome, detail }) => [attemptNumber, outcome, detail])
        .toSorted(([a], [b]) => Number(a) - Number(b)),
    ).toEqual([
      [1, 'cancelled', null],
      [2, 'cancelled', 'superseded'],
      [3, null, null],
    ]);
  });
});
