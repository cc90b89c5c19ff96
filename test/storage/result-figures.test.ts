import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { figuresOf, writtenFigures } from '../../src/storage/result-figures.ts';
import { pythonJson } from '../../src/storage/python-json.ts';

describe('Lab file: figures of a stored result', () => {
  const result = fc.record(
    {
      outcome: fc.constantFrom('succeeded', 'crashed'),
      value: fc.double({ noNaN: true, noDefaultInfinity: true }),
      error: fc.string(),
      ms: fc.double({ min: 0, max: 1e9, noNaN: true }),
      metrics: fc.constant({}),
    },
    { requiredKeys: ['outcome', 'ms'] },
  );

  it('are those that parsing the result gives', () => {
    fc.assert(
      fc.property(result, ({ outcome, value, error, ms, metrics }) => {
        const stored = pythonJson({
          outcome,
          ...(value === undefined ? {} : { value }),
          ...(error === undefined ? {} : { error }),
          ms,
          ...(metrics === undefined ? {} : { metrics }),
        });
        expect(writtenFigures(stored)).not.toBe(null);
        expect(figuresOf(stored)).toEqual({ ms, value: value ?? NaN });
      }),
    );
  });

  it('are read from JSON in another order, and are unknown where there is none', () => {
    expect(figuresOf('{"ms":3,"outcome":"succeeded","value":0.5}')).toEqual({ ms: 3, value: 0.5 });
    for (const unreadable of [null, '{"ms": 3', '[]', '7', Buffer.from([0xff])])
      expect(figuresOf(unreadable)).toEqual({ ms: NaN, value: NaN });
  });
});
