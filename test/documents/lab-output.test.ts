import { describe, expect, it } from 'vitest';
import { trialOutput } from '../../src/documents/lab-output.ts';
import type { TrialOutput } from '../../src/protocol/cli-output.ts';
import type { TrialRecord } from '../../src/storage/lab-reader.ts';

const listed = {
  objectives: [
    { metric: 'accuracy', direction: 'maximize' },
    { metric: 'seconds', direction: 'minimize' },
  ],
  constraints: { weights: { 'at most': 3000 }, recall: { 'at least': 0.5 } },
} as const;

function output(values: readonly number[], excesses: readonly number[]): TrialOutput {
  const record = {
    ...{ number: 3, state: 'complete', outcome: 'succeeded', value: values[0], params: {} },
    ...{ origin: null, attempts: 1, start: null, complete: null, result: null, reports: [] },
    figures: { values, excesses },
  } as unknown as TrialRecord;
  return trialOutput(record, { metric: 'accuracy', split: null }, listed);
}

describe('Documents: a trial with several objectives', () => {
  it('has the values of all objectives by name', () => {
    expect(output([0.9, 12], [-1000, -0.1])).toMatchObject({
      values: { accuracy: 0.9, seconds: 12 },
    });
    expect(output([0.9, 12], [-1000, -0.1])).not.toHaveProperty('violates');
  });

  it('names each bound that it violates, with the value', () => {
    expect(output([0.9, 12], [1000, 0.1]).violates).toEqual([
      'weights 4000, not at most 3000',
      'recall 0.4, not at least 0.5',
    ]);
  });

  it('has no values where it has diverged', () => {
    const diverged = output([-Infinity, Infinity], [Infinity, Infinity]);
    expect(diverged).not.toHaveProperty('values');
    expect(diverged).not.toHaveProperty('violates');
  });
});
