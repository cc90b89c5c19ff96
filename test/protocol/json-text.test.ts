import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { jsonProblems, parseJson } from '../../src/protocol/json-text.ts';
import { InvalidInput } from '../../src/core/errors.ts';

describe('JSON: refuses invalid text with line, column and the expected token', () => {
  test.each([
    ['{"a": 1,\n "b": }', 'line 2, column 7', 'a value', '"}"', undefined],
    [
      '{"a": 1,}',
      'line 1, column 9',
      'another entry after ","',
      '"}"',
      'JSON has no "," before "}"',
    ],
    ['{\n  a: 1}', 'line 2, column 3', 'a name in double quotes', '"a"', undefined],
    ['{"a": 1 "b": 2}', 'line 1, column 9', '"," or "}"', '"\\""', undefined],
    ['[1, 2', 'line 1, column 6', '"," or "]"', 'the end of the text', undefined],
    ['', 'line 1, column 1', 'a value', 'the end of the text', undefined],
    ['{"a": NaN}', 'line 1, column 7', 'a value', '"NaN"', 'JSON has no NaN and no Infinity'],
    ['{"a": -Infinity}', 'line 1, column 7', 'a value', '"-"', 'JSON has no NaN and no Infinity'],
    [
      "{'a': 1}",
      'line 1, column 2',
      'a name in double quotes',
      '"\'"',
      'JSON strings stand in double quotes',
    ],
    ['{"a": 1} // done', 'line 1, column 10', 'the end of the text', '"/"', 'JSON has no comments'],
    ['{"a": .5}', 'line 1, column 7', 'a value', '"."', 'JSON numbers look like 0.5, -2 or 1e-4'],
    ['{"a": True}', 'line 1, column 7', 'a value', '"True"', 'JSON writes true, false and null'],
    ['{"a": "x\ny"}', 'line 1, column 9', 'the closing " of a string', '"\\n"', undefined],
    [
      '{"a": "C:\\Users"}',
      'line 1, column 10',
      'the closing " of a string',
      '"\\\\"',
      'an unknown escape; write \\\\ for a backslash',
    ],
  ])('%s', (text, path, expected, found, hint) => {
    expect(jsonProblems(text)).toEqual([{ code: 'syntax', path, expected, found, hint }]);
  });
});

test('JSON: refuses duplicate names and __proto__, each with its path', () => {
  expect(jsonProblems('{"a": {"b": 1, "b": 2}, "__proto__": {}}')).toEqual([
    { code: 'duplicate-name', path: 'a.b', expected: 'each name once', found: '"b" again' },
    { code: 'forbidden-name', path: '__proto__', expected: 'another name', found: '"__proto__"' },
  ]);
});

test('JSON: refuses unbounded nesting without recursion', () => {
  expect(jsonProblems('['.repeat(100_000))[0]?.expected).toBe('at most 128 levels of nesting');
});

test('JSON: skips a byte order mark', () => {
  expect(parseJson('\uFEFF{"a": 1}', 'x.json')).toEqual({ a: 1 });
});

test('JSON: accepts exactly what JSON.parse accepts, apart from the named exceptions', () => {
  const almostJson = fc
    .tuple(
      fc.jsonValue({ maxDepth: 3 }),
      fc.nat(),
      fc.constantFrom('', ',', '}', '"', '0', '\\', 'e', ' '),
    )
    .map(([value, at, insert]) => {
      const text = JSON.stringify(value);
      const place = at % (text.length + 1);
      return text.slice(0, place) + insert + text.slice(place);
    });
  fc.assert(
    fc.property(almostJson, (text) => {
      const problems = jsonProblems(text).filter(({ code }) => code === 'syntax');
      let accepted = true;
      try {
        JSON.parse(text);
      } catch {
        accepted = false;
      }
      expect(problems.length === 0).toBe(accepted);
    }),
    { numRuns: 3000 },
  );
});

test('JSON: returns what JSON.parse returns', () => {
  fc.assert(
    fc.property(fc.json(), (text) => {
      try {
        expect(parseJson(text, 'x')).toEqual(JSON.parse(text));
      } catch (error) {
        expect(error).toBeInstanceOf(InvalidInput);
      }
    }),
  );
});
