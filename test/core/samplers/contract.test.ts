import { describe, expect, it } from 'vitest';
import type { SamplerSpec } from '../../../src/core/samplers/sampler.ts';
import { samplerNames } from '../../../src/core/samplers/create-sampler.ts';
import { trainsInParts } from '../../../src/core/samplers/in-parts.ts';
import { describeEditedSampler } from '../../contracts/edited-search.contract.ts';
import { describeSampler } from '../../contracts/sampler.contract.ts';

const specs: readonly SamplerSpec[] = [
  { name: 'auto' },
  { name: 'evolution' },
  { name: 'guided-evolution' },
  { name: 'generational' },
  { name: 'tpe' },
  { name: 'gp' },
  { name: 'cma-es' },
  { name: 'random' },
  { name: 'sobol' },
  { name: 'nsga2' },
  { name: 'pbt' },
  { name: 'grid', divisions: 4 },
];

describe('Samplers: contract', () => {
  it('runs for every sampler', () => {
    expect(specs.map(({ name }) => name)).toEqual(samplerNames.map(({ name }) => name));
  });
});
for (const spec of specs) {
  describeSampler(spec);
  // No edit leads to a sampler whose trials go on from checkpoints.
  if (!trainsInParts(spec)) describeEditedSampler(spec);
}
