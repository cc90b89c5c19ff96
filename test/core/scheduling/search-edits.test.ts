/** Tests edits of a study's search: what they drop, what they keep, and resume after them. */
import { beforeEach, describe, expect, it } from 'vitest';
import type { Search } from '../../../src/core/study/search-edit.ts';
import { searchFor, searchOf } from '../../../src/core/study/search-edit.ts';
import { samplerOf } from '../../../src/core/samplers/after-edit.ts';
import { step } from '../../../src/core/scheduling/index.ts';
import type { Event } from '../../../src/core/scheduling/index.ts';
import { LabRecord } from '../../../src/core/simulation/lab-record.ts';
import type { StudySpec } from '../../../src/core/study/study-spec.ts';
import { id, LabDriver, only, STUDY, writes } from '../../support/lab-driver.ts';

const SLOT = 'local/cpu/0';
const OTHER = 'local/cpu/1';

const space: StudySpec['searchSpace'] = {
  x: { type: 'float', low: -5, high: 5 },
  n: { type: 'int', low: 1, high: 40 },
};
const narrow: Search = {
  searchSpace: { ...space, x: { type: 'float', low: -1, high: 1 } },
  sampler: { name: 'tpe', startup: 4 },
};

let driver: LabDriver;

function begin(sampler: StudySpec['sampler'] = { name: 'random' }, slots = [SLOT, OTHER]): void {
  driver = new LabDriver({ scheduler: { samplerFor: samplerOf } });
  driver.open();
  driver.create({ trials: 40 }, STUDY, { searchSpace: space, sampler });
  for (const slot of slots) driver.hello(slot);
}

const edited = (search: Search): Extract<Event, { type: 'searchEdited' }> => ({
  ...{ type: 'searchEdited', study: STUDY, search, date: 7, at: driver.now },
});

/** Ends the trial that the slot runs. */
function finish(of: LabDriver, slot = SLOT): void {
  const [attempt] = of.given(slot);
  if (attempt === undefined) throw new Error(`${slot} runs nothing`);
  const { params } = of.trial(attempt.number);
  of.result(attempt, { value: params.reduce((sum, x) => sum + x * x, 0) });
}

function paramsOf(of: LabDriver): unknown[] {
  const { columns } = of.study();
  return Array.from({ length: columns.size }, (_, number) => [...(columns.params(number) ?? [])]);
}

