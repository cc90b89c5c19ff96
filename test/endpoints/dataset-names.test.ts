import { describe, expect, it } from 'vitest';
import { datasetNames } from '../../src/endpoints/projections/dataset-names.ts';

describe('Names of datasets of nodes', () => {
  it('stay whole where the lab reports a name, and are short where only a content is known', () => {
    const nameOf = datasetNames({ names: () => [], find: () => undefined });
    expect(nameOf('fashion-mnist-28')).toBe('fashion-mnist-28');
    expect(nameOf('c'.repeat(64))).toBe('c'.repeat(12));
  });
});
