/** The seed of a trial's program: drawn, or stated by the objective. */
import { PURPOSE, Stream } from '../../core/random.ts';
import type { Params } from '../../core/search-space/distribution.ts';
import type { CommandObjective } from '../../protocol/command-objective.ts';

/** Seeds are below it, as NumPy and others want them. */
const BOUND = 2 ** 31;

/** Seed of a trial's program; the same for each attempt. */
export function programSeed(seed: number, trial: number): number {
  const stream = new Stream(seed, { purpose: PURPOSE.command, trial: trial + 1 });
  return Math.floor(stream.uniform() * BOUND);
}

/**
 * Returns the seed of a trial's program, and the parameters that the program is told: without the
 * one that is the seed.
 * @param study its seed
 */
export function seedAndParams(
  { seed: stated }: Pick<CommandObjective, 'seed'>,
  params: Params,
  study: number,
  trial: number,
): { readonly seed: number; readonly params: Params } {
  if (stated === undefined) return { seed: programSeed(study, trial), params };
  if (typeof stated === 'number') return { seed: stated % BOUND, params };
  const { [stated.$param]: value, ...told } = params;
  return {
    seed: typeof value === 'number' ? value % BOUND : programSeed(study, trial),
    params: told,
  };
}
