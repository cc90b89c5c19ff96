/** Tests edits of a search with a long history: how they share the event loop, and their counts. */
import { afterEach, describe, expect, it, vi } from 'vitest';
import { systemClock } from '../../src/coordinator/clock.ts';
import { editSearch } from '../../src/coordinator/search-edits.ts';
import { samplerOf } from '../../src/core/samplers/after-edit.ts';
import type { SamplerSpec } from '../../src/core/samplers/sampler.ts';
import type { Study } from '../../src/core/scheduling/index.ts';
import type { SearchChange } from '../../src/core/study/search-edit.ts';
import { memoryLab } from '../../src/storage/memory.ts';
import { CoordinatorWorld, spec, until } from '../support/coordinator-world.ts';

const HISTORY = 20_000;
/** Trials that may be read in one turn of the event loop. */
const MOST_IN_A_TURN = 2_100;

const worlds: CoordinatorWorld[] = [];
afterEach(async () => {
  for (const { coordinator } of worlds.splice(0)) await coordinator.close();
});

/** Opens a lab with a running study of many finished trials, on a clock of a millisecond a look. */
async function world(sampler: SamplerSpec): Promise<{ here: CoordinatorWorld; study: Study }> {
  const before = memoryLab();
  const numbers = Array.from({ length: HISTORY }, (_, number) => number);
  const origin = { operator: 'random', parents: [], generation: 0 };
  const limits = { trials: null, activeMs: null, target: null };
  before.commit([
    [{ op: 'study', uid: 'uid', spec: { ...spec, sampler }, limits, limit: null }],
    [{ op: 'studyState', uid: 'uid', state: 'running', reason: null }],
    numbers.map((number) => ({
      op: 'proposal' as const,
      ...{ uid: 'uid', number, params: Float64Array.of(number / HISTORY), origin },
      historyLength: 0,
    })),
  ]);
  before.commit([
    numbers.map((number) => ({
      op: 'trialEnded' as const,
      ...{ uid: 'uid', number, value: number, finishSeq: number, attemptNumber: 0, story: [] },
      ...{ state: 'complete' as const, outcome: 'succeeded' as const },
    })),
  ]);
  const here = new CoordinatorWorld(memoryLab(before));
  let now = 0;
  await here.open({ clock: { ...systemClock(), now: () => (now += 1) } });
  worlds.push(here);
  return { here, study: here.coordinator.lab.studies.get('uid')! };
}

const edit = (here: CoordinatorWorld, change: SearchChange): ReturnType<typeof editSearch> =>
  editSearch(here.coordinator, 'uid', change, { checkObjective: () => [] });

/** Counts the trials that are read in each turn of the event loop. */
function readingsOf({ columns }: Study): { readonly most: () => number; readonly end: () => void } {
  let inTurn = 0;
  let most = 0;
  const add = (count: number): void => {
    inTurn += count;
    most = Math.max(most, inTurn);
  };
  const params = columns.params.bind(columns);
  vi.spyOn(columns, 'params').mockImplementation((number) => {
    add(1);
    return params(number);
  });
  const since = columns.since.bind(columns);
  vi.spyOn(columns, 'since').mockImplementation((from, to = columns.position) => {
    add(to.size - from.size);
    return since(from, to);
  });
  const next = (): void => {
    inTurn = 0;
    turn = setImmediate(next);
  };
  let turn = setImmediate(next);
  return { most: () => most, end: () => clearImmediate(turn) };
}

describe('Coordinator: edits of a search with a long history', () => {
  it.each([
    { what: 'a range', before: 'evolution', change: { ranges: { x: { low: 0, high: 0.5 } } } },
    { what: 'random to evolution', before: 'random', change: { sampler: { name: 'evolution' } } },
    { what: 'evolution to tpe', before: 'evolution', change: { sampler: { name: 'tpe' } } },
  ])(
    'reads the trials in pieces until the first proposal after the edit, which is that of the event loop ($what)',
    async ({ before, change }) => {
      const { here, study } = await world({ name: before });
      const readings = readingsOf(study);
      expect(await edit(here, change)).toBeNull();
      here.hello();
      await until(() => study.columns.size > HISTORY);
      readings.end();
      expect(readings.most()).toBeGreaterThan(0);
      expect(readings.most()).toBeLessThanOrEqual(MOST_IN_A_TURN);
      vi.restoreAllMocks();
      const view = study.columns.asynchronousView(HISTORY);
      const [proposal] = samplerOf(study.spec).propose(HISTORY, 1, view);
      expect(study.columns.params(HISTORY)).toEqual(proposal!.params);
    },
  );

  it('counts the trials that come while the others are counted', async () => {
    const { here, study } = await world({ name: 'evolution' });
    const edited = edit(here, { ranges: { x: { low: 0, high: 0.25 } } });
    await new Promise((resolve) => setImmediate(resolve));
    expect(here.coordinator.enqueue('uid', { x: 0.1 + 1e-7 })).toBeNull();
    expect(await edited).toBeNull();
    expect(study.spec.edits).toEqual([
      expect.objectContaining({ first: HISTORY + 1, told: HISTORY / 4 + 2 }),
    ]);
  });

  it('carries out two edits that are made at the same time, one on the search of the other', async () => {
    const { here, study } = await world({ name: 'evolution' });
    const answers = await Promise.all([
      edit(here, { ranges: { x: { low: 0, high: 0.5 } } }),
      edit(here, { sampler: { name: 'tpe' } }),
    ]);
    expect(answers).toEqual([null, null]);
    const { spec: edited } = study;
    expect(edited).toMatchObject({
      searchSpace: { x: { low: 0, high: 0.5 } },
      sampler: { name: 'tpe' },
    });
    expect(edited.edits).toHaveLength(2);
    expect(edited.edits![1]!.told).toBe(HISTORY / 2 + 1);
  });
});