describe('Scheduler: edits of the search', () => {
  beforeEach(() => begin());

  it('keep the points of trials that run or wait', () => {
    const before = paramsOf(driver);
    driver.send(edited(narrow));
    expect(paramsOf(driver).slice(0, before.length)).toEqual(before);
    const { columns } = driver.study();
    while (columns.size < 30) finish(driver);
    const later = Array.from({ length: 30 }, (_, number) => columns.params(number)![0]!);
    expect(later.slice(before.length).every((x) => x >= -1 && x <= 1)).toBe(true);
    expect(later.some((x) => Math.abs(x) > 1)).toBe(true);
  });

  it('are written with the search before them, in the step that applies them', () => {
    const said = driver.send(edited(narrow));
    const [write] = writes(said, 'searchEdited');
    const { size } = driver.study().columns;
    expect(write?.spec).toEqual(driver.study().spec);
    const first = Math.min(...writes(said, 'proposal').map(({ number }) => number), size);
    expect(write?.spec.edits).toMatchObject([
      { first, date: 7, before: { sampler: { name: 'random' } } },
    ]);
    expect(searchFor(write!.spec, first - 1).searchSpace).toEqual(space);
    expect(searchFor(write!.spec, first)).toEqual(narrow);
  });

  it('drop an answer to an ask of before, although number and history are the same', () => {
    const { lab } = driver;
    const [ask] = only(step(lab, { type: 'result', ...resultOf(id(0)), at: 1 }), 'askSampler');
    const stale = driver.study().asking;
    expect(stale).not.toBeNull();
    const narrower = { ...narrow, sampler: { name: 'random' } };
    const [again] = only(step(lab, edited(narrower)), 'askSampler');
    expect(again).toMatchObject({ ...ask, edits: 1 });
    const points = {
      params: Float64Array.of(4.5, 3),
      origin: { operator: 'x', parents: [], generation: 0 },
    };
    const { first, historyLength } = ask!;
    const answer = {
      type: 'proposed',
      study: STUDY,
      first,
      historyLength,
      trials: [points],
      at: 2,
    } as const;
    const size = driver.study().columns.size;
    step(lab, answer);
    expect(driver.study().columns.size).toBe(size);
    step(lab, { ...answer, edits: 1 });
    expect(driver.study().columns.size).toBe(size + 1);
  });

  it('replace the pruner alone without disturbing the sampler', () => {
    const { sampler } = driver.study();
    const pruning = {
      ...{ pruner: { name: 'median' }, reason: 'chosen', length: 10 },
      keeps: 'last',
    } as const;
    const said = driver.send(edited({ ...searchOf(driver.study().spec), pruning }));
    expect(driver.study().sampler).toBe(sampler);
    expect(driver.study().pruning?.pruner.name).toBe('median');
    expect(writes(said, 'searchEdited')[0]?.spec.edits).toMatchObject([{ told: null }]);
    driver.send(edited({ searchSpace: space, sampler: { name: 'random' } }));
    expect(driver.study().pruning).toBeNull();
  });

  it('let a study go on whose sampler was exhausted', () => {
    driver.study().exhausted = true;
    driver.send(edited(narrow));
    expect(driver.study().exhausted).toBe(false);
  });

  it('are refused for a study that is ending or unknown', () => {
    driver.send({ type: 'studyStopped', study: STUDY, graceMs: 5_000 });
    const before = driver.study().spec;
    for (const study of [STUDY, 'nobody']) {
      const said = driver.send({ ...edited(narrow), study });
      expect(only(said, 'showLab')).toMatchObject([{ change: { kind: 'commandRefused' } }]);
    }
    expect(driver.study().spec).toBe(before);
  });

  it.each(['evolution', 'tpe', 'generational', 'cma-es', 'random'])(
    'and kills lead to the trials of an undisturbed study, with %s',
    (name) => {
      const play = (killAt: readonly number[]): unknown[] => {
        begin({ name: 'random' }, [SLOT]);
        const record = new LabRecord();
        let current = driver;
        let committed = 0;
        const commit = (): void => {
          for (const { writes: all } of only(current.said.slice(committed), 'persist'))
            record.commit(all);
          committed = current.said.length;
        };
        const edits: Readonly<Record<number, Search>> = {
          14: { ...narrow, sampler: { name } },
          22: { searchSpace: space, only: { n: [8] }, sampler: { name } },
        };
        while (current.study().columns.ended < 34) {
          const { ended } = current.study().columns;
          const search = edits[ended];
          if (search !== undefined) current.send(edited(search));
          commit();
          if (killAt.includes(ended)) {
            current = new LabDriver({ scheduler: { samplerFor: samplerOf } });
            committed = 0;
            current.open(record.open().epoch, record.snapshot());
            current.hello(SLOT, { incarnation: `2.${ended}` });
          }
          finish(current);
        }
        return paramsOf(current).slice(0, 34);
      };
      const undisturbed = play([]);
      expect(play([9, 14, 18, 22, 23, 30])).toEqual(undisturbed);
      expect(undisturbed.slice(24).every((point) => (point as number[])[1] === 8)).toBe(true);
    },
  );
});

function resultOf(
  attempt: ReturnType<typeof id>,
): Pick<Extract<Event, { type: 'result' }>, 'slot' | 'incarnation' | 'attempt' | 'result'> {
  return {
    slot: SLOT,
    incarnation: '1.1',
    attempt,
    result: { outcome: 'succeeded', value: 1, ms: 5 },
  };
}
