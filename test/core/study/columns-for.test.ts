/** Tests the memory that the trials of a study take. */
import { describe, expect, it } from 'vitest';
import { samplerOf } from '../../../src/core/samplers/after-edit.ts';
import type { SampledSpec } from '../../../src/core/samplers/after-edit.ts';
import { columnsFor } from '../../../src/core/study/columns-for.ts';

/** Four chunks of a column, so that no chunk is partly filled. */
const TRIALS = 4 * 65_536;

function bytesOfTrial(name: string, dimensions: number): number {
  const spec: SampledSpec = {
    sampler: { name },
    searchSpace: Object.fromEntries(
      Array.from({ length: dimensions }, (_, i) => [`p${i}`, { type: 'float', low: 0, high: 1e7 }]),
    ),
    direction: 'minimize',
    seed: 1,
  };
  const columns = columnsFor(spec, samplerOf(spec));
  for (let number = 0; number < TRIALS; number++) {
    const params = new Float64Array(dimensions).fill(number);
    columns.proposed(number, params, 0, { operator: 'founder', parents: [], generation: 0 });
    columns.end(number, 'complete', 'succeeded', number % 1000);
  }
  return columns.bytes / TRIALS;
}

describe('Trials of a study', () => {
  it.each(['random', 'evolution', 'tpe'])(
    'take ≤ 38 bytes each and 8 a parameter, which an edit of the search may need (%s)',
    (name) => {
      for (const dimensions of [1, 8])
        expect(bytesOfTrial(name, dimensions)).toBeLessThanOrEqual(38 + 8 * dimensions);
    },
  );
});
