/**
 * Columns of a trial that show a metric of its attempt: from the worker's result through the lab
 * file and the notifications to the window, in files of this version and of an earlier one.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import Database from 'libsql';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AttemptResult, Write } from '../../src/core/scheduling/index.ts';
import { bestConfigsOf, exportedTrials } from '../../src/documents/best-configs.ts';
import { exportedStudy } from '../../src/documents/lab-output.ts';
import { StudyProjection } from '../../src/endpoints/projections/study-projection.ts';
import { metricColumns } from '../../src/protocol/window/row-columns.ts';
import { energyOf } from '../../src/renderer/state/energy.ts';
import { TrialTable } from '../../src/renderer/state/trial-table.ts';
import { numbersOf, tableColumns } from '../../src/renderer/views/trials/columns.ts';
import { readLab } from '../../src/storage/read-lab.ts';
import { openLab } from '../../src/storage/sqlite.ts';
import { foreignly } from '../support/foreign-program.ts';
import {
  createStudy,
  endAttempt,
  endTrial,
  point,
  propose,
  start,
  UID,
} from '../support/lab-writes.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import type { TemporaryFolder } from '../support/temporary-folder.ts';

type Metrics = NonNullable<AttemptResult['metrics']>;

const EARLIER = fileURLToPath(new URL('../e2e/fixtures/earlier-version/lab.sql', import.meta.url));
const WIDTH = point(0).length;
const WIDTHS = { parameters: WIDTH, objectives: 0 };
/** A metric that is not finite is on the wire as text. */
const METRICS: readonly Metrics[] = [{ energy: 84.5 }, { energy: 'NaN' }, { accuracy: 0.5 }];
const NUMBERS = [84.5, NaN, NaN];

let folder: TemporaryFolder;
let file: string;
beforeEach(() => {
  folder = temporaryFolder();
  file = folder.file('lab.db');
});
afterEach(() => folder.remove());

function resultOf(metrics: Metrics): AttemptResult {
  return { outcome: 'succeeded', value: 1, ms: 12, metrics };
}

function end(number: number): Write[] {
  const metrics = METRICS[number] ?? {};
  const ended = endAttempt(number, 1, 'succeeded', 1);
  return [
    ended.op === 'attemptEnded' ? { ...ended, result: resultOf(metrics) } : ended,
    endTrial(number, { finishSeq: number, value: 1 }),
  ];
}

/** Adds a study whose trials have the metrics. */
function writeTrials(create: boolean): void {
  const lab = openLab(file, { create });
  lab.commit([[createStudy()], ...METRICS.map((_, number) => [propose(number)])]);
  lab.commit(METRICS.map((_, number) => [start(number), ...end(number)]));
  lab.close();
}

/** Energies of a study in the lab file, by trial number. */
function readEnergies(study: string): number[] {
  const reader = readLab(file);
  try {
    return [...reader.rows(study)].flatMap(({ block }) => [...block.energy]).reverse();
  } finally {
    reader.close();
  }
}

/** A lab file as the earlier version wrote it: its table of attempts has no column `energy`. */
function writeEarlierFile(): void {
  const db = new Database(file);
  db.exec(readFileSync(EARLIER, 'utf8'));
  db.close();
}

describe('Metric columns: lab file', () => {
  it('stores the number of a metric with its attempt, and NULL where there is none', () => {
    writeTrials(true);
    expect(foreignly(file, 'SELECT energy FROM galapagos_attempt ORDER BY number')).toEqual([
      [84.5],
      [null],
      [null],
    ]);
    expect(readEnergies(UID)).toEqual(NUMBERS);
  });

  it('adds up the energy of the ended trials that have one, and says how many those are', () => {
    writeTrials(true);
    const reader = readLab(file);
    expect(reader.energy(UID)).toEqual({ joules: 84.5, trials: 1, of: 3 });
    expect(bestConfigsOf(exportedStudy(reader.study(UID)!, reader.energy(UID)), []).energy).toEqual(
      { joules: 84.5, trials: 1, of: 3 },
    );
    expect(exportedTrials(reader.best(UID, 3)).map(({ energy }) => energy)).toEqual([
      84.5,
      null,
      null,
    ]);
    reader.close();
  });

  it('answers unknown, never 0, where no trial has an energy', () => {
    writeEarlierFile();
    const reader = readLab(file);
    expect(reader.energy('sphere-evolution')).toBeNull();
    reader.close();
    openLab(file, { create: false }).close();
    const again = readLab(file);
    expect(again.energy('sphere-evolution')).toBeNull();
    again.close();
  });

  it('reads a file of an earlier version as having no metric, and leaves it unchanged', () => {
    writeEarlierFile();
    const before = readFileSync(file);
    const energies = readEnergies('sphere-evolution');
    expect(energies).toHaveLength(23);
    expect(energies.every(Number.isNaN)).toBe(true);
    expect(readFileSync(file).equals(before)).toBe(true);
  });

  it('adds its columns to a file of an earlier version when it opens it for writing, once', () => {
    writeEarlierFile();
    const attempts = foreignly(file, 'SELECT * FROM galapagos_attempt');
    writeTrials(false);
    expect(readEnergies(UID)).toEqual(NUMBERS);
    expect(readEnergies('sphere-evolution').every(Number.isNaN)).toBe(true);
    openLab(file, { create: false }).close();
    expect(
      foreignly(file, 'SELECT * FROM galapagos_attempt WHERE study <= 3').map((row) => [...row]),
    ).toEqual(attempts.map((row) => [...row, ...metricColumns.map(() => null)]));
  });

  it('says which column of the file has no number where a number is expected', () => {
    writeTrials(true);
    foreignly(file, "UPDATE galapagos_attempt SET energy = 'much' WHERE number = 1");
    expect(() => readEnergies(UID)).toThrow(
      'galapagos_attempt.energy: expected a number, found "much"',
    );
  });
});

