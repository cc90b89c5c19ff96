/** Problems as they cross to a window. */
import type { Problem } from '../core/errors.ts';
import type { WindowProblem } from '../protocol/window/set-up.ts';

export function toWindowProblem({ code, path, expected, found, hint }: Problem): WindowProblem {
  return { code, path, expected, found, hint: hint ?? null };
}
