/** Tests the rules for studies whose trials are parts of trainings. */
import { describe, expect, it } from 'vitest';
import { InvalidInput } from '../../src/core/errors.ts';
import { parseStudy, studyOf } from '../../src/protocol/study-file.ts';
import { objectiveCheck } from '../../src/objectives/objective-check.ts';

const resources = new URL('../../resources', import.meta.url).pathname;
const settings = {
  batch: 128,
  epochs: 6,
  optimizer: { type: 'sgd', learningRate: { $param: 'rate' } },
  validation: 0.1,
};
const objective = {
  kind: 'train',
  dataset: 'mnist',
  network: 'mnist-paper',
  settings,
  metric: 'accuracy',
  selectOn: 'validation',
};
const rate = { type: 'float', low: 0.001, high: 1, log: true };
const good = {
  format: 'galapagos-study/1',
  name: 'population',
  objective,
  direction: 'maximize',
  searchSpace: { rate, dropout: { type: 'float', low: 0, high: 0.5 } },
  sampler: { name: 'pbt' },
  stop: { trials: 48 },
  seed: 1,
};

function sentences(changes: object): string[] {
  try {
    parseStudy({ ...good, ...changes }, 'study.json', objectiveCheck({ resources }));
  } catch (error) {
    if (!(error instanceof InvalidInput)) throw error;
    return error.problems.map(({ path, expected, found }) => `${path}: ${expected}; ${found}`);
  }
  return [];
}
const withSettings = (more: object): object => ({
  objective: { ...objective, settings: { ...settings, ...more } },
});

describe('Study file: population-based training', () => {
  it('gets as many rounds as the epochs allow, unless it states fewer', () => {
    const roundsOf = (sampler: object): unknown =>
      studyOf(parseStudy({ ...good, stop: { minutes: 1 }, sampler }, 'study.json')).spec.sampler[
        'rounds'
      ];
    expect(sentences({})).toEqual([]);
    expect(roundsOf({ name: 'pbt' })).toBe(6);
    expect(roundsOf({ name: 'pbt', interval: 3 })).toBe(2);
    expect(roundsOf({ name: 'pbt', rounds: 4 })).toBe(4);
    expect(roundsOf({ name: 'random' })).toBeUndefined();
  });

  it('is refused where the population is below 4', () => {
    expect(sentences({ sampler: { name: 'pbt', population: 3 } })).toEqual([
      'sampler.population: an integer from 4 to 1000; 3',
    ]);
  });

  it('is refused where the epochs cannot be divided into rounds', () => {
    expect(sentences({ sampler: { name: 'pbt', interval: 4 } })).toEqual([
      'sampler.interval: at least two rounds that fit in 6 epochs, and an interval that divides them; rounds of 4 epochs',
    ]);
    expect(sentences({ sampler: { name: 'pbt', rounds: 7 } })).toEqual([
      'sampler.rounds: at least two rounds that fit in 6 epochs, and an interval that divides them; 7 rounds of 1 epoch',
    ]);
    expect(sentences(withSettings({ epochs: 1 }))).toEqual([
      'objective: a training of two epochs or more; one epoch',
    ]);
    const searched = { ...good.searchSpace, epochs: { type: 'int', low: 2, high: 6 } };
    expect(
      sentences({ ...withSettings({ epochs: { $param: 'epochs' } }), searchSpace: searched }),
    ).toEqual([
      'objective.settings.epochs: a fixed number of epochs; epochs that the search decides',
    ]);
  });

  it('is refused with a parameter on which the network or the batch depends', () => {
    const searched = { ...good.searchSpace, batch: { type: 'categorical', choices: [64, 128] } };
    const batch = withSettings({ batch: { $param: 'batch' } });
    expect(sentences({ ...batch, searchSpace: searched })).toEqual([
      'searchSpace.batch: a parameter that may change while a trial trains; batch, on which the network or the batch depends',
    ]);
    expect(sentences({ ...batch, searchSpace: searched, sampler: { name: 'random' } })).toEqual([]);
  });

  it('is refused beside a pruner', () => {
    expect(sentences({ pruner: { name: 'median' } })).toEqual([
      'pruner: none with the sampler pbt; median',
    ]);
    expect(sentences({ pruner: { name: 'none' } })).toEqual([]);
  });
});

describe('Study file: ASHA by promotion', () => {
  const promotion = { pruner: { name: 'asha-promotion' }, sampler: { name: 'random' } };

  it('is accepted for networks with a sampler that does not learn', () => {
    for (const name of ['random', 'sobol'])
      expect(sentences({ ...promotion, sampler: { name } })).toEqual([]);
  });

  it('is refused with a sampler that learns from results, which paused trials do not have', () => {
    for (const name of ['auto', 'evolution', 'tpe', 'pbt'])
      expect(sentences({ ...promotion, sampler: { name } })).toEqual([
        `sampler.name: a sampler that does not learn, because paused trials have no value to learn from: random, sobol, grid; ${name}`,
      ]);
  });

  it('is accepted for a program', () => {
    const command = {
      kind: 'command',
      command: ['true'],
      epochs: 9,
      result: { stdout: 'x=(.*)' },
    };
    expect(sentences({ ...promotion, objective: command }).join('\n')).not.toContain('pruner');
  });

  it('is refused where trials report only their end', () => {
    expect(sentences({ ...promotion, ...withSettings({ epochs: 1 }) })).toEqual([
      'pruner: an objective that reports before its end; an objective that reports its value once',
    ]);
  });
});
