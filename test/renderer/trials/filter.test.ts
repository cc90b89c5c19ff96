import { describe, expect, it } from 'vitest';
import { parseFilter } from '../../../src/renderer/views/trials/filter.ts';
import { problemText } from '../../../src/renderer/views/trials/words.ts';

const parse = (text: string): ReturnType<typeof parseFilter> =>
  parseFilter(text, ['#', 'accuracy', 'units', 'learningRate'], ['optimizer']);

describe('Trials table: query', () => {
  it.each([
    ['units > 200', 'units', '>', 200],
    ['Units>=200', 'units', '>=', 200],
    ['learningRate ≤ 8.7e−4', 'learningRate', '<=', 8.7e-4],
    ['# = 12', '#', '=', 12],
    ['accuracy != 0.5', 'accuracy', '!=', 0.5],
    ['accuracy > 95 %', 'accuracy', '>', 0.95],
    ['accuracy > 50\u202f%', 'accuracy', '>', 0.5],
  ])('compares a number in %s', (text, column, operator, value) => {
    expect(parse(text)).toEqual({
      ok: true,
      terms: [{ kind: 'compare', column, operator, value }],
    });
  });

  it('accepts words, and choices of a parameter by name', () => {
    expect(parse('Adam, optimizer = sgd, optimizer != adam,')).toEqual({
      ok: true,
      terms: [
        { kind: 'word', word: 'adam', column: null, not: false },
        { kind: 'word', word: 'sgd', column: 'optimizer', not: false },
        { kind: 'word', word: 'adam', column: 'optimizer', not: true },
      ],
    });
  });

  it.each([
    ['units > abc', 'units > abc: expected a number after >, found abc.'],
    ['units >', 'units >: expected a value after >, found nothing.'],
    ['optimizer > 3', 'optimizer > 3: expected a number after >, found 3.'],
    [
      'unit > 3',
      'unit > 3: expected one of #, accuracy, units, learningRate and optimizer, found unit.',
    ],
  ])('answers %s with the expected text and its place', (text, words) => {
    const filter = parse(text);
    expect(filter.ok ? '' : problemText(filter.problem)).toBe(words);
  });

  it('is empty when nothing is typed', () => {
    expect(parse('  , ')).toEqual({ ok: true, terms: [] });
  });
});
