import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readingCalls } from '../../src/endpoints/calls/reading-calls.ts';
import { exportLab } from '../../src/endpoints/reading/export-lab.ts';
import { importanceOf } from '../../src/endpoints/reading/importance-of.ts';
import { decilesOf } from '../../src/endpoints/reading/read-trials.ts';
import { ThreadWork } from '../../src/endpoints/reading/thread-work.ts';
import { bestConfigs } from '../../src/protocol/best-configs.ts';
import { parseStudyFile } from '../../src/protocol/study-file.ts';
import type { ExportedFile, TrialDetail } from '../../src/protocol/window/reading.ts';
import type { TrialRecord } from '../../src/storage/lab-reader.ts';
import { readLab } from '../../src/storage/read-lab.ts';
import { openLab } from '../../src/storage/sqlite.ts';
import { ask, asked, callDeps } from '../support/call-deps.ts';
import {
  createStudy,
  endAttempt,
  endTrial,
  propose,
  start,
  succeed,
  UID,
} from '../support/lab-writes.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const folder = temporaryFolder();
afterAll(() => folder.remove());
const file = folder.file('lab.db');
const thread = new ThreadWork();
afterAll(() => thread.close());
const calls = readingCalls(callDeps(folder.path, { labFile: () => file }), thread);

/** Trials 0 … 2 complete, 3 crashed, 4 diverged, 5 runs and has reported twice, 6 waits. */
beforeAll(() => {
  const lab = openLab(file, { create: true });
  lab.commit([
    [createStudy(), ...[0, 1, 2, 3, 4, 5, 6].map((number) => propose(number))],
    [0, 1, 2, 3, 4, 5].map((number) => start(number)),
    succeed(0, 0, 0.3),
    succeed(1, 1, 0.1),
    succeed(2, 2, 0.2),
    [
      endAttempt(3, 1, 'crashed'),
      endTrial(3, { finishSeq: 3, value: Infinity, state: 'failed', outcome: 'crashed' }),
    ],
    [
      endAttempt(4, 1, 'diverged'),
      endTrial(4, { finishSeq: 4, value: Infinity, outcome: 'diverged' }),
    ],
    [0, 1].map(
      (step) =>
        ({
          op: 'reported',
          attempt: { study: UID, number: 5, attemptNumber: 1 },
          step,
          value: 0.5 - step / 10,
        }) as const,
    ),
  ]);
  lab.close();
});

test('Reading: returns a trial in full: value, attempts, last error, story', async () => {
  const good = await asked<TrialDetail>(calls, 'trial', { study: UID, trial: 1 });
  expect(good).toMatchObject({
    error: null,
    slot: 'local/cpu/1',
    trial: { trial: 1, value: 0.1, executor: 'wasm' },
  });
  expect(good.story.story).toEqual(['trial 1 ended']);
  const crashed = await asked<TrialDetail>(calls, 'trial', { study: UID, trial: 3 });
  expect(crashed).toMatchObject({
    trial: { state: 'failed', value: null },
    story: { attempts: [{ attemptNumber: 1, outcome: 'crashed' }] },
  });
  expect(await asked<TrialDetail>(calls, 'trial', { study: UID, trial: 6 })).toMatchObject({
    slot: null,
    error: null,
  });
});

test('Reading: an unknown study or trial is an error that lists the existing ones', async () => {
  expect(await ask(calls, 'trial', { study: UID, trial: 7 })).toMatchObject({
    ok: false,
    error: { code: 'unknown-trial' },
  });
  expect(await ask(calls, 'trial', { study: 'gone', trial: 0 })).toMatchObject({
    ok: false,
    error: {
      code: 'unknown-study',
      data: { message: expect.stringContaining('sphere in four dimensions') as unknown },
    },
  });
  const closed = readingCalls(callDeps(folder.path), thread);
  expect(await ask(closed, 'trial', { study: UID, trial: 0 })).toMatchObject({
    ok: false,
    error: { code: 'no-lab' },
  });
});

test('Reading: curves contain the reports, also of a running trial; an unknown trial is skipped', async () => {
  expect(await asked(calls, 'curves', { study: UID, trials: [6, 5, 99] })).toEqual([
    { trial: 6, steps: [], values: [] },
    { trial: 5, steps: [0, 1], values: [0.5, 0.4] },
  ]);
});

