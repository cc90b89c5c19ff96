/**
 * Where a long name may be cut. Names that differ often differ at their end, so a cut takes the
 * middle.
 */

/** Names up to this length are cut at their end: nothing of use would be left of both halves. */
const SHORT = 8;
/** Characters at the end that stay. */
const TAIL = 9;

/**
 * Returns the part of a name that gives way and the part at its end that stays; an empty tail: none
 * stays.
 */
export function nameParts(name: string): readonly [head: string, tail: string] {
  const characters = Array.from(name);
  if (characters.length <= SHORT) return [name, ''];
  const tail = Math.min(TAIL, Math.floor(characters.length / 3));
  return [characters.slice(0, -tail).join(''), characters.slice(-tail).join('')];
}

/**
 * Returns a name of at most so many characters, cut in the middle; for charts, where text cannot
 * give way by itself.
 */
export function cutInMiddle(name: string, most: number): string {
  const characters = Array.from(name);
  if (characters.length <= most) return name;
  const tail = Math.floor((most - 1) / 2);
  return `${characters.slice(0, most - 1 - tail).join('')}…${characters.slice(characters.length - tail).join('')}`;
}
