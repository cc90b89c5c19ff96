import { describe, expect, it } from 'vitest';
import { AskTellSession } from '../../src/cli/ask-tell/session.ts';
import { samplerNames } from '../../src/core/samplers/create-sampler.ts';
import { trainsInParts } from '../../src/core/samplers/in-parts.ts';
import { askTellAnswer } from '../../src/protocol/ask-tell.ts';
import type { AskTellAnswer } from '../../src/protocol/ask-tell.ts';

const searchSpace = {
  x: { type: 'float', low: 0, high: 1 },
  units: { type: 'int', low: 1, high: 64 },
  optimizer: { type: 'categorical', choices: ['sgd', 'adam', 'lamb'] },
};
const create = (name: string, seed = 7): object => ({
  op: 'create',
  searchSpace,
  sampler: name === 'grid' ? { name, divisions: 3 } : { name },
  seed,
});
const ASK = { op: 'ask' };
const change = {
  op: 'edit',
  ranges: { x: { low: 0.25, high: 0.75 } },
  only: { units: [16], optimizer: ['adam', 'lamb'] },
};

/** Answers each line in one session; every answer keeps the published schema. */
function talk(lines: readonly object[], session = new AskTellSession()): AskTellAnswer[] {
  return lines.map((line) => {
    const answer = session.answer(JSON.stringify(line));
    expect(askTellAnswer.safeParse(answer).error).toBeUndefined();
    return answer;
  });
}

/** Asks for and tells so many trials. */
function trials(session: AskTellSession, count: number): Record<string, unknown>[] {
  return Array.from({ length: count }, () => {
    const [asked] = talk([ASK], session);
    if (!asked!.ok || !('params' in asked!)) throw new Error(JSON.stringify(asked));
    const { trial, params } = asked;
    const value = (Number(params['x']) - 0.4) ** 2 + Number(params['units']) / 64;
    expect(talk([{ op: 'tell', trial, value }], session)).toEqual([{ ok: true }]);
    return params;
  });
}

const named = samplerNames.map(({ name }) => name).filter((name) => !trainsInParts({ name }));

describe('Ask-tell: edits of the search', () => {
  it('answer with the first trial after the edit, the trials that are told, and the changes', () => {
    const answers = talk([
      create('evolution'),
      ASK,
      { op: 'tell', trial: 0, value: 1 },
      { op: 'edit', ranges: { x: { low: 0, high: 2 } }, sampler: { name: 'tpe' } },
      { op: 'edit', free: ['x'], only: { units: [16] } },
      { op: 'edit', sampler: { name: 'random' } },
    ]);
    expect(answers.slice(3)).toEqual([
      { ok: true, first: 1, told: 1, changes: ['x: 0 … 1 → 0 … 2', 'sampler: evolution → tpe'] },
      { ok: true, first: 1, told: 1, changes: ['units: 1 … 64 → fixed at 16'] },
      { ok: true, first: 1, told: 0, changes: ['sampler: tpe → random'] },
    ]);
  });

  it.each(named)(
    'leave every later trial of %s in the new search space, and the same lines give the same trials',
    (name) => {
      const [session, again] = [new AskTellSession(), new AskTellSession()];
      for (const each of [session, again]) {
        talk([create(name)], each);
        trials(each, 14);
        expect(talk([change], each)[0]).toMatchObject({ ok: true, first: 14 });
      }
      const after = trials(session, 4);
      for (const { x, units, optimizer } of after) {
        expect(x).toBeGreaterThanOrEqual(0.25);
        expect(x).toBeLessThanOrEqual(0.75);
        expect(units).toBe(16);
        expect(['adam', 'lamb']).toContain(optimizer);
      }
      expect(new Set(after.map((params) => JSON.stringify(params))).size).toBe(4);
      expect(trials(again, 4)).toEqual(after);
    },
  );

  it.each(named)('continue the history of random trials with the sampler %s', (name) => {
    const session = new AskTellSession();
    talk([create('random')], session);
    const before = trials(session, 14);
    const sampler = name === 'grid' ? { name, divisions: 3 } : { name };
    if (name !== 'random') expect(talk([{ op: 'edit', sampler }], session)[0]!.ok).toBe(true);
    const points = [...before, ...trials(session, 6)].map((params) => JSON.stringify(params));
    expect(new Set(points).size).toBe(20);
  });

  it('show the sampler the earlier trials inside the new range, so that it goes on from the best', () => {
    const session = new AskTellSession();
    talk([create('evolution')], session);
    trials(session, 30);
    const [edited] = talk([{ op: 'edit', ranges: { x: { low: 0, high: 0.6 } } }], session);
    const told = edited!.ok && 'told' in edited! ? edited.told : 0;
    expect(told).toBeGreaterThan(0);
    expect(told).toBeLessThan(30);
    const near = trials(session, 12).filter(({ units }) => Number(units) <= 16);
    expect(near.length).toBeGreaterThan(8);
  });

  it('leave the points of trials that were asked for before, which are told and may be the best', () => {
    const [, asked, , told, best] = talk([
      create('evolution'),
      ASK,
      { op: 'edit', only: { units: [3] } },
      { op: 'tell', trial: 0, value: -1 },
      { op: 'best' },
    ]);
    expect(told).toEqual({ ok: true });
    expect(best).toEqual({ ...asked, value: -1 });
  });

  it('give points again after an exhausted search space was widened', () => {
    const small = { op: 'create', searchSpace: { k: { type: 'int', low: 1, high: 2 } } };
    const answers = talk([
      small,
      ASK,
      ASK,
      ASK,
      { op: 'edit', ranges: { k: { low: 1, high: 3 } } },
      ASK,
      ASK,
    ]);
    expect(answers[3]).toMatchObject({ error: { code: 'exhausted' } });
    expect(answers[5]).toEqual({ ok: true, trial: 2, params: { k: 3 } });
    expect(answers[6]).toMatchObject({ error: { code: 'exhausted' } });
  });

  it('are refused with code and field before a study, for a pruner, and where they are wrong, and then change nothing', () => {
    const refused = [
      [{ op: 'edit', pruner: { name: 'median' } }, 'unknown-field', 'pruner'],
      [{ op: 'edit' }, 'no-change', ''],
      [{ op: 'edit', ranges: { z: { low: 0, high: 1 } } }, 'unknown-parameter', 'ranges.z'],
      [{ op: 'edit', ranges: { x: { low: 2, high: 1 } } }, 'low-above-high', 'ranges.x.low'],
      [{ op: 'edit', only: { optimizer: ['rprop'] } }, 'illegal-value', 'only.optimizer'],
      [{ op: 'edit', sampler: { name: 'tpe', startup: 0 } }, 'illegal-setting', 'sampler.startup'],
      [{ op: 'edit', sampler: { name: 'pbt' } }, 'trains-in-parts', 'sampler.name'],
      [{ op: 'edit', only: { x: [0.5], units: [1], optimizer: ['sgd'] } }, 'no-point', ''],
    ] as const;
    expect(talk([change])[0]).toMatchObject({ error: { code: 'no-study', field: 'op' } });
    for (const [line, code, field] of refused) {
      const [, , answer, ...rest] = talk([create('evolution'), ASK, line, ASK, ASK]);
      expect(answer).toMatchObject({ ok: false, error: { code, field } });
      const [, , ...without] = talk([create('evolution'), ASK, ASK, ASK]);
      expect(rest).toEqual(without);
    }
  });
});
