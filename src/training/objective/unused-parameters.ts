/**
 * Parameters of a search space that no part of a training objective uses: searching them only adds
 * noise.
 */
import { namedParameters } from '../models/named-parameters.ts';
import { PRESETS } from '../models/presets.ts';
import type { SearchSpaceLike } from './objective.ts';

/**
 * A parameter is used where the objective names it, and where the condition of a used parameter
 * does.
 * @param objective as in a study file; a network by name is the preset's description
 * @returns in the order of the search space
 */
export function unusedParameters(
  objective: Readonly<Record<string, unknown>>,
  space: SearchSpaceLike,
): string[] {
  const { network } = objective;
  const description = typeof network === 'string' ? (PRESETS.get(network) ?? null) : network;
  const used = new Set(namedParameters({ ...objective, network: description }));
  // A set also visits what is added while it is walked: parents of parents count.
  for (const name of used)
    for (const parent of Object.keys(space[name]?.when ?? {})) used.add(parent);
  return Object.keys(space).filter((name) => !used.has(name));
}
