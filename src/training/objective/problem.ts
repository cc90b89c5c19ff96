/**
 * What is wrong with a description a person wrote, precise enough to repair it without reading
 * code. Not an exception: checks collect every problem and hand them back together.
 */
import { nearestName } from '../../core/nearest-name.ts';

export interface Problem {
  /** A stable word for programs, such as `unknown-field`. */
  readonly code: string;
  /** Where, in the description: `network.layers[3].kernel`. */
  readonly path: string;
  /** The layer's name, where one is concerned. */
  readonly layer?: string;
  readonly field?: string;
  readonly expected: string;
  readonly found: string;
  readonly hint?: string;
  /** One sentence for people, made from the rest. */
  readonly message: string;
}

/** A problem with its sentence made. */
export function problem(parts: Omit<Problem, 'message'>): Problem {
  const where = parts.layer === undefined ? parts.path : `${parts.path} (${parts.layer})`;
  const hint = parts.hint === undefined ? '' : ` (${parts.hint})`;
  return { ...parts, message: `${where}: expected ${parts.expected}, found ${parts.found}${hint}` };
}

/** A found value as it is quoted in a message: JSON, cut at 60 characters. */
export function quote(value: unknown): string {
  if (value === undefined) return 'nothing';
  const text = typeof value === 'number' ? String(value) : JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}

/** `did you mean "…"?` for the candidate that was probably meant. */
export function nearest(name: string, candidates: Iterable<string>): string | undefined {
  const best = nearestName(name, candidates);
  return best === undefined ? undefined : `did you mean ${JSON.stringify(best)}?`;
}
