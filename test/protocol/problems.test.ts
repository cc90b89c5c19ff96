/** Tests that every value a schema refuses, or cannot read, is described with its field. */
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { check } from '../../src/protocol/problems.ts';

describe('Problems: values that a schema cannot read', () => {
  const schema = z.strictObject({ dataset: z.string().min(1), seed: z.int() });

  it('names the field whose value throws when it is read', () => {
    const value: unknown = JSON.parse('{"dataset": {"length": {"valueOf": 1, "toString": 1}}}');
    expect(check(schema, value)).toEqual({
      ok: false,
      problems: [
        {
          code: 'wrong-type',
          path: 'dataset',
          expected: 'a value of the type in the schema',
          found: 'an object {length}',
        },
      ],
    });
  });
});
