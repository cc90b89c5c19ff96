/**
 * Duration and value of a stored result, without parsing the JSON where it is as this program
 * writes it. Not a check: a result that cannot be read has neither.
 */

/** A result as it is written, up to its duration: value, then milliseconds. */
const UP_TO_MS =
  /^\{"outcome": "\w+"(?:, "value": ([^,"]+))?(?:, "error": "(?:[^"\\]|\\.)*")?, "ms": ([-+.\deE]+)[,}]/;

export interface ResultFigures {
  /** Milliseconds that the attempt took; NaN: unknown. */
  readonly ms: number;
  /** NaN: none. */
  readonly value: number;
}

/** Null: the result is not as this program writes it, and must be parsed. */
export function writtenFigures(text: string): ResultFigures | null {
  const found = UP_TO_MS.exec(text);
  return found === null ? null : { ms: Number(found[2]), value: Number(found[1] ?? NaN) };
}

/** @param result the column as it was read: text, or bytes that are not UTF-8, or null */
export function figuresOf(result: unknown): ResultFigures {
  if (typeof result !== 'string') return { ms: NaN, value: NaN };
  return writtenFigures(result) ?? parsedFigures(result);
}

function parsedFigures(text: string): ResultFigures {
  let parsed: unknown = null;
  try {
    parsed = JSON.parse(text);
  } catch {
    // What is wrong with it, opening the trial says.
  }
  const figure = (name: 'ms' | 'value'): number => {
    const found: unknown =
      typeof parsed === 'object' && parsed !== null ? Reflect.get(parsed, name) : null;
    return typeof found === 'number' ? found : NaN;
  };
  return { ms: figure('ms'), value: figure('value') };
}
