/**
 * Lists the parameters that a description names, as numbers, words or conditions. Does not check
 * them.
 */
import { isFields } from './reader.ts';

/** Names without duplicates, in reading order. */
export function namedParameters(description: unknown): string[] {
  const found = new Set<string>();
  collect(description, found);
  return [...found];
}

function collect(value: unknown, found: Set<string>): void {
  if (Array.isArray(value)) for (const each of value) collect(each, found);
  if (!isFields(value)) return;
  for (const [field, inner] of Object.entries(value)) {
    if (field === '$param' && typeof inner === 'string') found.add(inner);
    else if (field === 'when' && isFields(inner))
      for (const name of Object.keys(inner)) found.add(name);
    else collect(inner, found);
  }
}
