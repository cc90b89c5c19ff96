import { describe, expect, it } from 'vitest';
import { withoutChoice } from '../../../src/core/samplers/auto.ts';
import {
  checkSampler,
  createSampler,
  samplerCost,
} from '../../../src/core/samplers/create-sampler.ts';
import { samplerText } from '../../../src/core/samplers/sampler-text.ts';
import type { SearchSpace } from '../../../src/core/search-space/distribution.ts';
import { withChosenSampler } from '../../../src/core/study/choose-sampler.ts';
import type { StudySpec } from '../../../src/core/study/study-spec.ts';

const continuous: SearchSpace = {
  rate: { type: 'float', low: 0, high: 1 },
  units: { type: 'int', low: 1, high: 4 },
};
const finite: SearchSpace = { units: { type: 'int', low: 1, high: 20 } };
const spec: StudySpec = {
  name: 'a study',
  objective: { kind: 'synthetic' },
  direction: 'minimize',
  searchSpace: continuous,
  sampler: { name: 'auto' },
  seed: 1,
};
const sampler = (searchSpace: SearchSpace, trials: number | null, atOnce: number) =>
  withChosenSampler({ ...spec, searchSpace }, { trials }, atOnce).sampler;

describe('Sampler auto: choice', () => {
  it('chooses guided evolution and says for what', () => {
    expect(samplerText(sampler(continuous, 64, 4))).toBe(
      'guided evolution: 2 parameters, 64 trials, 4 workers',
    );
    expect(samplerText(sampler(continuous, null, 1))).toBe(
      'guided evolution: 2 parameters, no limit of trials, 1 worker',
    );
    // No worker has started yet.
    expect(samplerText(sampler(continuous, 64, 0))).toBe(
      'guided evolution: 2 parameters, 64 trials',
    );
    expect(samplerText(sampler(continuous, 12, 4))).toContain(
      'too few to learn from, so all form a Latin hypercube',
    );
  });

  it('chooses a grid where the budget covers every point', () => {
    expect(samplerText(sampler(finite, 20, 4))).toBe('grid: 20 points, 20 trials');
    expect(sampler(finite, 19, 4)['uses']).toBe('guided-evolution');
    expect(sampler(finite, null, 4)['uses']).toBe('guided-evolution');
  });

  it('chooses evolution for more than 64 trials at a time', () => {
    expect(samplerText(sampler(continuous, 256, 64))).toBe(
      'guided evolution: 2 parameters, 256 trials, 64 trials at a time',
    );
    expect(samplerText(sampler(continuous, 256, 65))).toBe(
      'evolution: 65 trials at a time, 2 parameters, 256 trials',
    );
  });

  it('chooses NSGA-II for several objectives', () => {
    const objectives = [
      { metric: 'loss', direction: 'minimize' },
      { metric: 'weights', direction: 'minimize' },
    ] as const;
    const chosen = withChosenSampler({ ...spec, objectives }, { trials: 64 }, 4).sampler;
    expect(samplerText(chosen)).toBe('NSGA-II: several objectives or constraints, 2 parameters');
  });

  it('does not take one listed objective for several', () => {
    const objectives = [{ metric: 'loss', direction: 'minimize' }] as const;
    const choice = (study: StudySpec) =>
      withChosenSampler(study, { trials: 64 }, 4).sampler['uses'];
    expect(choice({ ...spec, objectives })).toBe('guided-evolution');
    const constraints = { weights: { 'at most': 1000 } };
    expect(choice({ ...spec, objectives, constraints })).toBe('nsga2');
  });

  it('keeps a sampler that the study names', () => {
    const named = { name: 'evolution', population: 4 };
    expect(withChosenSampler({ ...spec, sampler: named }, { trials: 64 }, 4).sampler).toEqual(
      named,
    );
  });
});

describe('Sampler auto: recorded choice', () => {
  it('creates the recorded sampler, whatever workers there are later', () => {
    const chosen = sampler(continuous, 64, 65);
    expect(checkSampler(chosen, continuous)).toEqual([]);
    expect(createSampler(chosen, continuous, 'minimize', 1).name).toBe('evolution');
    expect(samplerCost(chosen)).toBe('inline');
    expect(samplerCost({ name: 'auto' })).toBe('thread');
  });

  it('names the field of a recorded choice that does not exist', () => {
    for (const uses of ['evolutoin', 'auto', 3]) {
      const [problem] = checkSampler({ name: 'auto', uses }, continuous);
      expect(problem?.code).toBe('unknown-sampler');
      expect(problem?.path).toContain('sampler.uses');
    }
    expect(checkSampler({ name: 'auto', population: 3 }, continuous)[0]?.code).toBe(
      'unknown-setting',
    );
  });

  it('leaves the choice out of study files, so that another study chooses anew', () => {
    expect(withoutChoice(sampler(continuous, 64, 4))).toEqual({ name: 'auto' });
  });
});
