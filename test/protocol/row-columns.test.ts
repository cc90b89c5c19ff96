/**
 * Tests the table of a trial's columns and what is derived from it, from a lab file's trials to the
 * window.
 */
import Database from 'libsql';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { StudyProjection } from '../../src/endpoints/projections/study-projection.ts';
import { trialBlock } from '../../src/protocol/window/columns.ts';
import {
  arrayOf,
  rowColumnList,
  rowColumns,
  widthOf,
} from '../../src/protocol/window/row-columns.ts';
import { TrialTable } from '../../src/renderer/state/trial-table.ts';
import type { LabReader } from '../../src/storage/lab-reader.ts';
import { readLab } from '../../src/storage/read-lab.ts';
import type { ReadBlock } from '../../src/storage/row-block.ts';
import { openLab } from '../../src/storage/sqlite.ts';
import { writeForeignStudy } from '../support/foreign-study.ts';
import { createStudy, propose, start, succeed, UID } from '../support/lab-writes.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import type { TemporaryFolder } from '../support/temporary-folder.ts';

const PARAMETERS = 4;
const WIDTHS = { parameters: PARAMETERS, objectives: 0 };
const TRIALS = 3;
const names = Object.keys(rowColumns).sort();
const numbers = [2, 1, 0];

let folder: TemporaryFolder;
let file: string;
let reader: LabReader;

/** Three trials of a study of Galapagos, of which one has not ended, and a foreign study. */
beforeEach(() => {
  folder = temporaryFolder();
  file = folder.file('lab.db');
  const lab = openLab(file, { create: true });
  lab.commit([[createStudy(), propose(0), propose(1), propose(2)]]);
  lab.commit([[start(0)], [start(1)], [start(2)], succeed(1, 0, 0.5), succeed(0, 1, 0.25)]);
  lab.close();
  writeForeignStudy(file, 'foreign', [{ number: 0, state: 'COMPLETE', value: 0.5, x: 1 }]);
  reader = readLab(file);
});
afterEach(() => {
  reader.close();
  folder.remove();
});

function onlyBlock(study: string): ReadBlock {
  const [block, ...others] = reader.rows(study);
  if (block === undefined || others.length > 0) throw new Error('expected one block');
  return block;
}

describe('Columns of a trial: one table', () => {
  it('gives blocks of studies of Galapagos and of other programs the columns of the table', () => {
    for (const [study, parameters, rows] of [
      [UID, PARAMETERS, TRIALS],
      ['foreign', 1, 1],
    ] as const) {
      const { number, ...arrays } = onlyBlock(study).block;
      expect(number).toHaveLength(rows);
      expect(Object.keys(arrays).sort()).toEqual(names);
      for (const [name, column] of rowColumnList) {
        expect(arrays[name]).toHaveLength(rows * widthOf(column, { parameters, objectives: 0 }));
        expect(arrays[name].constructor).toBe(arrayOf[column.kind](0).constructor);
      }
    }
  });

  it('gives the wire and the window the columns of the table', () => {
    const block = new StudyProjection(WIDTHS).rows.block(numbers);
    expect(Object.keys(trialBlock.shape).sort()).toEqual(['number', ...names].sort());
    expect(Object.keys(trialBlock.parse(block)).sort()).toEqual(['number', ...names].sort());
    expect(Object.keys(new TrialTable(PARAMETERS).columns).sort()).toEqual(names);
  });

  it('carries every column of a lab file to the window unchanged', () => {
    const { block, names: codes } = onlyBlock(UID);
    const projection = new StudyProjection(WIDTHS);
    projection.merge(block, codes, null);
    const table = new TrialTable(PARAMETERS);
    table.merge(projection.rows.block([0, 1, 2]));
    expect([...block.number]).toEqual(numbers);
    for (const [name, column] of rowColumnList) {
      const width = widthOf(column, WIDTHS);
      for (const [i, number] of numbers.entries()) {
        const sent = table.columns[name].subarray(number * width, (number + 1) * width);
        expect([...sent], name).toEqual([...block[name].subarray(i * width, (i + 1) * width)]);
      }
    }
  });

  it('copies each stored column from the column of the lab file that the table names', () => {
    const { block } = onlyBlock(UID);
    const database = new Database(file, { readonly: true });
    for (const [name, { stored, empty }] of rowColumnList) {
      if (stored === undefined) continue;
      const select = `SELECT ${stored} FROM galapagos_trial
        JOIN galapagos_attempt USING (study, number) ORDER BY galapagos_trial.number DESC`;
      const found = database.prepare(select).pluck().all() as (number | null)[];
      expect([...block[name]], name).toEqual(found.map((number) => number ?? empty));
    }
    database.close();
  });

  it('sends a row of which nothing is known as the empty numbers of the table', () => {
    const projection = new StudyProjection(WIDTHS);
    const table = new TrialTable(PARAMETERS);
    table.merge(projection.rows.block([5]));
    for (const [name, column] of rowColumnList) {
      const width = widthOf(column, WIDTHS);
      const row = table.columns[name].subarray(5 * width, 6 * width);
      expect([...row], name).toEqual(Array.from({ length: width }, () => column.empty));
    }
  });
});