describe('Metric columns: window', () => {
  it('shows the same numbers of a trial that ended before the window opened and of one after', () => {
    writeTrials(true);
    const read = new StudyProjection(WIDTHS);
    const reader = readLab(file);
    for (const { block, names } of reader.rows(UID)) read.merge(block, names, null);
    reader.close();
    const live = new StudyProjection(WIDTHS);
    for (const [number, metrics] of METRICS.entries())
      live.observe(
        {
          kind: 'trialEnded',
          number,
          state: 'complete',
          outcome: 'succeeded',
          value: 1,
          finishSeq: number,
          params: point(number),
          origin: { operator: 'uniform', parents: [], generation: 0 },
          attempt: { study: UID, number, attemptNumber: 1 },
          slot: 'local/cpu/0',
          result: resultOf(metrics),
          isBest: false,
        },
        0,
        0,
      );
    for (const projection of [read, live]) {
      const table = new TrialTable(WIDTH);
      table.merge(projection.rows.block([0, 1, 2]));
      expect([...table.columns.energy.subarray(0, 3)]).toEqual(NUMBERS);
    }
  });

  it('adds up the same energy in the window as in the lab file', () => {
    writeTrials(true);
    const read = new StudyProjection(WIDTHS);
    const reader = readLab(file);
    for (const { block, names } of reader.rows(UID)) read.merge(block, names, null);
    const table = new TrialTable(WIDTH);
    expect(energyOf(table)).toBeNull();
    table.merge(read.rows.block([0, 1, 2]));
    expect(energyOf(table)).toEqual(reader.energy(UID));
    reader.close();
  });

  it('forgets the number of an earlier attempt when a further attempt starts', () => {
    const { rows } = new StudyProjection(WIDTHS);
    rows.ended(0, {
      state: 'complete',
      outcome: 'succeeded',
      value: 1,
      finish: 0,
      at: 0,
      took: 1,
      attempt: null,
      metrics: { energy: 5 },
      figures: undefined,
    });
    rows.started(0, 2, 1, 0);
    const table = new TrialTable(WIDTH);
    table.merge(rows.block([0]));
    expect(table.columns.energy[0]).toBeNaN();
  });

  it('offers a column of the trials table once a trial has the metric, and sorts by it', () => {
    const { rows } = new StudyProjection(WIDTHS);
    const table = new TrialTable(WIDTH);
    const end = (number: number, metrics: Metrics): void => {
      rows.ended(number, {
        state: 'complete',
        outcome: 'succeeded',
        value: 1,
        finish: number,
        at: 0,
        took: 1,
        attempt: null,
        metrics,
        figures: undefined,
      });
      table.merge(rows.block([number]));
    };
    const offered = () => tableColumns([], table.metrics).filter(({ metric }) => metric !== null);
    end(0, {});
    expect(offered()).toEqual([]);
    end(1, Object.fromEntries(metricColumns.map(([, { metric }]) => [metric, 3])));
    expect(offered().map(({ name }) => name)).toEqual(metricColumns.map(([name]) => name));
    for (const column of offered())
      expect(numbersOf(table, column)?.column).toEqual(Float64Array.of(NaN, 3));
    table.clear();
    expect(offered()).toEqual([]);
  });
});
