/**
 * Divides a long name where it may be cut. Names that differ often differ at their end, so the
 * middle is cut.
 */

/** Names up to this length are cut at their end, because both halves would be too short. */
const SHORT = 8;
/** Number of characters at the end that stay visible. */
const TAIL = 9;

/**
 * Returns the part of a name that may be cut and the part at its end that stays; an empty tail when
 * the whole name may be cut.
 */
export function nameParts(name: string): readonly [head: string, tail: string] {
  const characters = Array.from(name);
  if (characters.length <= SHORT) return [name, ''];
  const tail = Math.min(TAIL, Math.floor(characters.length / 3));
  return [characters.slice(0, -tail).join(''), characters.slice(-tail).join('')];
}

/**
 * Shortens a name to at most `most` characters by cutting its middle; for charts, whose text cannot
 * shrink.
 */
export function cutInMiddle(name: string, most: number): string {
  const characters = Array.from(name);
  if (characters.length <= most) return name;
  const tail = Math.floor((most - 1) / 2);
  return `${characters.slice(0, most - 1 - tail).join('')}…${characters.slice(characters.length - tail).join('')}`;
}
