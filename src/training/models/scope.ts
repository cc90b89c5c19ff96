/**
 * What a description is read against: parameter values, the search space if known, and where
 * problems go. Mutable by design.
 */
import type { Params, ParamValue, SearchSpaceLike } from '../objective/objective.ts';
import { nearest, problem, quote, type Problem } from '../objective/problem.ts';
import { extremesOf } from './extremes.ts';

export class Scope {
  readonly params: Params;
  /** undefined: values are taken as they are; otherwise a parameter missing here is an error. */
  readonly space: SearchSpaceLike | undefined;
  readonly problems: Problem[] = [];
  /** Parameters that decided a shape or a constant of the plan. */
  readonly structural = new Set<string>();
  /** Parameter → values that a layer's `when` names. */
  readonly mentioned = new Map<string, Set<ParamValue>>();
  readonly #reported = new Set<string>();

  constructor(params: Params, space?: SearchSpaceLike) {
    this.params = params;
    this.space = space;
  }

  /** Each place is answered once per code, however often a repeat goes over it. */
  report(parts: Omit<Problem, 'message'>): void {
    const key = `${parts.code} ${parts.path}`;
    if (this.#reported.has(key)) return;
    this.#reported.add(key);
    this.problems.push(problem(parts));
  }

  /** A parameter's value here; undefined: there is none. */
  value(name: string): ParamValue | undefined {
    return Object.hasOwn(this.params, name) ? this.params[name] : undefined;
  }

  /** Whether the search space, or without one the values, know a parameter. */
  isDeclared(name: string): boolean {
    return Object.hasOwn(this.space ?? this.params, name);
  }

  /** Where a per-lane parameter is checked; without a search space at its value. */
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

  /** The parts of a problem about a parameter that has no value here. */
  absence(name: string): Pick<Problem, 'code' | 'expected' | 'found'> & { hint?: string } {
    const code = 'unknown-param';
    if (this.isDeclared(name)) {
      const found = `${JSON.stringify(name)}, which is absent for some values of the others`;
      return {
        code,
        expected: 'a parameter that is there whenever this is',
        found,
        hint: 'give this layer the same "when"',
      };
    }
    const known = Object.keys(this.space ?? this.params);
    const expected =
      known.length === 0
        ? 'no parameter: none is declared'
        : `a declared parameter (${known.join(', ')})`;
    const hint = nearest(name, known);
    return { code, expected, found: quote(name), ...(hint === undefined ? {} : { hint }) };
  }
}
