/**
 * JSON as Python's json module writes it, which is what Optuna stores: ASCII only, a space after
 * each comma and colon, and the bare words NaN, Infinity and -Infinity, which JSON.parse refuses.
 */

/** A float as Python's repr writes it: `0.1`, `1.0`, `1e-05`, `1e+16`. */
export function pythonFloat(x: number): string {
  if (!Number.isFinite(x)) return Number.isNaN(x) ? 'NaN' : x > 0 ? 'Infinity' : '-Infinity';
  if (x === 0) return Object.is(x, -0) ? '-0.0' : '0.0';
  const size = Math.abs(x);
  // In this range both languages write the same shortest digits without an exponent.
  if (size >= 1e-4 && size < 1e16) return Number.isInteger(x) ? `${x}.0` : String(x);
  const [mantissa = '', exponentText = ''] = x.toExponential().split('e');
  const exponent = Number(exponentText);
  return `${mantissa}e${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`;
}

/**
 * Writes whole numbers as Python's int (JavaScript does not distinguish 1 from 1.0), others as its
 * float.
 */
function pythonNumber(x: number): string {
  if (Number.isSafeInteger(x) && !Object.is(x, -0)) return String(x);
  return Number.isInteger(x) && !Object.is(x, -0) ? BigInt(x).toString() : pythonFloat(x);
}

/** @param value JSON values and non-finite numbers; undefined members are omitted */
export function pythonJson(value: unknown): string {
  if (typeof value === 'string') return pythonString(value);
  if (typeof value === 'number') return pythonNumber(value);
  if (typeof value === 'boolean' || value === null) return String(value);
  if (typeof value !== 'object') throw new TypeError(`JSON has no ${typeof value}`);
  if (Array.isArray(value)) return `[${value.map(pythonJson).join(', ')}]`;
  let members = '';
  for (const [key, member] of Object.entries(value)) {
    if (member === undefined) continue;
    members += `${members === '' ? '' : ', '}${pythonString(key)}: ${pythonJson(member)}`;
  }
  return `{${members}}`;
}

function pythonString(text: string): string {
  if (/^[ !#-[\]-~]*$/.test(text)) return `"${text}"`;
  const json = JSON.stringify(text);
  return /^[\x20-\x7f]*$/.test(json)
    ? json
    : json.replace(
        /[^\x20-\x7f]/g,
        (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
      );
}

/** @throws SyntaxError */
export function parsePythonJson(text: string): unknown {
  if (!/NaN|Infinity/.test(text)) return JSON.parse(text);
  // Replaces the bare words by strings that the document does not contain, and those by their
  // numbers.
  let mark = '\u0001';
  while (text.includes(JSON.stringify(mark).slice(1, -1))) mark += '\u0001';
  const quoted = text.replace(/"(?:[^"\\]|\\.)*"|-?Infinity|NaN/g, (token) =>
    token.startsWith('"') ? token : JSON.stringify(mark + token),
  );
  return JSON.parse(quoted, (_key, value: unknown) =>
    typeof value === 'string' && value.startsWith(mark) ? Number(value.slice(mark.length)) : value,
  );
}
