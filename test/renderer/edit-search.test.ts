/** Tests the form that edits a search, and the axes of studies whose ranges were edited. */
import { describe, expect, it } from 'vitest';
import { everSearched } from '../../src/core/study/search-edit.ts';
import { changeOf, formOf, placeOf } from '../../src/renderer/frame/edit-search/edit-form.ts';
import type { EditForm, Row } from '../../src/renderer/frame/edit-search/edit-form.ts';
import { canEditSearch } from '../../src/renderer/state/can-be-done.ts';
import { narrowedSpace } from '../../src/renderer/state/narrow.ts';
import { Population } from '../../src/renderer/state/population.ts';
import { unitOf } from '../../src/renderer/views/space/trials.ts';
import { simulatedTable } from '../support/simulated-table.ts';

const searched: Parameters<typeof formOf>[0] = {
  objective: { kind: 'synthetic' },
  searchSpace: {
    x: { type: 'float', low: -1, high: 1 },
    'x.y': { type: 'int', low: 1, high: 9 },
    kind: { type: 'categorical', choices: ['a', 'b', 'c'] },
    flag: { type: 'categorical', choices: [true, false] },
  },
  only: { 'x.y': [4], kind: ['a', 'b'] },
  sampler: { name: 'tpe', startup: 20 },
  seed: 1,
  pruner: { name: 'median' },
};
const before = formOf(searched);

/** The form with other fields in the row of a parameter. */
function typed(name: string, fields: object): EditForm {
  const rows = before.rows.map((row): Row => (row.name === name ? { ...row, ...fields } : row));
  return { ...before, rows };
}

describe('Edit search: form', () => {
  it('asks for no change while its fields are those it was filled in with', () => {
    expect(changeOf(before, formOf(searched))).toEqual({ problems: [], change: null });
    expect(before.rows).toMatchObject([
      { low: '-1', high: '1', fixed: '' },
      { low: '1', high: '9', fixed: '4' },
      { kept: [true, true, false] },
      { kept: [true, true] },
    ]);
  });

  it.each([
    ['another range', typed('x', { low: '-.5' }), { ranges: { x: { low: -0.5, high: 1 } } }],
    ['a fixed value', typed('x', { fixed: ' 0.25 ' }), { only: { x: [0.25] } }],
    [
      'a range of a parameter that stays fixed',
      typed('x.y', { high: '5' }),
      { ranges: { 'x.y': { low: 1, high: 5 } }, only: { 'x.y': [4] } },
    ],
    ['a parameter that is searched again', typed('x.y', { fixed: '' }), { free: ['x.y'] }],
    [
      'another range of a parameter that is searched again',
      typed('x.y', { fixed: '', low: '2' }),
      { ranges: { 'x.y': { low: 2, high: 9 } } },
    ],
    ['one choice', typed('flag', { kept: [false, true] }), { only: { flag: [false] } }],
    ['all choices again', typed('kind', { kept: [true, true, true] }), { free: ['kind'] }],
    ['another sampler', { ...before, sampler: 'gp' }, { sampler: { name: 'gp' } }],
    ['no pruner', { ...before, pruner: 'none' }, { pruner: { name: 'none' } }],
  ])('states %s as the command does', (_, form, change) => {
    expect(changeOf(before, form)).toEqual({ problems: [], change });
  });

  it('names each field that cannot be read', () => {
    const rows = [
      { ...before.rows[0], low: '1e' },
      { ...before.rows[1], fixed: 'four' },
      { ...before.rows[2], kept: [false, false, false] },
      before.rows[3],
    ] as Row[];
    expect(changeOf(before, { ...before, rows }).problems).toEqual([
      { name: 'x', field: 'low', found: '1e' },
      { name: 'x.y', field: 'fixed', found: 'four' },
      { name: 'kind', field: 'choices', found: '' },
    ]);
  });

  it('places a problem by its path, at the longest name that fits', () => {
    const names = before.rows.map(({ name }) => name);
    expect(placeOf('searchSpace.x.low', names)).toEqual({ part: 'parameter', name: 'x' });
    expect(placeOf('ranges.x.y.low', names)).toEqual({ part: 'parameter', name: 'x.y' });
    expect(placeOf('only.kind', names)).toEqual({ part: 'parameter', name: 'kind' });
    expect(placeOf('sampler.startup', names)).toEqual({ part: 'sampler' });
    expect(placeOf('objective.layers', names)).toEqual({ part: 'whole' });
  });

  it('is not offered for confirmations and other programs', () => {
    expect(canEditSearch({ confirms: null, searched })).toBe(true);
    expect(canEditSearch({ confirms: 'a study', searched })).toBe(false);
    expect(canEditSearch({ confirms: null, searched: null })).toBe(false);
  });
});

describe('Edit search: axes', () => {
  const { table, head } = simulatedTable('evolution', 80);
  const [name, whole] = Object.entries(head.searched!.searchSpace).find(
    ([, { type }]) => type === 'float',
  )!;
  if (whole.type === 'categorical') throw new Error('expected a float');
  const narrow = { ...whole, low: whole.low + 0.9 * (whole.high - whole.low) };
  const searchSpace = { ...head.searched!.searchSpace, [name]: narrow };
  const edit = { first: 80, date: 0, told: 0, before: head.searched! };
  const edited = {
    ...head,
    searched: {
      ...head.searched!,
      searchSpace,
      edits: [{ first: 80, told: 0, date: '2026-01-01', changes: ['x'] }],
      everSearched: everSearched({ searchSpace, edits: [edit] }) as typeof searchSpace,
    },
  };

  it('keep every trial where it was when an edit narrows a range, and widen with a range', () => {
    const population = new Population(table);
    population.update(head, false, 1e6);
    const places = (): number[] =>
      Array.from({ length: 80 }, (_, number) =>
        unitOf(
          population,
          population.axes.find((axis) => axis.name === name)!,
          number,
        ),
      );
    const at = places();
    population.update(edited, false, 2e6);
    expect(places()).toEqual(at);
    const wide = { ...whole, high: whole.high + (whole.high - whole.low) };
    const widened = everSearched({ searchSpace: { [name]: wide }, edits: [edit] });
    expect(widened[name]).toMatchObject({ low: whole.low, high: wide.high });
  });

  it('narrow a brush outside the present range to its nearest bound', () => {
    const brush = new Map([[name, { low: whole.low, high: whole.low }]]);
    expect(narrowedSpace(searchSpace, brush)?.[name]).toMatchObject({
      low: narrow.low,
      high: narrow.low,
    });
  });
});
