/**
 * A problem of a description, with everything needed to repair it. Checks collect all problems and
 * return them together; a problem is not an exception.
 */
import { nearestName } from '../../core/nearest-name.ts';

export interface Problem {
  /** Stable code for programs, such as `unknown-field`. */
  readonly code: string;
  /** Path in the description, such as `network.layers[3].kernel`. */
  readonly path: string;
  /** Name of the layer, if the problem concerns one. */
  readonly layer?: string;
  readonly field?: string;
  readonly expected: string;
  readonly found: string;
  readonly hint?: string;
  /** One sentence, derived from the other fields. */
  readonly message: string;
}

/** Completes a problem with its message. */
export function problem(parts: Omit<Problem, 'message'>): Problem {
  const where = parts.layer === undefined ? parts.path : `${parts.path} (${parts.layer})`;
  const hint = parts.hint === undefined ? '' : ` (${parts.hint})`;
  return { ...parts, message: `${where}: expected ${parts.expected}, found ${parts.found}${hint}` };
}

/** Formats a value for a message: JSON, truncated to 60 characters. */
export function quote(value: unknown): string {
  if (value === undefined) return 'nothing';
  const text = typeof value === 'number' ? String(value) : JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}

/** Suggests the most similar candidate: `did you mean "…"?` */
export function nearest(name: string, candidates: Iterable<string>): string | undefined {
  const best = nearestName(name, candidates);
  return best === undefined ? undefined : `did you mean ${JSON.stringify(best)}?`;
}
