/**
 * Groups of parameters that are active together: those with the same conditions. Parameters with a
 * single value are in no group.
 */
import type { Axis } from '../../search-space/axis.ts';

/** Returns the groups, each after those that its conditions refer to. */
export function groupsOf(axes: readonly Axis[]): readonly (readonly Axis[])[] {
  const groups = new Map<string, Axis[]>();
  for (const axis of axes) {
    if (axis.low === axis.high) continue;
    const conditions = axis.parents.map(
      ({ index, allowed }) => `${index}:${[...allowed].sort((a, b) => a - b).join(',')}`,
    );
    const key = conditions.sort().join(';');
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [axis]);
    else group.push(axis);
  }
  return [...groups.values()];
}
