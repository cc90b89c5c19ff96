import { describe, expect, it } from 'vitest';
import type { StudySpec } from '../../src/core/study/study-spec.ts';
import { withoutEffect } from '../../src/cli/run/flags-without-effect.ts';
import { spec } from '../support/lab-writes.ts';

const { seed, searchSpace } = spec;
const study: StudySpec = {
  ...spec,
  name: 'a study',
  sampler: { name: 'tpe', startup: 20 },
  pruning: {
    pruner: { name: 'median', startup: 5 },
    reason: 'asked for',
    length: 20,
    keeps: 'last',
  },
};

describe('Run: flags of a study that exists', () => {
  it('notes each flag that asks for another search, and how to change it', () => {
    expect(withoutEffect({ sampler: 'gp', pruner: 'none', seed: seed + 1 }, study, null)).toEqual([
      "--sampler gp has no effect on a study that exists; to change it: galapagos edit 'a study' --sampler gp",
      "--pruner none has no effect on a study that exists; to change it: galapagos edit 'a study' --pruner none",
      `--seed ${seed + 1} has no effect on a study that exists; its seed is ${seed}`,
    ]);
    expect(withoutEffect({ sampler: 'tpe startup=10' }, study, null)).toHaveLength(1);
  });

  it('notes no flag that names the search of the study, as it is or as it began', () => {
    const same = { sampler: 'tpe', pruner: 'median startup=5', seed };
    expect(withoutEffect(same, study, null)).toEqual([]);
    expect(withoutEffect({ pruner: 'none' }, spec, null)).toEqual([]);
    const before = { searchSpace, sampler: { name: 'gp' } };
    const edits = [{ first: 3, date: 0, told: 0, before }];
    expect(withoutEffect({ sampler: 'gp' }, { ...study, edits }, null)).toEqual([]);
  });

  it('notes a study file with another search space', () => {
    expect(withoutEffect({}, study, { searchSpace })).toEqual([]);
    const units = { type: 'int', low: 1, high: 2 } as const;
    expect(withoutEffect({}, study, { searchSpace: { ...searchSpace, units } })).toEqual([
      expect.stringContaining('the changed search space of the study file has no effect'),
    ]);
  });
});
