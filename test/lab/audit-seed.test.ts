import { describe, expect, it } from 'vitest';
import { auditSeedOf } from '../../src/lab/audit-seed.ts';

describe('Lab: seed of audits', () => {
  it('is the same after a restart, and another for each study and each lab', () => {
    const seed = auditSeedOf('lab', 'study');
    expect(auditSeedOf('lab', 'study')).toBe(seed);
    expect(auditSeedOf('lab', 'other')).not.toBe(seed);
    expect(auditSeedOf('another', 'study')).not.toBe(seed);
    expect(Number.isSafeInteger(seed) && seed >= 0).toBe(true);
  });
});
