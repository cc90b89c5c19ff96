/**
 * Creates the study that trains another study's best trials again on fresh seeds, and the study
 * that evaluates the winner on the test set: their search spaces and points. Their meaning is
 * recorded in their objective's `confirms`, so they resume after a restart like any study.
 */
import { trainsInParts } from '../core/samplers/in-parts.ts';
import { GalapagosError } from '../core/errors.ts';
import { axesOf } from '../core/search-space/axis.ts';
import type { EncodedParams, SearchSpace } from '../core/search-space/distribution.ts';
import { withoutStart } from '../core/study/start-history.ts';
import type { Limits, StudySpec } from '../core/study/study-spec.ts';
import { objectiveKind } from '../objectives/registry.ts';
import { seededObjective } from '../protocol/fresh-seeds.ts';
import type { SeededObjective } from '../protocol/fresh-seeds.ts';
import { trainObjective } from '../protocol/objective.ts';
import type { TrialRecord } from '../storage/lab-reader.ts';

export interface ConfirmingStudy {
  readonly spec: StudySpec;
  readonly limits: Limits;
  /**
   * Points in the order of training: each configuration on the first seed, then each on the next.
   */
  readonly points: readonly EncodedParams[];
}

/** A trial that is trained again. */
export type Chosen = Pick<TrialRecord, 'number' | 'encoded'>;

const SEED = 'seed';

/**
 * Returns the objective of a study whose trials can be repeated on fresh seeds.
 * @throws GalapagosError `usage`: trials have no seed, or the study is a confirmation itself
 */
export function confirmable({
  name,
  objective,
  sampler,
}: Pick<StudySpec, 'name' | 'objective' | 'sampler'>): SeededObjective {
  if (objectiveKind(objective.kind)?.statesSeed !== true)
    throw new GalapagosError(
      'usage',
      `trials of ${name} have no seed: its objective is ${objective.kind}`,
      { found: objective.kind },
    );
  if (trainsInParts(sampler))
    throw new GalapagosError(
      'usage',
      `${name} changes parameters while it trains, so no single point can be trained again`,
      { found: sampler.name },
    );
  const parsed = seededObjective.parse(objective);
  if (parsed.confirms !== undefined)
    throw new GalapagosError('usage', `${name} confirms another study already`, { found: name });
  if (parsed.seed !== undefined)
    throw new GalapagosError('usage', `${name} says the seeds of its trials itself`, {
      found: name,
    });
  return parsed;
}

/**
 * @param original uid and search space of the confirmed study
 * @param best best first, at least one
 * @param first seed of the first repetition; `seeds` consecutive seeds are used
 */
export function confirmingStudy(
  original: { readonly uid: string; readonly spec: StudySpec },
  best: readonly Chosen[],
  { seeds, first, name }: { readonly seeds: number; readonly first: number; readonly name: string },
): ConfirmingStudy {
  const objective = confirmable(original.spec);
  const { searchSpace, parameter } = withSeed(original.spec.searchSpace, first, first + seeds - 1);
  const confirms = { study: original.uid, trials: best.map(({ number }) => number) };
  const points = Array.from({ length: seeds }, (_, i) =>
    best.map((trial) => pointOf(trial, first + i)),
  ).flat();
  return {
    spec: {
      ...withoutPruning(withoutStart(original.spec)),
      name,
      objective: { ...objective, seed: { $param: parameter }, confirms },
      searchSpace,
      sampler: { name: 'random' },
    },
    limits: { trials: points.length, activeMs: null, target: null },
    points,
  };
}

/**
 * Creates a study that trains the winner once more on a seed of its own and then evaluates its
 * weights on the test set.
 * @param confirming the study of fresh seeds: its uid and search space
 */
export function testingStudy(
  confirming: { readonly uid: string; readonly spec: StudySpec },
  winner: Chosen,
  { trial, seed, name }: { readonly trial: number; readonly seed: number; readonly name: string },
): ConfirmingStudy {
  const objective = trainObjective.parse(confirming.spec.objective);
  const parameter = seedParameterOf(objective);
  const searchSpace = {
    ...confirming.spec.searchSpace,
    [parameter]: { type: 'int', low: seed, high: seed } as const,
  };
  const confirms = {
    study: objective.confirms?.study ?? confirming.uid,
    trials: [trial],
    of: confirming.uid,
  };
  const at = axesOf(searchSpace).findIndex((axis) => axis.name === parameter);
  const point = Float64Array.from(winner.encoded ?? []);
  point[at] = seed;
  return {
    spec: {
      ...withoutStart(confirming.spec),
      name,
      objective: { ...objective, test: true, confirms },
      searchSpace,
    },
    limits: { trials: 1, activeMs: null, target: null },
    points: [point],
  };
}

/** Greatest seed that a confirmation uses. */
export function lastSeedOf({ objective, searchSpace }: StudySpec): number {
  const distribution = searchSpace[seedParameterOf(seededObjective.parse(objective))];
  return distribution?.type === 'int' ? distribution.high : 0;
}

function seedParameterOf({ seed }: SeededObjective): string {
  return typeof seed === 'object' ? seed.$param : SEED;
}

/** Adds the seed as the last parameter, under a free name. */
function withSeed(
  space: SearchSpace,
  low: number,
  high: number,
): { searchSpace: SearchSpace; parameter: string } {
  let parameter = SEED;
  while (Object.hasOwn(space, parameter)) parameter = `${parameter}_`;
  return { searchSpace: { ...space, [parameter]: { type: 'int', low, high } }, parameter };
}

/** A stopped repetition would have no value to compare. */
function withoutPruning<Spec extends Pick<StudySpec, 'pruning'>>(
  spec: Spec,
): Omit<Spec, 'pruning'> {
  const kept = Object.entries(spec).filter(([name]) => name !== 'pruning');
  return Object.fromEntries(kept) as unknown as Omit<Spec, 'pruning'>;
}

function pointOf({ number, encoded }: Chosen, seed: number): EncodedParams {
  if (encoded === null)
    throw new GalapagosError('usage', `trial ${number} was made by another program`, {
      found: number,
    });
  return Float64Array.of(...encoded, seed);
}
