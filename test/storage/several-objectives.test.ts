/** Tests how lab files hold several objectives and constraints, and what Optuna makes of them. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Write } from '../../src/core/scheduling/index.ts';
import { StudyProjection } from '../../src/endpoints/projections/study-projection.ts';
import { TrialTable } from '../../src/renderer/state/trial-table.ts';
import { conditionsOf, numbersOf, tableColumns } from '../../src/renderer/views/trials/columns.ts';
import { orderRows } from '../../src/renderer/views/trials/row-order.ts';
import { worstFigures } from '../../src/core/study/objectives.ts';
import type { Figures } from '../../src/core/study/objectives.ts';
import type { StudySpec } from '../../src/core/study/study-spec.ts';
import { checkLab } from '../../src/storage/check-lab.ts';
import type { LabStorage } from '../../src/storage/storage.ts';
import { memoryLab } from '../../src/storage/memory.ts';
import { readLab } from '../../src/storage/read-lab.ts';
import { openLab } from '../../src/storage/sqlite.ts';
import {
  createStudy,
  endAttempt,
  endTrial,
  plainPoint,
  plainSpec,
  propose,
  start,
  trialsOf,
  UID,
} from '../support/lab-writes.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { trialBlock } from '../support/trial-block.ts';
import type { TemporaryFolder } from '../support/temporary-folder.ts';

const python = process.env['GALAPAGOS_PEER_PYTHON'] ?? '';
const noPython = 'GALAPAGOS_PEER_PYTHON names no Python with optuna';

const spec: StudySpec = {
  ...plainSpec,
  name: 'two objectives',
  direction: 'maximize',
  objectives: [
    { metric: 'accuracy', direction: 'maximize' },
    { metric: 'trainingSeconds', direction: 'minimize' },
  ],
  constraints: { weights: { 'at most': 100 } },
  sampler: { name: 'nsga2' },
};

/** Accuracy, seconds and excess of weights by trial; null: it diverged. */
const ends: readonly (readonly [number, number, number] | null)[] = [
  [0.9, 30, -50],
  [0.8, 10, -50],
  [0.7, 20, -50],
  [0.99, 5, 20],
  null,
  [0.9, 30, -60],
  [0.5, 8, 0],
];
/** Trials 0 and 5 are equal, 2 is dominated, 3 violates the constraint. */
const FRONT = [0, 5, 1, 6];

function figures(number: number): Figures {
  const end = ends[number] ?? null;
  return end === null ? worstFigures(spec) : { values: [end[0], end[1]], excesses: [end[2]] };
}

function write(lab: LabStorage): void {
  const steps: Write[][] = [[createStudy(UID, spec)]];
  for (const [number, end] of ends.entries()) {
    const { values } = figures(number);
    const outcome = end === null ? 'diverged' : 'succeeded';
    steps.push([propose(number, UID, plainPoint(number)), start(number)]);
    steps.push([
      endAttempt(number, 1, outcome, end?.[0]),
      {
        ...endTrial(number, { finishSeq: number, value: values[0]!, outcome }),
        figures: figures(number),
      } as Write,
    ]);
  }
  const last = ends.length;
  steps.push([propose(last, UID, plainPoint(last)), start(last)]);
  steps.push([
    endAttempt(last, 1, 'crashed'),
    endTrial(last, { finishSeq: last, value: NaN, state: 'failed', outcome: 'crashed' }),
  ]);
  lab.commit(steps);
}

let folder: TemporaryFolder;
let file: string;
beforeEach(() => {
  folder = temporaryFolder();
  file = folder.file('lab.db');
});
afterEach(() => folder.remove());

function written(): void {
  const lab = openLab(file, { create: true });
  write(lab);
  lab.close();
}

