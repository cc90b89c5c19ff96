/**
 * The part of a search space that is still searched after an edit. Fixed parameters, and those that
 * can no longer be active, leave the space; categorical parameters keep the choices that are still
 * proposed. Converts points between the two spaces.
 */
import { isActive } from './activity.ts';
import { axesOf, encodeValue } from './axis.ts';
import type { Axis } from './axis.ts';
import type { Distribution, EncodedParams, ParamValue, SearchSpace } from './distribution.ts';

/**
 * Values to which parameters are limited: one value fixes any parameter, several are the choices
 * that remain of a categorical one.
 */
export type Only = Readonly<Record<string, readonly ParamValue[]>>;

/** A parameter of the whole space. */
type Place =
  | { readonly kind: 'fixed'; readonly value: number }
  | { readonly kind: 'inactive' }
  /** `choices`: indices of the remaining choices in the whole list; null: not categorical. */
  | { readonly kind: 'searched'; readonly index: number; readonly choices: number[] | null };

type Condition = Readonly<Record<string, readonly ParamValue[]>>;

export class ReducedSpace {
  /** Searched parameters; empty: nothing is left to search. */
  readonly space: SearchSpace;
  readonly #whole: readonly Axis[];
  readonly #axes: readonly Axis[];
  readonly #places: readonly Place[];
  /** True if every point is the same in both spaces. */
  readonly #isWhole: boolean;

