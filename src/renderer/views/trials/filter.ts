/**
 * Parses a query such as `units > 200, adam` into terms that must all hold. Knows names and
 * columns, no trials. Pure.
 */

export type Operator = '>' | '<' | '>=' | '<=' | '=' | '!=';

export type Term =
  | {
      readonly kind: 'compare';
      readonly column: string;
      readonly operator: Operator;
      readonly value: number;
    }
  /** A choice, a state, an operator, or a trial number that equals the word. */
  | {
      readonly kind: 'word';
      readonly word: string;
      readonly column: string | null;
      readonly not: boolean;
    };

export interface FilterProblem {
  /** The part of the text that is wrong. */
  readonly part: string;
  readonly expected: 'number' | 'name' | 'something';
  /** The part after which it is expected. */
  readonly after: string;
  readonly found: string;
  /** Known names, when a name is expected. */
  readonly names: readonly string[];
}

export type Filter =
  | { readonly ok: true; readonly terms: readonly Term[] }
  | { readonly ok: false; readonly problem: FilterProblem };

const COMPARISON = /^(.*?)\s*(>=|<=|!=|≥|≤|≠|>|<|=)\s*(.*)$/u;
const SIGNS: Readonly<Record<string, Operator>> = { '≥': '>=', '≤': '<=', '≠': '!=' };

/**
 * @param numeric names that can be compared: `#`, `value`, numeric parameters
 * @param others names that can only be equal to something: categorical parameters
 */
export function parseFilter(
  text: string,
  numeric: readonly string[],
  others: readonly string[],
): Filter {
  const terms: Term[] = [];
  for (const part of text.split(',').map((each) => each.trim())) {
    if (part === '') continue;
    const comparison = COMPARISON.exec(part);
    const term =
      comparison === null ? word(part, null, false) : compared(part, comparison, numeric, others);
    if ('expected' in term) return { ok: false, problem: term };
    terms.push(term);
  }
  return { ok: true, terms };
}

function compared(
  part: string,
  [, left = '', sign = '', right = '']: RegExpExecArray,
  numeric: readonly string[],
  others: readonly string[],
): Term | FilterProblem {
  const operator = SIGNS[sign] ?? (sign as Operator);
  const column = named(left, [...numeric, ...others]);
  if (column === null)
    return { part, expected: 'name', after: '', found: left, names: [...numeric, ...others] };
  if (right === '') return { part, expected: 'something', after: sign, found: right, names: [] };
  const equality = operator === '=' || operator === '!=';
  if (equality && others.includes(column)) return word(right, column, operator === '!=');
  const value = numberOf(right);
  if (!Number.isFinite(value) || others.includes(column))
    return { part, expected: 'number', after: sign, found: right, names: [] };
  return { kind: 'compare', column, operator, value };
}

/** Parses `0.95`, `95 %`, `−2`; NaN when the text is not a number. */
function numberOf(written: string): number {
  const plain = written.replaceAll('−', '-').replaceAll(/[\s\u202f]/g, '');
  if (!plain.endsWith('%')) return Number(plain);
  return plain === '%' ? NaN : Number(plain.slice(0, -1)) / 100;
}

function word(text: string, column: string | null, not: boolean): Term {
  return { kind: 'word', word: text.toLowerCase(), column, not };
}

function named(text: string, names: readonly string[]): string | null {
  return (
    names.find((name) => name === text) ??
    names.find((name) => name.toLowerCase() === text.toLowerCase()) ??
    null
  );
}
