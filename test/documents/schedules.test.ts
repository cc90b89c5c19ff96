import { describe, expect, it } from 'vitest';
import { bestConfigsOf, withSchedules } from '../../src/documents/best-configs.ts';
import type { Exported } from '../../src/documents/best-configs.ts';
import type { StudySpec } from '../../src/core/study/study-spec.ts';
import { bestConfigs } from '../../src/protocol/best-configs.ts';
import type { TrialRecord } from '../../src/storage/lab-reader.ts';

const spec: StudySpec = {
  name: 'population',
  objective: { kind: 'train' },
  direction: 'maximize',
  searchSpace: { rate: { type: 'float', low: 0, high: 1 } },
  sampler: { name: 'pbt', interval: 2 },
  seed: 1,
};

/** A trial as the lab file has it. */
function trial(number: number, rate: number, parents: readonly number[], generation: number) {
  const operator = ['latin-hypercube', 'continue', 'copy'][parents.length] ?? '';
  return {
    number,
    params: { rate },
    origin: { operator, parents, generation },
  } as unknown as TrialRecord;
}

const trials = [
  trial(0, 0.5, [], 0),
  trial(1, 0.7, [], 0),
  trial(2, 0.5, [0], 1),
  trial(3, 0.6, [0, 1], 1),
  trial(4, 0.6, [3], 2),
];
const best: Exported = {
  trial: 4,
  value: 0.9,
  params: { rate: 0.6 },
  attempt: 1,
  origin: { operator: 'continue', parents: [3], generation: 2 },
};

describe('Best configurations of population-based training', () => {
  it('contain the parameters by epoch, along the checkpoints that the trial went on from', () => {
    const exported = withSchedules([best], spec, () => trials);
    const study = { name: 'population', direction: 'maximize', seed: 1 } as const;
    const document = bestConfigsOf({ ...study, metric: 'accuracy', split: 'validation' }, exported);
    expect(bestConfigs.parse(document).best[0]).toMatchObject({
      params: { rate: 0.6 },
      schedule: [
        { epoch: 0, params: { rate: 0.5 } },
        { epoch: 2, params: { rate: 0.6 } },
      ],
    });
  });

  it('contain no schedule where the trials are whole trainings', () => {
    const random = { ...spec, sampler: { name: 'random' } };
    const exported = withSchedules([best], random, () => {
      throw new Error('the trials were read');
    });
    expect(exported).toEqual([best]);
  });
});
