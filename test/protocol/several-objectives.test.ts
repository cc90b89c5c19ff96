/** Tests the objectives and constraints of a study file: their defaults and every refusal. */
import { describe, expect, it } from 'vitest';
import { InvalidInput } from '../../src/core/errors.ts';
import { parseStudy, studyOf, writtenStudyFile } from '../../src/protocol/study-file.ts';
import { objectiveCheck } from '../../src/objectives/objective-check.ts';

const good = {
  format: 'galapagos-study/1',
  name: 'two',
  objective: { kind: 'synthetic', function: 'binh-korn' },
  objectives: [
    { metric: 'f1', direction: 'minimize' },
    { metric: 'f2', direction: 'minimize' },
  ],
  constraints: { c1: { 'at most': 25 }, c2: { 'at least': 7.7 } },
  searchSpace: { x: { type: 'float', low: 0, high: 5 }, y: { type: 'float', low: 0, high: 3 } },
  sampler: { name: 'nsga2' },
  stop: { trials: 64 },
  seed: 7,
};

function sentences(changes: Record<string, unknown>): string[] {
  const check = objectiveCheck({ resources: '' });
  try {
    const file = Object.entries<unknown>({ ...good, ...changes }).filter(
      ([, value]) => value !== undefined,
    );
    parseStudy(Object.fromEntries(file), 'two.json', check);
  } catch (error) {
    if (!(error instanceof InvalidInput)) throw error;
    return error.problems.map(
      ({ path, expected, found, hint = '' }) => `${path}: ${expected}; ${found}; ${hint}`,
    );
  }
  return [];
}

describe('Study file: several objectives', () => {
  it('takes the direction from the first objective', () => {
    const { spec } = studyOf(parseStudy(good, 'two.json'));
    expect(spec).toMatchObject({
      direction: 'minimize',
      objectives: good.objectives,
      constraints: good.constraints,
    });
    expect(writtenStudyFile.parse(good).direction).toBe('minimize');
    expect(sentences({ direction: 'minimize' })).toEqual([]);
    expect(sentences({ direction: 'maximize' })).toEqual([
      'direction: minimize, as of the first objective, or nothing; maximize; ',
    ]);
  });

  it('accepts one objective beside constraints, and refuses it alone', () => {
    const [first] = good.objectives;
    expect(sentences({ objectives: [first] })).toEqual([]);
    expect(sentences({ objectives: [first], constraints: undefined })).toEqual([
      'objectives: two objectives or more, or constraints; one; use "direction" alone',
    ]);
  });

  it('refuses a metric that no trial of the objective returns, before anything starts', () => {
    const objectives = [good.objectives[0], { metric: 'f3', direction: 'minimize' }];
    expect(sentences({ objectives, constraints: { weights: { 'at most': 1 } } })).toEqual([
      expect.stringMatching(
        /^objectives\[1\]\.metric: a metric that trials of this objective return; "f3"; /,
      ),
      expect.stringMatching(
        /^constraints\.weights: a metric that trials of this objective return; "weights"; /,
      ),
    ]);
  });

  it('refuses a sampler for one objective, a target, a repeated metric and constraints alone', () => {
    expect(sentences({ sampler: { name: 'evolution' } })).toEqual([
      'sampler.name: a sampler for several objectives or constraints; "evolution"; one of auto, random, sobol, nsga2, grid',
    ]);
    expect(sentences({ stop: { target: 1 } })).toEqual([
      'stop.target: no target beside "objectives"; 1; ',
    ]);
    expect(sentences({ objectives: [good.objectives[0], good.objectives[0]] })).toEqual([
      'objectives[1].metric: a metric that is not listed yet; "f1"; ',
    ]);
    expect(
      sentences({ objectives: undefined, direction: 'minimize', sampler: { name: 'random' } }),
    ).toEqual(['constraints: "objectives" beside constraints; none; list one objective or more']);
  });

  it('refuses bounds that no value can satisfy, and bounds without a number', () => {
    expect(sentences({ constraints: { c1: { 'at most': 1, 'at least': 2 } } })).toEqual([
      'constraints.c1: "at least" not above "at most"; 2 and 1; ',
    ]);
    expect(sentences({ constraints: { c1: {} } })).toEqual([
      'constraints.c1: "at most", "at least" or both; an object {}; ',
    ]);
    expect(sentences({ objectives: [] })[0]).toMatch(/^objectives: /);
  });
});
