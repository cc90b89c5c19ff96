/** Hint for an unknown name. */
import { nearestName } from '../nearest-name.ts';

/** Suggests the nearest known name, or lists all names if none is near. */
export function didYouMean(name: string, names: readonly string[]): string {
  const nearest = nearestName(name, names);
  if (nearest !== undefined) return `did you mean ${nearest}?`;
  return names.length === 0 ? 'there is none' : `one of ${names.join(', ')}`;
}
