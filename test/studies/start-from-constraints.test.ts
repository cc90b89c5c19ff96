/**
 * Tests of warm starts of studies with constraints: which values each kind of source has of them.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'libsql';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { figuresOf } from '../../src/core/study/objectives.ts';
import type { Write } from '../../src/core/scheduling/index.ts';
import type { StudySpec } from '../../src/core/study/study-spec.ts';
import { openLab } from '../../src/storage/sqlite.ts';
import type { EarlierTrial } from '../../src/studies/start-from/earlier-search.ts';
import { historyText, mapHistory } from '../../src/studies/start-from/map-history.ts';
import type { MappedHistory } from '../../src/studies/start-from/map-history.ts';
import { readSource } from '../../src/studies/start-from/read-source.ts';
import { createStudy, propose, spec as labSpec, start, UID } from '../support/lab-writes.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import type { TemporaryFolder } from '../support/temporary-folder.ts';

const study = {
  searchSpace: { x: { type: 'float', low: 0, high: 1 } },
  direction: 'maximize',
  objectives: [
    { metric: 'accuracy', direction: 'maximize' },
    { metric: 'seconds', direction: 'minimize' },
  ],
  constraints: { weights: { 'at most': 1000 } },
} as const;

let folder: TemporaryFolder;
beforeEach(() => (folder = temporaryFolder()));
afterEach(() => folder.remove());

type Constrained = Pick<StudySpec, 'searchSpace' | 'direction' | 'objectives' | 'constraints'>;

function started(path: string, spec: Constrained = study, of: string | null = null): MappedHistory {
  const values = (spec.objectives ?? []).map(({ metric }) => metric);
  const constraints = Object.keys(spec.constraints ?? {});
  return mapHistory(readSource(path, { study: of, values, constraints }), spec);
}

const violations = ({ trials }: MappedHistory): unknown[] =>
  trials.map(({ violation }) => violation);

/** What Optuna writes of a trial with two values. */
function journal(
  attributes: readonly (readonly (readonly [code: 8 | 9, attribute: object])[])[],
): string {
  const distribution =
    '{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0, "high": 1.0, "log": false}}';
  const lines: object[] = [{ op_code: 0, study_name: 's', directions: [2, 1] }];
  for (const [trial_id, own] of attributes.entries()) {
    lines.push({ op_code: 4, study_id: 0 });
    const param = { op_code: 5, trial_id, param_name: 'x', param_value_internal: 0.5 };
    lines.push({ ...param, distribution });
    for (const [op_code, attribute] of own)
      lines.push({ op_code, trial_id, [op_code === 8 ? 'user_attr' : 'system_attr']: attribute });
    lines.push({ op_code: 6, trial_id, state: 1, values: [0.9, 3] });
  }
  return lines.map((line) => `${JSON.stringify(line)}\n`).join('');
}

