import { describe, expect, it } from 'vitest';
import {
  possiblePrediction,
  scoreKindOf,
  scoreName,
  scoreText,
  scoreWithSplit,
} from '../../../src/core/study/score.ts';

describe('Scores: one format', () => {
  it('names the split that trials are judged on, and none where there is no dataset', () => {
    expect(scoreName(scoreKindOf({ kind: 'train' }))).toBe('validation accuracy');
    expect(scoreName(scoreKindOf({ kind: 'train', metric: 'loss', selectOn: 'test' }))).toBe(
      'test loss',
    );
    expect(scoreName(scoreKindOf({ kind: 'synthetic', function: 'sphere' }))).toBe('value');
    expect(scoreName(scoreKindOf(null))).toBe('value');
  });

  it('writes accuracies as percent with two decimals and other scores with four digits', () => {
    expect(scoreText(0.96367, 'accuracy')).toBe('96.37\u202f%');
    expect(scoreText(0.96367, 'loss')).toBe('0.9637');
    expect(scoreText(1.5, 'value')).toBe('1.500');
    const validation = { metric: 'accuracy', split: 'validation' } as const;
    expect(scoreWithSplit(0.96367, validation)).toBe('96.37\u202f% (validation)');
  });

  it('bounds what a model predicts by the values that an accuracy can have', () => {
    const predicted = { value: 1.01, low: -0.2, high: 1.33 };
    expect(possiblePrediction(predicted, { metric: 'accuracy' })).toEqual({
      ...{ value: 1, low: 0, high: 1 },
    });
    expect(possiblePrediction(predicted, { metric: 'loss' })).toEqual(predicted);
  });
});