describe('Reading: deciles', () => {
  test('are of the trials that reached the step, interpolated between two', () => {
    const reports = (...values: number[]): { reports: { step: number; value: number }[] } => ({
      reports: values.map((value, step) => ({ step, value })),
    });
    const { steps, values } = decilesOf([reports(0, 7), reports(1), reports(NaN), reports()]);
    expect(steps).toEqual([0, 1]);
    expect(values[0]?.map((value) => Math.round(value * 10))).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(values[1]).toEqual(Array<number>(9).fill(7));
  });

  test('are empty for a study without reports', () => {
    expect(decilesOf([])).toEqual({ steps: [], values: [] });
  });
});

describe('Reading: exports', () => {
  const text = async (what: string): Promise<string> => {
    const { content } = await asked<ExportedFile>(calls, 'export', { study: UID, what, top: 2 });
    if (!('text' in content)) throw new Error('no text');
    return content.text;
  };

  test('of the best configurations follow the schema, best first', async () => {
    const { best } = bestConfigs.parse(JSON.parse(await text('best')));
    expect(best.map(({ trial, value }) => [trial, value])).toEqual([
      [1, 0.1],
      [2, 0.2],
    ]);
  });

  test('of all trials are CSV that reads back: one line for each trial, one column for each parameter', async () => {
    const csv = await text('csv');
    const lines = csv.split('\r\n');
    expect(lines[0]).toBe(
      'trial,state,outcome,value,metric,split,learningRate,units,activation,momentum,operator,parents,generation,attempts,started,completed,executor,slot,energy',
    );
    expect(lines).toHaveLength(9);
    expect(lines[2]).toMatch(
      /^1,complete,succeeded,0\.1,value,,0\.00002,32,Tanh é,,crossover\+mutation,0,1,1,/,
    );
    expect(lines[4]).toMatch(/^3,failed,crashed,,value,,/);
    expect(lines[5]).toMatch(/^4,complete,diverged,,value,,/);
  });

  test('of the lab are a copy of one instant that opens as the lab does, while it is open and written', async () => {
    const writer = openLab(file, { create: false });
    try {
      writer.commit([[propose(7)]]);
      const { name, content } = await asked<ExportedFile>(calls, 'export', {
        study: UID,
        what: 'lab',
        top: 1,
      });
      writer.commit([[propose(8)]]);
      expect(name).toBe('lab.db');
      writeFileSync(
        folder.file('copy.db'),
        Buffer.from('base64' in content ? content.base64 : '', 'base64'),
      );
    } finally {
      writer.close();
    }
    const copy = readLab(folder.file('copy.db'));
    const [study] = copy.studies();
    expect(study).toMatchObject({ uid: UID, best: { number: 1, value: 0.1 } });
    expect([...copy.trials(UID)]).toHaveLength(8);
    copy.close();
  });

  test('of a lab that is too large name the path of the file', () => {
    expect(() => exportLab(file, 1000)).toThrow(`use the file itself, ${file}`);
  });

  test('of the study are a study file that can be started again', async () => {
    const again = parseStudyFile(await text('study'), 'exported.json');
    expect(again).toMatchObject({
      name: 'sphere in four dimensions',
      seed: 7,
      stop: { trials: 64 },
    });
    expect(await asked(calls, 'studyFile', { study: UID })).toEqual(again);
  });
});

describe('Reading: importances', () => {
  test('of too few trials name the needed number', async () => {
    expect(await asked(calls, 'importance', { study: UID })).toEqual({
      unknown: 'too-few',
      needed: 20,
      trials: 4,
    });
  });

  test('are of trials that ended with a value or diverged, the most important first', () => {
    const searchSpace = {
      noise: { type: 'float', low: 0, high: 1 },
      signal: { type: 'float', low: 0, high: 1 },
    } as const;
    const spec = {
      name: 's',
      objective: { kind: 'x' },
      direction: 'maximize',
      searchSpace,
      sampler: { name: 'random' },
      seed: 0,
    } as const;
    const trials = Array.from({ length: 60 }, (_, i) => {
      const [noise, signal] = [((i * 37) % 61) / 61, ((i * 17) % 59) / 59];
      return {
        state: i === 7 ? 'failed' : 'complete',
        value: i === 3 ? -Infinity : signal,
        encoded: Float64Array.of(noise, signal),
      };
    });
    const found = importanceOf({ name: 's', spec }, trials as unknown as TrialRecord[]);
    expect(found).toMatchObject({
      trials: 59,
      parameters: [{ name: 'signal' }, { name: 'noise' }],
    });
  });

  test("of another program's study are refused", () => {
    expect(() => importanceOf({ name: 'theirs', spec: null }, [])).toThrow('is an Optuna study');
  });
});