describe('Lab file: several objectives', () => {
  it('restores every value and constraint of every trial, as the memory double does', () => {
    written();
    const lab = openLab(file, { create: true });
    const trials = trialsOf(lab.lab);
    const study = lab.lab.studies[0]!;
    lab.close();
    expect(study.spec).toMatchObject({
      objectives: spec.objectives,
      constraints: spec.constraints,
    });
    const [first] = trials;
    expect(first!.end).toMatchObject({ value: 0.9, figures: figures(0) });
    expect(trials[4]!.end?.figures).toEqual({
      values: [-Infinity, Infinity],
      excesses: [Infinity],
    });
    expect(trials[7]!.end?.figures).toBeUndefined();
    const memory = memoryLab();
    write(memory);
    expect(trialsOf(memoryLab(memory).lab).map(({ end }) => end?.figures)).toEqual(
      trials.map(({ end }) => end?.figures),
    );
  });

  it('reads the front: feasible trials that no other dominates, equal ones together', () => {
    written();
    const reader = readLab(file);
    const front = reader.front(spec.name)!;
    expect(front.map(({ number }) => number)).toEqual(FRONT);
    expect(front[2]!.figures).toEqual(figures(1));
    expect(reader.study(spec.name)).toMatchObject({
      best: null,
      directions: ['maximize', 'minimize'],
    });
    reader.close();
  });

  it('has no front where a study lists no objectives', () => {
    const lab = openLab(file, { create: true });
    lab.commit([[createStudy()]]);
    lab.close();
    const reader = readLab(file);
    expect(reader.front(UID)).toBeNull();
    reader.close();
  });

  it('passes the check of lab files', () => {
    written();
    expect(checkLab(file)).toEqual([]);
  });

  it(
    'gives Optuna the same front, directions, names and constraints',
    { timeout: 600_000 },
    async ({ skip }) => {
      skip(python === '', noPython);
      written();
      const script = `
import json, sys, optuna
optuna.logging.set_verbosity(optuna.logging.ERROR)
study = optuna.load_study(study_name=sys.argv[2], storage="sqlite:///" + sys.argv[1])
for t in study.trials: t._validate()
print(json.dumps({
  "front": sorted(t.number for t in study.best_trials),
  "directions": [d.name for d in study.directions],
  "names": study.metric_names,
  "constraints": [t.constraints for t in study.trials][3],
  "states": [t.state.name for t in study.trials],
}))`;
      const { stdout } = await promisify(execFile)(python, ['-c', script, file, spec.name]);
      expect(JSON.parse(stdout)).toEqual({
        front: FRONT.toSorted((a, b) => a - b),
        directions: ['MAXIMIZE', 'MINIMIZE'],
        names: ['accuracy', 'trainingSeconds'],
        constraints: { 0: 20 },
        states: [...ends.map(() => 'COMPLETE'), 'FAIL'],
      });
    },
  );

  it('reads the front of a study that Optuna made', { timeout: 600_000 }, async ({ skip }) => {
    skip(python === '', noPython);
    const script = `
import json, sys, optuna
optuna.logging.set_verbosity(optuna.logging.ERROR)
sampler = optuna.samplers.NSGAIISampler(seed=4, population_size=8, constraints_func=lambda t: [t.params["x"] - 0.8])
study = optuna.create_study(study_name="theirs", storage="sqlite:///" + sys.argv[1], directions=["minimize", "maximize"], sampler=sampler)
def objective(trial):
  x, y = trial.suggest_float("x", 0, 1), trial.suggest_float("y", 0, 1)
  return x * x + y, x - y * y
study.optimize(objective, n_trials=40)
print(json.dumps(sorted(t.number for t in study.best_trials)))`;
    const { stdout } = await promisify(execFile)(python, ['-c', script, file]);
    const reader = readLab(file);
    const front = reader.front('theirs')!.map(({ number }) => number);
    reader.close();
    expect(front.toSorted((a, b) => a - b)).toEqual(JSON.parse(stdout));
  });

  it('shows the window the values of a trial that ended before it opened and of one after', () => {
    written();
    const widths = { parameters: 4, objectives: 2 };
    const read = new StudyProjection(widths);
    const reader = readLab(file);
    for (const { block, names } of reader.rows(UID)) read.merge(block, names, null);
    reader.close();
    const live = new StudyProjection(widths);
    const numbers = [...ends.keys()];
    for (const number of numbers) {
      const { values } = figures(number);
      live.observe(
        {
          kind: 'trialEnded',
          number,
          state: 'complete',
          outcome: ends[number] === null ? 'diverged' : 'succeeded',
          value: values[0]!,
          figures: figures(number),
          finishSeq: number,
          params: plainPoint(number),
          origin: { operator: 'uniform', parents: [], generation: 0 },
          attempt: { study: UID, number, attemptNumber: 1 },
          slot: 'local/cpu/0',
          result: null,
          isBest: false,
        },
        0,
        0,
      );
    }
    for (const { rows } of [read, live]) {
      const table = new TrialTable(4, 2);
      table.merge(rows.block(numbers));
      const shown = numbers.map((number) => [table.figure(number, 0), table.figure(number, 1)]);
      expect(shown).toEqual(ends.map((end) => [end?.[0] ?? NaN, end?.[1] ?? NaN]));
    }
  });

  it('sorts and filters the table of trials by an objective after the first', () => {
    const table = new TrialTable(0, 2);
    const rows = ends.map((end, number) => ({ number, figures: end?.slice(0, 2) ?? [NaN, NaN] }));
    table.merge(trialBlock(rows, 0, 2));
    const names = ['accuracy', 'trainingSeconds'];
    const columns = tableColumns([], new Set(), names);
    const column = columns.find(({ objective }) => objective?.metric === 'trainingSeconds')!;
    const order = (terms: Parameters<typeof conditionsOf>[0]): number[] => [
      ...orderRows({
        size: ends.length,
        from: 0,
        conditions: conditionsOf(terms, table, [], [], names),
        keys: [{ numbers: numbersOf(table, column) ?? null, down: false }],
      }),
    ];
    expect(order([])).toEqual([3, 6, 1, 2, 0, 5, 4]);
    const within = {
      kind: 'compare',
      column: 'trainingSeconds',
      operator: '<',
      value: 10,
    } as const;
    expect(order([within])).toEqual([3, 6]);
  });
});
