/** Tests running a trial again: a study that proposes that trial's parameters and no others. */
import { describe, expect, it } from 'vitest';
import { createSampler } from '../../../src/core/samplers/create-sampler.ts';
import { axesOf, encodeValue } from '../../../src/core/search-space/axis.ts';
import { checkSearchSpace } from '../../../src/core/search-space/check.ts';
import { TrialColumns } from '../../../src/core/study/trial-columns.ts';
import type { StudyFile } from '../../../src/protocol/study-file.ts';
import { trialAgain } from '../../../src/renderer/inspector/trial-again.ts';

const study: StudyFile = {
  format: 'galapagos-study/1',
  name: 'digits',
  objective: { kind: 'synthetic', function: 'sphere' },
  direction: 'maximize',
  searchSpace: {
    rate: { type: 'float', low: 0.001, high: 1, log: true },
    dropout: { type: 'float', low: 0, high: 0.5, step: 0.1 },
    units: { type: 'int', low: 16, high: 256, log: true },
    optimizer: { type: 'categorical', choices: ['sgd', 'adam'] },
    nesterov: { type: 'categorical', choices: [true, false], when: { optimizer: ['sgd'] } },
  },
  sampler: { name: 'grid' },
  stop: { trials: 64, minutes: 5, target: 0.9 },
  seed: 7,
};

/** The first proposal of a study, by name. */
function proposed({ searchSpace, sampler, direction, seed }: StudyFile): Record<string, unknown> {
  const proposing = createSampler(sampler, searchSpace, direction, seed);
  const columns = new TrialColumns(searchSpace, direction, proposing.window);
  const [first] = proposing.propose(0, 1, columns.asynchronousView(0));
  return Object.fromEntries(
    axesOf(searchSpace).map((axis) => {
      const value = first?.params[axis.index] ?? NaN;
      return [
        axis.name,
        axis.distribution.type === 'categorical' ? axis.distribution.choices[value] : value,
      ];
    }),
  );
}

function again(params: Readonly<Record<string, string | number | boolean>>): StudyFile {
  const axes = axesOf(study.searchSpace);
  const encoded = axes.map((axis) =>
    params[axis.name] === undefined ? NaN : encodeValue(axis, params[axis.name]!),
  );
  return trialAgain(study, (index) => encoded[index] ?? NaN, 'digits, trial 5 again');
}

describe('Trial run again', () => {
  it.each([
    { rate: 0.012345678901234, dropout: 0.3, units: 77, optimizer: 'sgd', nesterov: false },
    { rate: 0.001, dropout: 0.5, units: 256, optimizer: 'adam' },
  ])('has the same parameters, $optimizer', (params) => {
    const one = again(params);
    expect(checkSearchSpace(one.searchSpace)).toEqual([]);
    expect(proposed(one)).toEqual(params);
  });

  it('runs one trial whatever the limits of the study, and keeps the objective', () => {
    const { name, stop, sampler, objective, seed } = again({
      rate: 0.01,
      dropout: 0,
      units: 16,
      optimizer: 'adam',
    });
    expect({ name, stop, sampler }).toEqual({
      name: 'digits, trial 5 again',
      stop: { trials: 1 },
      sampler: { name: 'random' },
    });
    expect({ objective, seed }).toEqual({ objective: study.objective, seed: 7 });
  });

  it('can be run again itself', () => {
    const once = again({ rate: 0.01, dropout: 0.1, units: 16, optimizer: 'adam' });
    const axes = axesOf(once.searchSpace);
    const twice = trialAgain(once, (index) => axes[index]?.low ?? NaN, once.name);
    expect(twice.searchSpace).toEqual(once.searchSpace);
  });
});
