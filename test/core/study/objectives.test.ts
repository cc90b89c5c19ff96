import { describe, expect, it } from 'vitest';
import {
  boundsOf,
  figuresOf,
  missingMetrics,
  violationOf,
} from '../../../src/core/study/objectives.ts';

const listed = {
  objectives: [
    { metric: 'accuracy', direction: 'maximize' },
    { metric: 'value', direction: 'minimize' },
  ],
  constraints: { weights: { 'at most': 100, 'at least': 10 } },
} as const;

describe('Objectives: values of a trial', () => {
  it('takes each objective from the metric of its name, and `value` from the result', () => {
    expect(figuresOf(listed, { value: 3, metrics: { accuracy: 0.5, weights: 40 } })).toEqual({
      values: [0.5, 3],
      excesses: [-60, -30],
    });
  });

  it('has no values if one of several is missing, a text or not finite', () => {
    const good = { accuracy: 0.5, weights: 40 };
    expect(figuresOf(listed, { value: 3, metrics: { ...good, accuracy: NaN } })).toBeNull();
    expect(figuresOf(listed, { value: 3, metrics: { ...good, weights: 'NaN' } })).toBeNull();
    expect(figuresOf(listed, { metrics: good })).toBeNull();
    expect(missingMetrics(listed, { metrics: { accuracy: 0.5 } })).toEqual(['value', 'weights']);
  });

  it('has none where the study lists no objectives', () => {
    expect(figuresOf({}, { value: 3 })).toBeNull();
  });

  it('adds violations relative to their bounds, so that units do not matter', () => {
    expect(boundsOf(listed).map(({ side }) => side)).toEqual(['at most', 'at least']);
    expect(violationOf(listed, { values: [0, 0], excesses: [50, -90] })).toBe(0.5);
    expect(violationOf(listed, { values: [0, 0], excesses: [-60, -30] })).toBe(0);
  });
});