describe('Start from: studies with constraints', () => {
  it("take the values of a CSV table from the column of the metric's name, and count rows without it", () => {
    const file = folder.written(
      'a.csv',
      'x,accuracy,seconds,weights\n0.1,0.9,3,500\n0.2,0.8,2,1500\n0.3,0.7,1,\n',
    );
    const history = started(file);
    expect(violations(history)).toEqual([0, 0.5]);
    expect(historyText(history)).toEqual([
      'starts from 2 of 3 trials of a.csv',
      'a.csv: 1 trial left out, without a value of weights, which the study constrains',
    ]);
  });

  it.each([
    ['user_attrs_weights', '500', '1500'],
    ['system_attrs_constraints', '"[-500.0]"', '"(500.0,)"'],
  ])("take them from the column %s of Optuna's tables", (column, one, other) => {
    const file = folder.written(
      'optuna.csv',
      `number,accuracy,seconds,params_x,${column},state\n0,0.9,3,0.1,${one},COMPLETE\n1,0.8,2,0.2,${other},COMPLETE\n`,
    );
    expect(violations(started(file))).toEqual([0, 0.5]);
  });

  it.each([
    ['a list', [[9, { constraints: [-500] }]], [[9, { constraints: [500] }]]],
    [
      'a named constraint',
      [[9, { 'constraints:weights': -1 }]],
      [[9, { 'constraints:weights': 500 }]],
    ],
    ['a user attribute', [[8, { weights: 500 }]], [[8, { weights: 1500 }]]],
    // The metric decides: Optuna's constraint is relative to a bound of its own.
    [
      'both',
      [
        [8, { weights: 500 }],
        [9, { constraints: [7] }],
      ],
      [
        [8, { weights: 1500 }],
        [9, { constraints: [-7] }],
      ],
    ],
  ] as const)('take them from an Optuna journal that has %s', (_, one, other) => {
    const file = folder.written('journal.log', journal([[...one], [...other]]));
    expect(violations(started(file))).toEqual([0, 0.5]);
  });

  it("take them from a file of Optuna's, by trial", () => {
    const file = folder.file('optuna.db');
    const db = new Database(file);
    for (const sql of [
      readFileSync(join(import.meta.dirname, '../storage/fixtures/optuna-5.0.sql'), 'utf8'),
      `INSERT INTO version_info VALUES (1, 12, '5.0.0'); INSERT INTO alembic_version VALUES ('v3.2.0.a')`,
      `INSERT INTO studies VALUES (1, 'other'), (2, 'theirs')`,
      `INSERT INTO study_directions VALUES (1, 'MAXIMIZE', 2, 0), (2, 'MINIMIZE', 2, 1), (3, 'MINIMIZE', 1, 0)`,
      ...[1, 2, 3, 4].flatMap((id) => [
        `INSERT INTO trials (trial_id, number, study_id, state) VALUES (${id}, ${id === 1 ? 0 : id - 2}, ${id === 1 ? 1 : 2}, 'COMPLETE')`,
        `INSERT INTO trial_params VALUES (${id}, ${id}, 'x', 0.5, '{"name": "FloatDistribution", "attributes": {"low": 0, "high": 1}}')`,
        `INSERT INTO trial_values (trial_id, objective, value, value_type) VALUES (${id}, 0, 0.9, 'FINITE'), (${id}, 1, 3, 'FINITE')`,
      ]),
      `INSERT INTO trial_system_attributes VALUES (1, 1, 'constraints', '[9999]'), (2, 2, 'constraints', '[500.0]'), (3, 3, 'constraints:weights', '-2')`,
    ])
      db.exec(sql);
    db.close();
    const history = started(file, study, 'theirs');
    expect(violations(history)).toEqual([0.5, 0]);
    expect(historyText(history)[1]).toContain('1 trial left out, without a value of weights');
  });

  it('take them from the last reports of Ray Tune, and from final results of NNI', () => {
    const ray = folder.file('ray');
    for (const [i, weights] of [500, 1500].entries()) {
      mkdirSync(join(ray, `train_${i}`), { recursive: true });
      const report = { accuracy: 0.9, seconds: 3, weights, config: { x: 0.5 } };
      writeFileSync(join(ray, `train_${i}`, 'result.json'), `${JSON.stringify(report)}\n`);
    }
    expect(violations(started(ray))).toEqual([0, 0.5]);

    const nni = folder.file('nni');
    mkdirSync(join(nni, 'db'), { recursive: true });
    const db = new Database(join(nni, 'db', 'nni.sqlite'));
    const job = (id: number, weights: number): string => {
      const data = JSON.stringify({ parameter_id: id, parameters: { x: 0.5 } });
      const final = JSON.stringify({ accuracy: 0.9, seconds: 3, weights });
      return `INSERT INTO TrialJobEvent (trialJobId, event, data) VALUES ('j${id}', 'WAITING', '${data}'), ('j${id}', 'SUCCEEDED', NULL);
        INSERT INTO MetricData (trialJobId, parameterId, type, data) VALUES ('j${id}', '${id}', 'FINAL', '${JSON.stringify(final)}');`;
    };
    db.exec(`CREATE TABLE TrialJobEvent (trialJobId TEXT, event TEXT, data TEXT);
      CREATE TABLE MetricData (trialJobId TEXT, parameterId TEXT, type TEXT, data TEXT);
      CREATE TABLE ExperimentProfile (params TEXT, revision INTEGER);
      ${job(0, 500)}${job(1, 1500)}`);
    db.close();
    expect(violations(started(nni))).toEqual([0, 0.5]);
  });

  it('take them from a lab file: from the metrics of results, else from its own constraints, whatever its bounds are', () => {
    const theirs = { ...study, constraints: { weights: { 'at least': 200 } } };
    const spec: StudySpec = { ...labSpec, ...theirs };
    const file = folder.file('lab.db');
    const lab = openLab(file, { create: true });
    const metrics = { accuracy: 0.9, seconds: 3, weights: 1500 };
    const ended = (number: number, known: boolean, weights: number): Write[] => [
      {
        op: 'attemptEnded',
        attempt: { study: UID, number, attemptNumber: 1 },
        outcome: 'succeeded',
        at: 0,
        detail: null,
        result: {
          outcome: 'succeeded',
          value: 0.9,
          ms: 1,
          ...(known ? { metrics: { ...metrics, weights } } : {}),
        },
      },
      {
        op: 'trialEnded',
        ...{ uid: UID, number, finishSeq: number, attemptNumber: 1, story: [] },
        state: 'complete',
        outcome: 'succeeded',
        value: 0.9,
        figures: figuresOf(spec, { metrics: { ...metrics, weights } })!,
      },
    ];
    const proposed = [0, 1].map((number) => ({
      ...propose(number),
      params: Float64Array.of(0.25 + number / 4),
    }));
    lab.commit([
      [createStudy(UID, spec), ...proposed],
      [start(0), start(1)],
      ended(0, true, 1500),
      ended(1, false, 500),
    ]);
    lab.close();
    expect(violations(started(file))).toEqual([0.5, 0]);
  });

  it('take the value of a constrained objective from the values', () => {
    const spec = { ...study, constraints: { accuracy: { 'at least': 0.8 } } };
    const file = folder.written('a.csv', 'x,accuracy,seconds\n0.1,0.9,3\n0.2,0.4,2\n');
    expect(violations(started(file, spec))).toEqual([0, 0.5]);
  });

  it("need a metric's value for two bounds of it, or a list of Optuna's with both", () => {
    const spec = { ...study, constraints: { weights: { 'at most': 1000, 'at least': 100 } } };
    const trial = (rest: Partial<EarlierTrial>): EarlierTrial => ({
      params: { x: 0.5 },
      values: [0.9, 3],
      ...rest,
    });
    const search = {
      name: 'a',
      directions: null,
      leftOut: [],
      areTexts: false,
      trials: [
        trial({ metrics: { weights: 50 } }),
        trial({ constraints: [{ name: 'weights', excess: 500 }] }),
        trial({ constraints: [500, -1400].map((excess) => ({ name: null, excess })) }),
        trial({ metrics: { weights: NaN } }),
      ],
    };
    const history = mapHistory(search, spec);
    expect(violations(history)).toEqual([0.5, 0.5]);
    expect(history.mismatches).toMatchObject([{ effect: 'left-out', trials: 2 }]);
  });

  it('are refused only where no trial has the values, with what is missing', () => {
    const file = folder.written('a.csv', 'x,accuracy,seconds\n0.1,0.9,3\n0.2,0.4,2\n');
    expect(() => started(file)).toThrow(
      "a.csv: constraints: expected trials that say whether they satisfy the constraints, by a metric, column or user attribute weights, or by Optuna's constraints, found none that does and fits (or leave the constraints out)",
    );
    expect(() => started(file)).toThrow(
      '2 trials left out, without a value of weights, which the study constrains',
    );
  });

  it('leave the violation out for a study without constraints', () => {
    const spec = { ...study, constraints: {} };
    const file = folder.written('a.csv', 'x,accuracy,seconds,weights\n0.1,0.9,3,500\n');
    expect(started(file, spec).trials).toEqual([
      { params: Float64Array.of(0.1), values: [0.9, 3] },
    ]);
  });
});
