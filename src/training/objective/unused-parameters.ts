/**
 * Finds parameters of a search space that no part of a training objective uses; searching them only
 * adds noise.
 */
import { namedParameters } from '../models/named-parameters.ts';
import { PRESETS } from '../models/presets.ts';
import type { SearchSpaceLike } from './objective.ts';

/**
 * Returns the unused parameters in the order of the search space. A parameter is used if the
 * objective names it, or if the condition of a used parameter does.
 * @param objective as in a study file; a network given by name is the preset's description
 */
export function unusedParameters(
  objective: Readonly<Record<string, unknown>>,
  space: SearchSpaceLike,
): string[] {
  const { network } = objective;
  const description = typeof network === 'string' ? (PRESETS.get(network) ?? null) : network;
  const used = new Set(namedParameters({ ...objective, network: description }));
  // A set also visits entries added during the iteration, so parents of parents are included.
  for (const name of used)
    for (const parent of Object.keys(space[name]?.when ?? {})) used.add(parent);
  return Object.keys(space).filter((name) => !used.has(name));
}
