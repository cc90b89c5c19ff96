/**
 * Context in which a description is read: parameter values, the search space if known, and a list
 * of problems. Mutable by design.
 */
import type { Problem } from '../../core/errors.ts';
import type { Params, ParamValue, SearchSpaceLike } from '../objective/objective.ts';
import { nearest, quote } from '../objective/problem.ts';
import { extremesOf } from './extremes.ts';

export class Scope {
  readonly params: Params;
  /**
   * undefined: values are used without checks; otherwise a parameter that is not in the space is an
   * error.
   */
  readonly space: SearchSpaceLike | undefined;
  readonly problems: Problem[] = [];
  /** Parameters that determine a shape or a constant of the plan. */
  readonly structural = new Set<string>();
  /** Parameter → values named by a layer's `when`. */
  readonly mentioned = new Map<string, Set<ParamValue>>();
  readonly #reported = new Set<string>();

  constructor(params: Params, space?: SearchSpaceLike) {
    this.params = params;
    this.space = space;
  }

  /**
   * Adds a problem. Each path is reported once per code, even if a repeat reads it several times.
   */
  report(problem: Problem): void {
    const key = `${problem.code} ${problem.path}`;
    if (this.#reported.has(key)) return;
    this.#reported.add(key);
    this.problems.push(problem);
  }

  /** Returns a parameter's value; undefined if there is none. */
  value(name: string): ParamValue | undefined {
    return Object.hasOwn(this.params, name) ? this.params[name] : undefined;
  }

  /**
   * Returns whether the search space (or the values, if there is no space) contains a parameter.
   */
  isDeclared(name: string): boolean {
    return Object.hasOwn(this.space ?? this.params, name);
  }

  /** Values at which a per-lane parameter is checked; without a search space, its current value. */
  extremes(name: string): readonly ParamValue[] {
    const distribution =
      this.space !== undefined && Object.hasOwn(this.space, name) ? this.space[name] : undefined;
    if (distribution !== undefined) return extremesOf(distribution);
    const value = this.value(name);
    return value === undefined ? [] : [value];
  }

  mention(name: string, value: ParamValue): void {
    const values = this.mentioned.get(name) ?? new Set();
    this.mentioned.set(name, values.add(value));
  }

  /** Describes the problem of a parameter that has no value here. */
  absence(name: string): Pick<Problem, 'code' | 'expected' | 'found'> & { hint?: string } {
    const code = 'unknown-param';
    if (this.isDeclared(name)) {
      const found = `${JSON.stringify(name)}, which is absent for some values of the others`;
      return {
        code,
        expected: 'a parameter that is active wherever this layer exists',
        found,
        hint: 'give this layer the same "when"',
      };
    }
    const known = Object.keys(this.space ?? this.params);
    const expected =
      known.length === 0
        ? 'no parameter, because none is declared'
        : `a declared parameter (${known.join(', ')})`;
    const hint = nearest(name, known);
    return { code, expected, found: quote(name), ...(hint === undefined ? {} : { hint }) };
  }
}
