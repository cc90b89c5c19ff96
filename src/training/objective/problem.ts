/** How problems of a description quote a value and suggest a name. */
import { nearestName } from '../../core/nearest-name.ts';

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
