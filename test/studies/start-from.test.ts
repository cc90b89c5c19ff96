/** Tests of reading the trials of other searches, and of mapping them to a study. */
import { cpSync, mkdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import Database from 'libsql';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { GalapagosError } from '../../src/core/errors.ts';
import { toParams } from '../../src/core/search-space/params.ts';
import { axesOf } from '../../src/core/search-space/axis.ts';
import type { SearchSpace } from '../../src/core/search-space/distribution.ts';
import { openLab } from '../../src/storage/sqlite.ts';
import { confirmingStudy } from '../../src/studies/confirming-study.ts';
import type { EarlierSearch } from '../../src/studies/start-from/earlier-search.ts';
import {
  historyText,
  joinHistories,
  mapHistory,
} from '../../src/studies/start-from/map-history.ts';
import type { MappedHistory } from '../../src/studies/start-from/map-history.ts';
import { readSource } from '../../src/studies/start-from/read-source.ts';
import { size } from '../support/effort.ts';
import {
  createStudy,
  endAttempt,
  endTrial,
  propose,
  spec as labSpec,
  start,
} from '../support/lab-writes.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import type { TemporaryFolder } from '../support/temporary-folder.ts';

const fixtures = join(import.meta.dirname, 'fixtures');
const JOURNAL = join(fixtures, 'optuna-journal.log');
const DATAFRAME = join(fixtures, 'optuna-dataframe.csv');
const RAY = join(fixtures, 'ray');

const SETTINGS = {
  batch: 128,
  epochs: 1,
  optimizer: { type: 'sgd', learningRate: { $param: 'learningRate' } },
  validation: 0.1,
};

const space: SearchSpace = {
  x: { type: 'float', low: 0, high: 1 },
  n: { type: 'int', low: 1, high: 8 },
};
const study = { searchSpace: space, direction: 'minimize' } as const;

let folder: TemporaryFolder;
beforeEach(() => (folder = temporaryFolder()));
afterEach(() => folder.remove());

/** A folder with the database of an experiment of NNI 3.0, from its dump. */
function nniFolder(change = (sql: string): string => sql): string {
  const root = folder.file('experiment');
  mkdirSync(join(root, 'db'), { recursive: true });
  const db = new Database(join(root, 'db', 'nni.sqlite'));
  db.exec(change(readFileSync(join(fixtures, 'nni.sql'), 'utf8')));
  db.close();
  return root;
}

function read(path: string, wanted: { study?: string; values?: string[] } = {}): EarlierSearch {
  return readSource(path, { study: wanted.study ?? null, values: wanted.values ?? null });
}

function points({ trials }: MappedHistory, of = space): unknown[] {
  return trials.map(({ params, values }) => [toParams(axesOf(of), params), ...values]);
}

describe('Start from: formats', () => {
  it('reads a study of an Optuna journal, and counts the trials without a value', () => {
    const search = read(JOURNAL, { study: 'mnist' });
    expect(search).toMatchObject({
      name: 'mnist in optuna-journal.log',
      directions: ['minimize'],
      leftOut: [
        { reason: 'pruned', count: 1 },
        { reason: 'failed', count: 1 },
        { reason: 'waiting', count: 1 },
      ],
    });
    expect(search.trials).toHaveLength(7);
    expect(search.trials[1]).toEqual({
      params: { x: 0.0923385947687978, n: 2, c: null },
      values: [0.2431232592225976],
    });
    expect(read(JOURNAL, { study: 'two' }).directions).toEqual(['minimize', 'maximize']);
  });

  it("reads the same trials from the table that Optuna's trials_dataframe writes", () => {
    const c = { type: 'categorical', choices: ['a', 'b', null] } as const;
    const wide = { ...study, searchSpace: { x: space['x']!, n: space['n']! } };
    const fromJournal = mapHistory(read(JOURNAL, { study: 'mnist' }), wide);
    const fromTable = mapHistory(read(DATAFRAME), wide);
    expect(points(fromTable)).toEqual(points(fromJournal));
    const all = { ...study, searchSpace: { ...space, c } };
    // The trial that add_trial added has no value of c: the table cannot say so.
    expect(points(mapHistory(read(DATAFRAME), all), all.searchSpace)).toEqual([
      ...points(mapHistory(read(JOURNAL, { study: 'mnist' }), all), all.searchSpace),
      [{ x: 0.5, n: 2, c: null }, 0.25],
    ]);
  });

  it('reads the final results of an NNI experiment by their default metric, or another', () => {
    const root = nniFolder();
    const search = read(root);
    expect(search.trials).toHaveLength(5);
    for (const { params, values } of search.trials) {
      const { x, n } = params as { x: number; n: number };
      expect(values[0]).toBeCloseTo((x - 0.3) ** 2 + n / 10, 12);
    }
    expect(read(root, { values: ['size'] }).trials.map(({ values }) => values)).toEqual(
      search.trials.map(({ params }) => [params['n']]),
    );
    expect(read(join(root, 'db', 'nni.sqlite')).trials).toEqual(search.trials);
  });

  it('takes the direction of an NNI experiment from its tuner', () => {
    const root = nniFolder((sql) =>
      sql.replaceAll('"classArgs":{}', '"classArgs":{"optimize_mode":"maximize"}'),
    );
    expect(read(root).directions).toEqual(['maximize']);
    expect(() => mapHistory(read(root), study)).toThrow(
      'experiment: direction: expected values to minimize, as in the study, found values to maximize',
    );
  });

  it('reads the last report of each trial of Ray Tune, with nested parameters', () => {
    const search = read(RAY);
    expect(search.trials).toHaveLength(4);
    expect(search.trials[0]).toEqual({
      params: { x: 0.9932918041554295, n: 4, c: 'a', 'model/units': 32 },
      values: [0.844289889345454],
    });
  });

  it("reads a study of a lab file that is open, and one of Optuna's", () => {
    const file = folder.file('lab.db');
    const lab = openLab(file, { create: true });
    lab.commit([
      [createStudy(), propose(0), propose(1), propose(2)],
      [start(0), start(1)],
      [endAttempt(0, 1, 'succeeded', 0.5), endTrial(0, { finishSeq: 0, value: 0.5 })],
      [
        endAttempt(1, 1, 'crashed'),
        endTrial(1, { finishSeq: 1, state: 'failed', outcome: 'crashed', value: NaN }),
      ],
    ]);
    // Read while a program has it open.
    const search = read(file);
    lab.close();
    expect(search).toMatchObject({
      name: `${labSpec.name} in lab.db`,
      directions: ['minimize'],
      leftOut: [
        { reason: 'failed', count: 1 },
        { reason: 'waiting', count: 1 },
      ],
    });
    expect(search.trials.map(({ values }) => values)).toEqual([[0.5]]);
    const theirs = folder.file('optuna.db');
    const db = new Database(theirs);
    for (const sql of [
      readFileSync(join(import.meta.dirname, '../storage/fixtures/optuna-5.0.sql'), 'utf8'),
      `INSERT INTO version_info VALUES (1, 12, '5.0.0'); INSERT INTO alembic_version VALUES ('v3.2.0.a')`,
      `INSERT INTO studies VALUES (1, 'theirs'); INSERT INTO study_directions VALUES (1, 'MINIMIZE', 1, 0)`,
      `INSERT INTO trials (trial_id, number, study_id, state) VALUES (1, 0, 1, 'COMPLETE')`,
      `INSERT INTO trial_params VALUES (1, 1, 'x', 0.5, '{"name": "FloatDistribution", "attributes": {"low": 0, "high": 1}}')`,
      `INSERT INTO trial_values VALUES (1, 1, 0, 0.25, 'FINITE')`,
    ])
      db.exec(sql);
    db.close();
    expect(read(theirs).trials).toEqual([{ params: { x: 0.5 }, values: [0.25] }]);
  });
});

describe('Start from: files that are damaged or of another kind', () => {
  it.each([
    ['a study of several', () => read(JOURNAL), 'name one: optuna-journal.log#mnist'],
    [
      'an unknown study',
      () => read(JOURNAL, { study: 'mnits' }),
      'expected a study of the file, found "mnits" (did you mean mnist?)',
    ],
    ['nothing', () => read(folder.file('none.db')), 'there is no such file or folder'],
    [
      'a folder of another kind',
      () => read(fixtures),
      'expected an NNI experiment (db/nni.sqlite) or Ray Tune results (*/result.json)',
    ],
    [
      'a text',
      () => read(folder.written('a.txt', 'hello\nworld\n')),
      'or a CSV table with a header line',
    ],
    [
      'bytes that are no text',
      () => {
        const file = folder.file('a.bin');
        writeFileSync(file, Uint8Array.of(0xff, 0xfe, 0x00));
        return read(file);
      },
      'bytes that are not UTF-8 text',
    ],
    [
      'a table without values',
      () => read(folder.written('a.csv', 'x,valu\n1,2\n')),
      'a.csv: line 1: expected a column value, found x, valu (did you mean valu? --start-value or Value names the column)',
    ],
    [
      'a table with a header alone',
      () => read(folder.written('a.csv', 'x,y,value\n')),
      'a.csv: expected a lab file, an Optuna file or journal, or a CSV table with a header line and trials',
    ],
    [
      'a table with too many trials',
      () => read(folder.written('a.csv', `x,value\n${'1,2\n'.repeat(10_001)}`)),
      'a.csv: expected at most 10,000 trials to start from, found more',
    ],
    [
      'a table of Optuna with another number of objectives',
      () =>
        read(folder.written('a.csv', 'values_0,values_1,values_2,params_x\n1,2,3,4\n'), {
          values: ['f', 'g'],
        }),
      'a.csv: line 1: expected a column f',
    ],
    [
      'a table with a text as value',
      () => read(folder.written('a.csv', 'x,value\n1,2\n3,high\n')),
      'a.csv: line 3, column value: expected a number, found "high"',
    ],
    [
      'a table with a short line',
      () => read(folder.written('a.csv', 'x,y,value\n1,2,3\n3,4\n')),
      'a.csv: line 3: expected 3 fields, found 2',
    ],
    [
      'a table with a column twice',
      () => read(folder.written('a.csv', 'x,x,value\n1,2,3\n')),
      'expected each column once, found "x" twice',
    ],
    [
      'a journal with a line of another kind',
      () => read(folder.written('j.log', `${readFileSync(JOURNAL, 'utf8').slice(0, 400)}\n{}\n`)),
      'j.log: line',
    ],
    [
      'a journal with a later operation',
      () => read(folder.written('j.log', '{"op_code":12,"worker_id":"w"}\n')),
      'j.log: line 1: op_code: expected an operation of Optuna 5, 0 to 9, found 12',
    ],
    [
      'results of Ray with several metrics',
      () => {
        cpSync(RAY, folder.file('ray'), { recursive: true });
        const file = folder.file('ray/objective_00000/result.json');
        const text = readFileSync(file, 'utf8').replaceAll('"loss"', '"accuracy": 0.5, "loss"');
        writeFileSync(file, text);
        return read(folder.file('ray'));
      },
      'ray: expected one metric, found accuracy, loss (--start-value or Value names the metric)',
    ],
    [
      'results of Ray without the metric',
      () => read(RAY, { values: ['accuracy'] }),
      'ray: expected the metric accuracy, found loss',
    ],
    [
      'an experiment of NNI without the metric',
      () => read(nniFolder(), { values: ['accuracy'] }),
      'expected the metric accuracy, found default, size',
    ],
    [
      'an experiment of NNI with damaged parameters',
      () => read(nniFolder((sql) => sql.replace('{"parameter_id": 0,', '{"parameter_id": 0'))),
      'data: expected JSON',
    ],
    ['a study of a table', () => read(DATAFRAME, { study: 'mnist' }), 'a source without #'],
  ])('refuses %s with a sentence', (_, act, sentence) => {
    expect(act).toThrow(sentence);
  });

  it('leaves out the last line of a journal and of a report that a killed process has not finished', () => {
    const journal = folder.written('j.log', readFileSync(JOURNAL, 'utf8'));
    truncateSync(journal, readFileSync(JOURNAL, 'utf8').length - 20);
    expect(read(journal, { study: 'mnist' }).trials).toHaveLength(7);
    cpSync(RAY, folder.file('ray'), { recursive: true });
    const report = folder.file('ray/objective_00000/result.json');
    truncateSync(report, readFileSync(report).length - 20);
    expect(read(folder.file('ray')).trials[0]!.values).toEqual([0.8806535257090904]);
  });

  it.each([
    ['journal', JOURNAL, 'j.log'],
    ['table', DATAFRAME, 't.csv'],
    ['report', join(RAY, 'objective_00001', 'result.json'), 'r/t/result.json'],
  ])('reads a damaged %s or refuses it, and never fails otherwise', (_, from, to) => {
    const whole = readFileSync(from);
    const file = folder.file(to);
    mkdirSync(join(file, '..'), { recursive: true });
    const source = to.startsWith('r/') ? folder.file('r') : file;
    const damage = fc.record({
      at: fc.nat(whole.length - 1),
      removed: fc.nat(40),
      added: fc.uint8Array({ maxLength: 8 }),
    });
    fc.assert(
      fc.property(fc.array(damage, { minLength: 1, maxLength: 3 }), (damages) => {
        let bytes = whole;
        for (const { at, removed, added } of damages)
          bytes = Buffer.concat([bytes.subarray(0, at), added, bytes.subarray(at + removed)]);
        writeFileSync(file, bytes);
        try {
          mapHistory(read(source, { ...(to === 'j.log' ? { study: 'mnist' } : {}) }), study);
        } catch (error) {
          expect(error).toBeInstanceOf(GalapagosError);
          expect((error as Error).message).not.toBe('');
        }
      }),
      { numRuns: size(100, 1_000) },
    );
  });
});

describe('Start from: confirmations', () => {
  it('does not hand the history to a study of other parameters that confirms the best', () => {
    const history = [{ params: Float64Array.of(0.5), values: [1] }];
    const original = {
      name: 'original',
      objective: { kind: 'train', dataset: 'mnist', network: 'mnist-paper', settings: SETTINGS },
      direction: 'maximize',
      searchSpace: { learningRate: { type: 'float', low: 0, high: 1 } },
      sampler: { name: 'evolution' },
      seed: 1,
      startedFrom: [{ name: 'old.db', trials: 1 }],
      history,
    } as const;
    const best = [{ number: 0, value: 0.9, encoded: Float64Array.of(0.5) }];
    const { spec } = confirmingStudy({ uid: 'u', spec: original }, best, {
      seeds: 2,
      first: 5,
      name: 'confirmation',
    });
    expect(spec).not.toHaveProperty('history');
    expect(spec).not.toHaveProperty('startedFrom');
  });
});

describe("Start from: several objectives in Optuna's tables", () => {
  const values = ['f', 'g'];
  it.each([
    ['by their places', 'number,values_0,values_1,params_x,state\n0,1,2,0.5,COMPLETE\n'],
    ['by their names', 'number,values_g,values_f,params_x,state\n0,2,1,0.5,COMPLETE\n'],
  ])('takes the values %s', (_, text) => {
    const { trials } = read(folder.written('a.csv', text), { values });
    expect(trials).toEqual([{ params: { x: '0.5' }, values: [1, 2] }]);
  });

  it('takes the one value that has the name of its metric', () => {
    const text = 'number,value_loss,params_x,state\n0,1,0.5,COMPLETE\n';
    const { trials } = read(folder.written('a.csv', text), { values: ['loss'] });
    expect(trials).toEqual([{ params: { x: '0.5' }, values: [1] }]);
  });
});

describe('Start from: mapping to a study', () => {
  const table = (text: string): string => folder.written('a.csv', text);

  it('maps by name, leaves out what does not fit, and counts every mismatch', () => {
    const search = read(
      table(
        'x,n,extra,value\n0.5,2,1,1\n1.5,2,1,2\n0.5,2.5,1,3\n0.5,two,1,4\n0.5,,1,5\n0.25,8,1,nan\n1,1,1,6\n',
      ),
    );
    const mapped = mapHistory(search, study);
    expect(points(mapped)).toEqual([
      [{ x: 0.5, n: 2 }, 1],
      [{ x: 1, n: 1 }, 6],
    ]);
    expect(historyText(mapped)).toEqual([
      'starts from 2 of 7 trials of a.csv',
      'a.csv: extra: ignored in 2 trials, not a parameter of the study',
      'a.csv: x: 1 trial left out, outside 0 to 1, for example "1.5"',
      'a.csv: n: 1 trial left out, not an integer, for example "2.5"',
      'a.csv: n: 1 trial left out, not a number, for example "two"',
      'a.csv: n: 1 trial left out, no value',
      'a.csv: 1 trial left out, diverged',
    ]);
  });

  it('reads choices as Python and JavaScript write them, and names those that there are', () => {
    const searchSpace: SearchSpace = {
      c: { type: 'categorical', choices: ['relu', true, null, 2.5] },
    };
    const search = read(table('c,other,value\nrelu,0,1\nTrue,0,2\nNone,0,3\n2.50,0,4\ntanh,0,5\n'));
    const mapped = mapHistory(search, { ...study, searchSpace });
    expect(mapped.trials.map(({ params }) => params[0])).toEqual([0, 1, 2, 3]);
    expect(mapped.mismatches).toContainEqual({
      parameter: 'c',
      reason: 'not one of "relu", true, null, 2.5',
      effect: 'left-out',
      trials: 1,
      example: '"tanh"',
    });
  });

  it('ignores a parameter whose condition is not met', () => {
    const searchSpace: SearchSpace = {
      c: { type: 'categorical', choices: ['a', 'b'] },
      y: { type: 'float', low: 0, high: 1, when: { c: ['a'] } },
    };
    const search = read(table('c,y,value\na,0.5,1\nb,0.5,2\n'));
    const mapped = mapHistory(search, { ...study, searchSpace });
    expect(points(mapped, searchSpace)).toEqual([
      [{ c: 'a', y: 0.5 }, 1],
      [{ c: 'b' }, 2],
    ]);
    expect(mapped.mismatches).toMatchObject([{ parameter: 'y', effect: 'ignored', trials: 1 }]);
  });

  it('refuses a source of which no trial fits, and says why', () => {
    const search = read(table('x,m,value\n0.5,2,1\n0.6,3,2\n'));
    expect(() => mapHistory(search, study)).toThrow(
      'a.csv: expected trials that fit the search space, found n: 2 trials left out, no value',
    );
  });

  it('takes values by the names of the objectives that the study lists', () => {
    const objectives = [
      { metric: 'error', direction: 'minimize' },
      { metric: 'speed', direction: 'maximize' },
    ] as const;
    const file = table('x,n,speed,error\n0.5,2,9,0.1\n');
    const search = read(file, { values: ['error', 'speed'] });
    expect(mapHistory(search, { ...study, objectives }).trials[0]!.values).toEqual([0.1, 9]);
    const other = read(JOURNAL, { study: 'mnist' });
    expect(() => mapHistory(other, { ...study, objectives })).toThrow(
      'objectives: expected 2 objectives, found 1',
    );
  });

  it('joins several sources in the order given', () => {
    const first = mapHistory(read(JOURNAL, { study: 'mnist' }), study);
    const second = mapHistory(read(RAY), study);
    const { startedFrom, history } = joinHistories([first, second]);
    expect(startedFrom).toEqual([
      { name: 'mnist in optuna-journal.log', trials: 7 },
      { name: 'ray', trials: 4 },
    ]);
    expect(history).toEqual([...first.trials, ...second.trials]);
  });
});