  /** @param only values of parameters of the space; each must be one that it can take */
  constructor(whole: SearchSpace, only: Only = {}) {
    this.#whole = axesOf(whole);
    this.#isWhole = Object.keys(only).length === 0;
    const conditions = this.#isWhole ? null : resolvedConditions(this.#whole, only);
    const searched: [string, Distribution][] = [];
    this.#places = this.#whole.map((axis): Place => {
      const { name, distribution } = axis;
      const condition = conditions === null ? distribution.when : conditions.get(name);
      if (conditions !== null && condition === undefined) return { kind: 'inactive' };
      const values = valuesOf(only, name);
      if (values?.length === 1) return { kind: 'fixed', value: encodedOf(axis, values[0]) };
      searched.push([name, narrowed(distribution, values, condition)]);
      const choices = distribution.type !== 'categorical' ? null : indicesOf(axis, values);
      return { kind: 'searched', index: searched.length - 1, choices };
    });
    this.space = Object.fromEntries(searched);
    this.#axes = axesOf(this.space);
  }

  /**
   * Returns the searched parameters of a point of the whole space; null if one of them is outside
   * its range. Values of fixed parameters do not matter.
   */
  inside(point: EncodedParams): EncodedParams | null {
    const inner = new Float64Array(this.#axes.length).fill(NaN);
    for (const [i, place] of this.#places.entries()) {
      if (place.kind !== 'searched') continue;
      const axis = this.#axes[place.index];
      const value = point[i] ?? NaN;
      if (axis === undefined || isActive(axis, inner) === Number.isNaN(value)) return null;
      if (Number.isNaN(value)) continue;
      const own = place.choices === null ? value : place.choices.indexOf(value);
      if (!takes(axis, own)) return null;
      inner[place.index] = own;
    }
    return inner;
  }

  /** Returns the point of the whole space for a point of the searched parameters. */
  whole(inner: EncodedParams): EncodedParams {
    if (this.#isWhole) return inner;
    const point = new Float64Array(this.#whole.length).fill(NaN);
    for (const [i, place] of this.#places.entries()) {
      const axis = this.#whole[i];
      if (place.kind === 'inactive' || axis === undefined) continue;
      if (place.kind === 'fixed') {
        if (isActive(axis, point)) point[i] = place.value;
        continue;
      }
      const value = inner[place.index] ?? NaN;
      point[i] = place.choices === null ? value : (place.choices[value] ?? NaN);
    }
    return point;
  }
}

/**
 * Returns the space with limited parameters as the distributions that remain: fixed numbers with
 * equal bounds, categorical parameters with the remaining choices. For drawing and checking points
 * only: conditions may name values that are no longer possible.
 */
export function limitedSpace(space: SearchSpace, only: Only = {}): SearchSpace {
  return Object.fromEntries(
    Object.entries(space).map(([name, distribution]) => {
      const values = valuesOf(only, name);
      if (values === null) return [name, distribution];
      if (distribution.type === 'categorical') return [name, { ...distribution, choices: values }];
      const [value] = values;
      return typeof value === 'number'
        ? [name, { ...distribution, low: value, high: value, step: undefined }]
        : [name, distribution];
    }),
  );
}

function valuesOf(only: Only, name: string): readonly ParamValue[] | null {
  return Object.hasOwn(only, name) ? (only[name] ?? null) : null;
}

function encodedOf(axis: Axis, value: ParamValue | undefined): number {
  const encoded = value === undefined ? NaN : encodeValue(axis, value);
  if (Number.isNaN(encoded))
    throw new RangeError(`${axis.name} cannot take the value ${String(value)}`);
  return encoded;
}

function indicesOf(axis: Axis, values: readonly ParamValue[] | null): number[] {
  if (values === null) return Array.from({ length: axis.cells }, (_, i) => i);
  return values.map((value) => encodedOf(axis, value)).sort((a, b) => a - b);
}

function narrowed(
  distribution: Distribution,
  values: readonly ParamValue[] | null,
  condition: Condition | undefined,
): Distribution {
  const isConditional = condition !== undefined && Object.keys(condition).length > 0;
  const when = isConditional ? condition : undefined;
  if (distribution.type !== 'categorical') return { ...distribution, when };
  const { choices } = distribution;
  const kept = values === null ? choices : choices.filter((choice) => values.includes(choice));
  return { ...distribution, choices: kept, when };
}

/**
 * Returns for each parameter the condition on searched parameters under which it is active; none
 * for parameters that are never active.
 */
function resolvedConditions(axes: readonly Axis[], only: Only): Map<string, Condition> {
  const resolved = new Map<string, Condition>();
  const axisOf = new Map(axes.map((axis) => [axis.name, axis]));
  for (const { name, distribution } of axes) {
    let condition: Condition | null = {};
    for (const [parent, listed] of Object.entries(distribution.when ?? {})) {
      const [axis, above] = [axisOf.get(parent), resolved.get(parent)];
      const limit = valuesOf(only, parent);
      const values =
        axis === undefined || above === undefined
          ? []
          : listed.filter((value) => isPossible(axis, limit, value));
      if (values.length === 0) condition = null;
      else if (condition !== null && above !== undefined)
        condition = joined(condition, limit?.length === 1 ? above : { [parent]: values });
    }
    if (condition !== null) resolved.set(name, condition);
  }
  return resolved;
}

function isPossible(axis: Axis, limit: readonly ParamValue[] | null, value: ParamValue): boolean {
  const encoded = encodeValue(axis, value);
  if (Number.isNaN(encoded)) return false;
  return limit === null || limit.some((each) => encodeValue(axis, each) === encoded);
}

/** Condition under which both hold; null: never. */
function joined(a: Condition, b: Condition): Condition | null {
  const both: Record<string, readonly ParamValue[]> = { ...a };
  for (const [parent, values] of Object.entries(b)) {
    const before = Object.hasOwn(a, parent) ? a[parent] : undefined;
    both[parent] = before === undefined ? values : before.filter((v) => values.includes(v));
    if (both[parent].length === 0) return null;
  }
  return both;
}

/** Returns whether an axis can take an encoded value. */
function takes(axis: Axis, value: number): boolean {
  if (axis.kind === 'categorical') return value >= 0 && value < axis.cells;
  return !Number.isNaN(encodeValue(axis, value));
}
