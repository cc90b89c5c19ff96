/**
 * The study that trains another's best again on fresh seeds, and the one that looks at the winner
 * on the test set: what they search, and the points they are given. Everything they mean is in
 * their objective's `confirms`, so they go on after a restart like any study.
 */
import { GalapagosError } from '../core/errors.ts';
import { axesOf } from '../core/search-space/axis.ts';
import type { EncodedParams, SearchSpace } from '../core/search-space/distribution.ts';
import type { Limits, StudySpec } from '../core/study/study-spec.ts';
import { objectiveKind } from '../objectives/registry.ts';
import { trainObjective } from '../protocol/objective.ts';
import type { TrainStudyObjective } from '../protocol/objective.ts';
import type { TrialRecord } from '../storage/lab-reader.ts';

export interface ConfirmingStudy {
  readonly spec: StudySpec;
  readonly limits: Limits;
  /**
   * In the order in which they are trained: each configuration on the first seed, then each on the
   * next.
   */
  readonly points: readonly EncodedParams[];
}

/** A trial that is trained again. */
export type Chosen = Pick<TrialRecord, 'number' | 'encoded'>;

const SEED = 'seed';

/**
 * The objective of a study that trains. @throws GalapagosError `usage`: it does not, or trains
 * again already
 */
export function confirmable({
  name,
  objective,
}: Pick<StudySpec, 'name' | 'objective'>): TrainStudyObjective {
  if (objectiveKind(objective.kind)?.trains !== true)
    throw new GalapagosError(
      'usage',
      `${name} trains no network: its objective is ${objective.kind}`,
      { found: objective.kind },
    );
  const parsed = trainObjective.parse(objective);
  if (parsed.confirms !== undefined)
    throw new GalapagosError('usage', `${name} confirms another study already`, { found: name });
  if (parsed.seed !== undefined)
    throw new GalapagosError('usage', `${name} says the seeds of its trials itself`, {
      found: name,
    });
  return parsed;
}

/**
 * @param original its uid and what it searched
 * @param best best first, at least one
 * @param first of the seeds: `seeds` of them from there
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
      ...original.spec,
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
 * One training more of the winner, on a seed of its own; after it was judged as ever, its weights
 * are looked at on the test set.
 * @param confirming the study of fresh seeds, its uid and what it searched
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
      ...confirming.spec,
      name,
      objective: { ...objective, test: true, confirms },
      searchSpace,
    },
    limits: { trials: 1, activeMs: null, target: null },
    points: [point],
  };
}

/** The greatest seed a study of fresh seeds uses. */
export function lastSeedOf({ objective, searchSpace }: StudySpec): number {
  const distribution = searchSpace[seedParameterOf(trainObjective.parse(objective))];
  return distribution?.type === 'int' ? distribution.high : 0;
}

function seedParameterOf({ seed }: TrainStudyObjective): string {
  return typeof seed === 'object' ? seed.$param : SEED;
}

/** As the last parameter, under a name that is free. */
function withSeed(
  space: SearchSpace,
  low: number,
  high: number,
): { searchSpace: SearchSpace; parameter: string } {
  let parameter = SEED;
  while (Object.hasOwn(space, parameter)) parameter = `${parameter}_`;
  return { searchSpace: { ...space, [parameter]: { type: 'int', low, high } }, parameter };
}

function pointOf({ number, encoded }: Chosen, seed: number): EncodedParams {
  if (encoded === null)
    throw new GalapagosError('usage', `trial ${number} was made by another program`, {
      found: number,
    });
  return Float64Array.of(...encoded, seed);
}
