/** What a description is read against: parameter values, the search space if known, and where problems go. Mutable by design. */
import type { Params, SearchSpaceLike } from '../objective.ts';
import { problem, type Problem } from '../problem.ts';

export class Scope {
  readonly params: Params;
  /** undefined: values are taken as they are; otherwise a parameter missing here is an error. */
  readonly space: SearchSpaceLike | undefined;
  readonly problems: Problem[] = [];
  /** Parameters that decided a shape or a constant of the plan. */
  readonly structural = new Set<string>();

  constructor(params: Params, space?: SearchSpaceLike) {
    this.params = params;
    this.space = space;
  }

  report(parts: Omit<Problem, 'message'>): void {
    this.problems.push(problem(parts));
  }
}
