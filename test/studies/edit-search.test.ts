import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SearchChange } from '../../src/core/study/search-edit.ts';
import type { LabReader } from '../../src/storage/lab-reader.ts';
import { readLab } from '../../src/storage/read-lab.ts';
import { openLab } from '../../src/storage/sqlite.ts';
import { previewEdit } from '../../src/studies/edit-search.ts';
import { enqueue } from '../../src/storage/enqueue.ts';
import { UID, createStudy, propose, spec } from '../support/lab-writes.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import type { TemporaryFolder } from '../support/temporary-folder.ts';

const TRIALS = 40;
const searchSpace = {
  units: { type: 'int', low: 1, high: 8 },
  activation: { type: 'categorical', choices: ['relu', 'tanh'] },
} as const;
const study = { ...spec, searchSpace, sampler: { name: 'evolution' } };

let folder: TemporaryFolder;
let reader: LabReader;
beforeEach(() => {
  folder = temporaryFolder();
  const lab = openLab(folder.file('lab.db'), { create: true });
  lab.commit([[createStudy(UID, study)]]);
  const pointOf = (number: number): Float64Array =>
    Float64Array.of(1 + (number % 8), number % 4 === 0 ? 1 : 0);
  lab.commit([Array.from({ length: TRIALS }, (_, i) => propose(i, UID, pointOf(i)))]);
  lab.close();
  reader = readLab(folder.file('lab.db'));
});
afterEach(() => {
  reader.close();
  folder.remove();
});

/** A reader of points alone, because whole trials take thirteen times as long. */
const preview = (change: SearchChange): ReturnType<typeof previewEdit> =>
  previewEdit(
    Object.create(reader, {
      trials: { value: () => expect.fail('the preview reads whole trials') },
      points: { value: (named: string) => reader.points(named) },
      enqueued: { value: (named: string) => reader.enqueued(named) },
    }) as LabReader,
    { uid: UID, limits: null },
    study,
    change,
    () => [],
  );

describe('Preview of an edit', () => {
  it('counts the trials inside the new ranges from the points of the trials alone', () => {
    expect(preview({ ranges: { units: { low: 3, high: 6 } } })).toEqual({
      first: TRIALS,
      told: 20,
      inside: 20,
      outside: [],
      changes: ['units: 1 … 8 → 3 … 6'],
    });
    expect(preview({ sampler: { name: 'random' } })).toMatchObject({ told: 0, inside: TRIALS });
    expect(preview({ only: { units: [5] } })).toMatchObject({ told: TRIALS, inside: TRIALS });
  });

  it('refuses ranges in which every point has been tried, and takes those with an untried one', () => {
    // Trials with 1 or 5 units have tanh, the others relu.
    const one: SearchChange = { ranges: { units: { low: 1, high: 1 } } };
    expect(preview(one)).toMatchObject({ inside: 5 });
    expect(() => preview({ ...one, only: { activation: ['tanh'] } })).toThrow(/all tried/);
  });
});

describe('Preview of an edit: enqueued points', () => {
  beforeEach(() => {
    enqueue(folder.file('lab.db'), UID, [{ units: 7 }, { units: 4 }, { activation: 'tanh' }]);
  });

  it('names the points that the study tries now and would not after it', () => {
    const narrow = preview({
      ranges: { units: { low: 3, high: 6 } },
      only: { activation: ['relu'] },
    });
    expect(narrow.outside).toEqual([
      { point: '{"units": 7}', reason: expect.stringContaining('units: expected') as string },
      {
        point: '{"activation": "tanh"}',
        reason: expect.stringContaining('found "tanh"') as string,
      },
    ]);
    expect(preview({ ranges: { units: { low: 1, high: 9 } } }).outside).toEqual([]);
    expect(preview({ sampler: { name: 'random' } }).outside).toEqual([]);
  });

  it('does not name points that the study refuses in any case', () => {
    enqueue(folder.file('lab.db'), UID, [{ units: 99 }]);
    const { outside } = preview({ ranges: { units: { low: 3, high: 6 } } });
    expect(outside.map(({ point }) => point)).toEqual(['{"units": 7}']);
  });
});
