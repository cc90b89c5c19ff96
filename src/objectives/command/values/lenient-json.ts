/** Reads JSON as other programs write it: Python's `NaN` and `Infinity` are no JSON. */

const NOT_FINITE = /"(?:[^"\\]|\\.)*"|(-?)\b(NaN|Infinity)\b/g;

/** @throws SyntaxError */
export function parseLenient(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const replaced = text.replace(NOT_FINITE, (found, sign: string | undefined, name?: string) =>
      name === undefined ? found : name === 'NaN' ? '"nan"' : `"${sign ?? ''}inf"`,
    );
    if (replaced === text) throw error;
    return JSON.parse(replaced);
  }
}

const WORDS: ReadonlyMap<string, number> = new Map([
  ['nan', NaN],
  ['inf', Infinity],
  ['infinity', Infinity],
  ['+inf', Infinity],
  ['-inf', -Infinity],
  ['-infinity', -Infinity],
]);

/** Returns a number for a number or the text of one, null for anything else. */
export function numberOf(value: unknown): number | null {
  if (typeof value === 'number') return value;
  if (typeof value !== 'string') return null;
  const text = value.trim();
  const word = WORDS.get(text.toLowerCase());
  if (word !== undefined) return word;
  return text === '' || !/^[+-]?(\d|\.\d)/.test(text) || !Number.isFinite(Number(text))
    ? null
    : Number(text);
}
