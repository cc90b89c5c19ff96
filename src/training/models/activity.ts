/**
 * Whether a layer is there: its `when` has the search space's meaning, every named parameter has
 * one of the listed values.
 */
import { nearest, quote } from '../objective/problem.ts';
import type { Reader } from './reader.ts';

/** Reports a `when` that is none. A parameter that is absent itself has none of the values. */
export function isActive(reader: Reader): boolean {
  const when = reader.raw('when');
  if (when === undefined) return true;
  if (typeof when !== 'object' || when === null || Array.isArray(when)) {
    reader.report('wrong-type', 'when', '{"parameter": [values]}', quote(when));
    return false;
  }
  // Every parent is looked at, also after one whose condition does not hold: all of them decide the
  // structure.
  return Object.entries(when)
    .map(([name, values]: [string, unknown]) => holds(reader, name, values))
    .every(Boolean);
}

function holds(reader: Reader, name: string, values: unknown): boolean {
  const { scope } = reader;
  const field = `when.${name}`;
  if (!Array.isArray(values)) {
    reader.report('wrong-type', field, `a list of values of ${quote(name)}`, quote(values));
    return false;
  }
  scope.structural.add(name);
  if (scope.space === undefined || scope.isDeclared(name)) {
    values.forEach((value: unknown, i) =>
      checkValue(reader, `${field}[${String(i)}]`, name, value),
    );
    return (values as readonly unknown[]).includes(scope.value(name));
  }
  const { code, expected, found, hint } = scope.absence(name);
  reader.report(code, field, expected, found, hint);
  return false;
}

/** A value that the parameter never takes is a slip. */
function checkValue(reader: Reader, field: string, name: string, value: unknown): void {
  const distribution = reader.scope.space?.[name];
  if (distribution === undefined) return;
  if (distribution.type === 'categorical') {
    const choices = distribution.choices.map((choice) => quote(choice));
    if (choices.includes(quote(value))) return;
    const texts = distribution.choices.filter((choice) => typeof choice === 'string');
    const hint = typeof value === 'string' ? nearest(value, texts) : undefined;
    reader.report(
      'out-of-range',
      field,
      `one of ${choices.join(', ')}, the values of ${quote(name)}`,
      quote(value),
      hint,
    );
  } else if (typeof value !== 'number' || value < distribution.low || value > distribution.high) {
    const bounds = `at least ${String(distribution.low)} and at most ${String(distribution.high)}`;
    reader.report('out-of-range', field, `${bounds}, the bounds of ${quote(name)}`, quote(value));
  } else reader.scope.mention(name, value);
}
