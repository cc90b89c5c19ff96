/** Tests the choice of the value axis: one for each study, shared by all views and stored. */
import { describe, expect, it } from 'vitest';
import { populationOf } from '../../../src/renderer/state/population.ts';
import {
  chooseAxis,
  chosenAxis,
  populationOfStudy,
} from '../../../src/renderer/state/value-axis.ts';
import { simulatedTable } from '../../support/simulated-table.ts';
import { trialBlock } from '../../support/trial-block.ts';

type Remembering = Parameters<typeof chosenAxis>[0];

/** A fake of `Preferences` on a map. */
function remembering(memory = new Map<string, unknown>()): Remembering {
  return {
    preferences: {
      get: ((name: string, fallback: unknown) =>
        memory.get(name) ?? fallback) as Remembering['preferences']['get'],
      set: (name, value) => void memory.set(name, value),
    },
  };
}

function study(key = 'study') {
  const { table, head } = simulatedTable('evolution', 40);
  return { key, table, head };
}

describe('State: value axis', () => {
  it('suits the measure until the user chooses another, which moves every trial', () => {
    const [app, one] = [remembering(), study()];
    const population = populationOfStudy(app, one);
    population.update(one.head, false, 1e6);
    expect([population.scale?.kind, population.kinds]).toEqual([
      'log-error',
      ['log-error', 'log', 'linear'],
    ]);
    const { layout } = population;
    const middle = population.scale!.value(0.5);
    chooseAxis(app, one, 'linear');
    expect(population.scale?.kind).toBe('linear');
    expect(population.layout).toBeGreaterThan(layout);
    expect(population.unit(middle)).not.toBeCloseTo(0.5, 2);
    expect([0, 1].map((unit) => population.unit(population.scale!.value(unit)))).toEqual([0, 1]);
  });

  it('belongs to its study, and is restored when the study is opened again', () => {
    const memory = new Map<string, unknown>();
    chooseAxis(remembering(memory), study('first'), 'log');
    const [again, other] = [study('first'), study('other')];
    expect([again, other].map((each) => chosenAxis(remembering(memory), each))).toEqual([
      'log',
      null,
    ]);
    const population = populationOfStudy(remembering(memory), again);
    population.update(again.head, false, 1e6);
    expect(population.scale?.kind).toBe('log');
  });

  it('is kept while trials arrive, and replaced when the values do not allow it', () => {
    const [app, one] = [remembering(), study()];
    chooseAxis(app, one, 'log');
    const population = populationOf(one.table);
    population.update(one.head, false, 1e6);
    one.table.merge(
      trialBlock(
        [{ number: 40, value: 0.999, finish: 40, historyLength: 40, params: [0, 1, 0, NaN] }],
        4,
      ),
    );
    population.update(one.head, false, 2e6);
    expect(population.scale).toMatchObject({ kind: 'log', best: 0.999 });
    one.table.merge(
      trialBlock(
        [{ number: 41, value: -1, finish: 41, historyLength: 41, params: [0, 1, 0, NaN] }],
        4,
      ),
    );
    population.update(one.head, false, 3e6);
    population.fit(3e6);
    expect(population.kinds).not.toContain('log');
    expect(population.scale?.kind).toBe('log-error');
  });

  it('ignores a stored kind that no longer exists', () => {
    expect(chosenAxis(remembering(new Map([['axis.study', 'cubic']])), study())).toBeNull();
  });
});
