/**
 * Decides whether a layer exists: its `when` works like a condition of the search space, so every
 * named parameter must have one of the listed values.
 */
import { nearest, quote } from '../objective/problem.ts';
import type { Reader } from './reader.ts';

/**
 * Evaluates `when` and reports a malformed one. A parameter that is absent has none of the values.
 */
export function isActive(reader: Reader): boolean {
  const when = reader.raw('when');
  if (when === undefined) return true;
  if (typeof when !== 'object' || when === null || Array.isArray(when)) {
    reader.report('wrong-type', 'when', '{"parameter": [values]}', quote(when));
    return false;
  }
  // All parameters are read even if one condition fails, because all of them are structural.
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

/** Reports a value that the parameter cannot take. */
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
