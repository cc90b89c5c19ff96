/** Tests that a lab file keeps what a model predicted of the trials that it chose. */
import { afterEach, beforeEach, expect, it } from 'vitest';
import { readLab } from '../../src/storage/read-lab.ts';
import { openLab } from '../../src/storage/sqlite.ts';
import { foreignly } from '../support/foreign-program.ts';
import { UID, createStudy, point } from '../support/lab-writes.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import type { TemporaryFolder } from '../support/temporary-folder.ts';

const prediction = { value: 0.5, low: 0.25, high: 0.75, logExpectedImprovement: -1.5 };
const overflown = { ...prediction, high: Infinity };
const origin = { operator: 'neighbour', parents: [0], generation: 1 };

let folder: TemporaryFolder;
let file: string;
beforeEach(() => {
  folder = temporaryFolder();
  file = folder.file('lab.db');
  const lab = openLab(file, { create: true });
  const proposal = { op: 'proposal', uid: UID, historyLength: 0 } as const;
  lab.commit([
    [createStudy()],
    [{ ...proposal, number: 0, params: point(0), origin }],
    [{ ...proposal, number: 1, params: point(1), origin: { ...origin, prediction } }],
    [{ ...proposal, number: 2, params: point(2), origin: { ...origin, prediction: overflown } }],
  ]);
  lab.close();
});
afterEach(() => folder.remove());

function origins(): unknown[] {
  const reader = readLab(file);
  const found = [0, 1, 2].map((number) => reader.story(UID, number)?.trial.origin);
  reader.close();
  return found;
}

it('Lab file: keeps the prediction of a trial that a model chose, but none that is not finite', () => {
  expect(origins()).toEqual([origin, { ...origin, prediction }, origin]);
});

it('Lab file: reads a file of an earlier version, which has no predictions, and adds their table', () => {
  foreignly(file, 'DROP TABLE galapagos_prediction');
  expect(origins()).toEqual([origin, origin, origin]);
  openLab(file, { create: false }).close();
  expect(foreignly(file, 'SELECT count(*) FROM galapagos_prediction')).toEqual([[0]]);
});
