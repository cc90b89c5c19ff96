import { describe, expect, it } from 'vitest';
import { countInside, samplerOf, specAfterEdit } from '../../../src/core/samplers/after-edit.ts';
import { columnsFor } from '../../../src/core/study/columns-for.ts';
import type { StudySpec } from '../../../src/core/study/study-spec.ts';

const search = {
  searchSpace: { x: { type: 'float', low: 0, high: 1 } },
  sampler: { name: 'tpe' },
} as const;
const spec: StudySpec = {
  ...{ name: 'edited', objective: { kind: 'none' }, direction: 'minimize', seed: 4 },
  ...search,
};
const columns = columnsFor(spec, samplerOf(spec));
for (let number = 0; number < 10; number++)
  columns.proposed(number, Float64Array.of(number / 10), 0, {
    ...{ operator: 'random', parents: [], generation: 0 },
  });
const narrower = { ...search, searchSpace: { x: { type: 'float', low: 0, high: 0.45 } } } as const;

describe('Edited study: the spec after an edit', () => {
  it('tells the sampler of the earlier trials inside the new search space', () => {
    const { spec: edited, edit } = specAfterEdit(spec, narrower, { columns, date: 7 });
    expect(edit).toEqual({ first: 10, date: 7, told: 5, before: search });
    expect(edited).toEqual({ ...spec, ...narrower, edits: [edit] });
  });

  it('tells a sampler that learns from no trial of none', () => {
    const random = { ...narrower, sampler: { name: 'random' } };
    expect(specAfterEdit(spec, random, { columns, date: 7 }).edit.told).toBe(0);
  });

  it('keeps the sampler going when the search space and the sampler stay', () => {
    expect(specAfterEdit(spec, search, { columns, date: 7 }).edit.told).toBeNull();
  });

  it('goes on from trials that are already counted', () => {
    const pieces = countInside(narrower, columns);
    const { value: counted } = pieces.next();
    const circumstances = { columns, date: 7, counted: counted ?? { until: 0, inside: 0 } };
    expect(specAfterEdit(spec, narrower, circumstances).edit.told).toBe(5);
    const wrong = { ...circumstances, counted: { until: 10, inside: 3 } };
    expect(specAfterEdit(spec, narrower, wrong).edit.told).toBe(3);
  });
});
