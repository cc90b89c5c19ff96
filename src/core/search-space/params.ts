/**
 * Converts between encoded points and written parameters; reports all problems of a written point.
 */
import type { Problem } from '../errors.ts';
import { isActive } from './activity.ts';
import { encodeValue } from './axis.ts';
import type { Axis } from './axis.ts';
import type { EncodedParams, Params, ParamValue } from './distribution.ts';
import { didYouMean } from './did-you-mean.ts';

/** Decodes a point, in declaration order; inactive parameters are absent. */
export function toParams(axes: readonly Axis[], encoded: EncodedParams): Params {
  const entries: [string, ParamValue][] = [];
  for (const axis of axes) {
    const value = encoded[axis.index] ?? NaN;
    if (Number.isNaN(value)) continue;
    entries.push([
      axis.name,
      axis.distribution.type === 'categorical' ? (axis.distribution.choices[value] ?? null) : value,
    ]);
  }
  return Object.fromEntries(entries);
}

export type EncodeResult =
  | { readonly ok: true; readonly params: EncodedParams }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/**
 * Encodes a written point. Every active parameter is required; inactive and unknown ones are
 * refused.
 * @param path prefix of the problems' paths
 */
export function encodeParams(axes: readonly Axis[], params: Params, path = 'params'): EncodeResult {
  const problems: Problem[] = [];
  const names = axes.map((axis) => axis.name);
  for (const name of Object.keys(params)) {
    if (names.includes(name)) continue;
    problems.push({
      code: 'unknown-parameter',
      path: `${path}.${name}`,
      expected: 'a parameter of the search space',
      found: name,
      hint: didYouMean(name, names),
    });
  }
  const encoded = new Float64Array(axes.length).fill(NaN);
  for (const axis of axes) {
    const found = Object.hasOwn(params, axis.name) ? params[axis.name] : undefined;
    const at = `${path}.${axis.name}`;
    if (!isActive(axis, encoded)) {
      // An invalid parent makes the child's activity unknown, so the child is not reported as well.
      if (found !== undefined && !parentMissing(axis, axes, encoded, params)) {
        problems.push({
          code: 'inactive-parameter',
          path: at,
          expected: 'no value, since its condition is not met',
          found: JSON.stringify(found),
        });
      }
      continue;
    }
    const value = found === undefined ? NaN : encodeValue(axis, found);
    if (found === undefined)
      problems.push({
        code: 'missing-parameter',
        path: at,
        expected: describeAxis(axis),
        found: 'nothing',
      });
    else if (Number.isNaN(value))
      problems.push({
        code: 'illegal-value',
        path: at,
        expected: describeAxis(axis),
        found: JSON.stringify(found),
      });
    encoded[axis.index] = value;
  }
  return problems.length === 0 ? { ok: true, params: encoded } : { ok: false, problems };
}

function parentMissing(
  axis: Axis,
  axes: readonly Axis[],
  encoded: EncodedParams,
  params: Params,
): boolean {
  return axis.parents.some(({ index }) => {
    const parent = axes[index];
    if (parent === undefined || !Number.isNaN(encoded[index] ?? NaN)) return false;
    return isActive(parent, encoded) || parentMissing(parent, axes, encoded, params);
  });
}

/** Returns the values that a parameter can take, in words. */
export function describeAxis(axis: Axis): string {
  const { distribution } = axis;
  if (distribution.type === 'categorical')
    return `one of ${distribution.choices.map((choice) => JSON.stringify(choice)).join(', ')}`;
  const step =
    axis.kind === 'ordinal' && distribution.step !== undefined && distribution.step !== 1
      ? ` in steps of ${distribution.step}`
      : '';
  return `${distribution.type === 'int' ? 'an integer' : 'a number'} from ${axis.low} to ${axis.high}${step}`;
}
