/**
 * Checks a change of a study's search, and returns the search that the study then has. Nothing
 * changes before every check has passed.
 */
import { InvalidInput } from '../core/errors.ts';
import type { Problem } from '../core/errors.ts';
import { checkSampler, takesSeveralObjectives } from '../core/samplers/create-sampler.ts';
import { trainsInParts } from '../core/samplers/in-parts.ts';
import { axesOf, encodeValue } from '../core/search-space/axis.ts';
import type { Axis } from '../core/search-space/axis.ts';
import { checkSearchSpace } from '../core/search-space/check.ts';
import { didYouMean } from '../core/search-space/did-you-mean.ts';
import type { EncodedParams, ParamValue, SearchSpace } from '../core/search-space/distribution.ts';
import { Enumeration } from '../core/search-space/enumeration.ts';
import { describeAxis } from '../core/search-space/params.ts';
import { ReducedSpace } from '../core/search-space/reduced-space.ts';
import type { Only } from '../core/search-space/reduced-space.ts';
import { withChosenSampler } from '../core/study/choose-sampler.ts';
import { differences, sameProposals, searchOf, unsearched } from '../core/study/search-edit.ts';
import type { Search, SearchChange } from '../core/study/search-edit.ts';
import type { Limits, StudySpec } from '../core/study/study-spec.ts';
import { objective as objectiveSchema } from './objective.ts';
import { check } from './problems.ts';
import { prunerProblems, withPruning } from './pruning.ts';
import type { ObjectiveCheck } from './study-file.ts';

/** Greatest number of points of a search space of which it is checked that one is untried. */
const MOST_POINTS = 10_000;

/** Circumstances that a choice of `auto` depends on, and that the checks need. */
export interface EditCircumstances {
  readonly limits: Limits;
  /** Number of trials that can run at a time; 0: unknown. */
  readonly atOnce: number;
  readonly workers: number;
  /** Returns whether a trial has this point of the whole space. */
  readonly isTried: (params: EncodedParams) => boolean;
  readonly checkObjective: ObjectiveCheck;
}

/** @throws InvalidInput with every problem */
export function editedSearch(
  spec: StudySpec,
  change: SearchChange,
  circumstances: EditCircumstances,
): Search {
  const { searchSpace, only, wrong } = editedSpace(spec, change);
  if (wrong.length > 0) throw refused([...wrong, ...choiceProblems(spec, change, circumstances)]);
  const reduced = new ReducedSpace(searchSpace, only);
  if (Object.keys(reduced.space).length === 0)
    throw refused([
      {
        code: 'no-point',
        path: '',
        expected: 'a parameter that is still searched',
        found: 'all parameters fixed',
        hint: 'galapagos enqueue tries a single point',
      },
    ]);
  const searched: StudySpec = { ...spec, searchSpace: reduced.space };
  const problems = [
    ...choiceProblems(searched, change, circumstances),
    ...objectiveProblems(spec, searchSpace, circumstances.checkObjective),
  ];
  if (problems.length > 0) throw refused(problems);
  const { sampler } = editedSampler(searched, change, circumstances);
  const search: Search = {
    searchSpace,
    ...(Object.keys(only).length === 0 ? {} : { only }),
    sampler,
    ...pruningOf({ ...searched, sampler }, change, circumstances),
  };
  if (differences(searchOf(spec), search).length === 0)
    throw refused([
      {
        code: 'no-change',
        path: '',
        expected: 'a change',
        found: 'the search that the study has',
      },
    ]);
  if (!sameProposals(searchOf(spec), search)) {
    refuseParts(spec, search);
    refuseTried(reduced, circumstances);
  }
  return search;
}

/** Problems of the sampler and the pruner after the change. */
function choiceProblems(
  searched: StudySpec,
  change: SearchChange,
  circumstances: EditCircumstances,
): Problem[] {
  const { objective, objectives, pruning } = searched;
  const { sampler, problems } = editedSampler(searched, change, circumstances);
  const pruner = change.pruner ?? pruning?.pruner;
  if (pruner === undefined) return problems;
  return [...problems, ...prunerProblems(pruner, objective, sampler.name, objectives)];
}

function refused(problems: readonly Problem[]): InvalidInput {
  return new InvalidInput('the edit', problems);
}

/** `wrong`: the problems of the change; if there are any, the rest is the study's own. */
function editedSpace(
  spec: StudySpec,
  { ranges = {}, only: limited = {}, free = [] }: SearchChange,
): { readonly searchSpace: SearchSpace; readonly only: Only; readonly wrong: Problem[] } {
  const problems: Problem[] = [];
  const names = Object.keys(spec.searchSpace);
  const distributionOf = (name: string, path: string): SearchSpace[string] | null => {
    if (Object.hasOwn(spec.searchSpace, name)) return spec.searchSpace[name] ?? null;
    problems.push({
      code: 'unknown-parameter',
      path,
      expected: 'a parameter of the search space',
      found: name,
      hint: didYouMean(name, names),
    });
    return null;
  };
  const space: Record<string, SearchSpace[string]> = { ...spec.searchSpace };
  const only = new Map(Object.entries(spec.only ?? {}));
  for (const name of free) if (distributionOf(name, 'free') !== null) only.delete(name);
  for (const [name, bounds] of Object.entries(ranges)) {
    const path = `ranges.${name}`;
    const before = distributionOf(name, path);
    if (before === null) continue;
    if (before.type === 'categorical') {
      problems.push({
        code: 'not-a-range',
        path,
        expected: `choices of ${name}: ${describeAxis(axisOf(name, before))}`,
        found: `${bounds.low} … ${bounds.high}`,
        hint: 'a parameter keeps its type',
      });
      continue;
    }
    space[name] = { ...before, ...bounds };
    only.delete(name);
    problems.push(...stepProblems(before, bounds, path));
  }
  const known = Object.entries(limited).filter(
    ([name]) => distributionOf(name, `only.${name}`) !== null,
  );
  const spaceProblems = checkSearchSpace(space);
  const axes = spaceProblems.length === 0 ? axesOf(space) : [];
  problems.push(...spaceProblems);
  for (const [name, values] of known) {
    const path = `only.${name}`;
    const axis = axes.find((each) => each.name === name);
    if (axis === undefined) continue;
    const found = limitOf(axis, values, path);
    problems.push(...found.problems);
    if (found.values === null) only.delete(name);
    else only.set(name, found.values);
  }
  if (problems.length > 0)
    return { searchSpace: spec.searchSpace, only: spec.only ?? {}, wrong: problems };
  return { searchSpace: space, only: Object.fromEntries(only), wrong: [] };
}

/** Trials before the edit must be on steps of the new range too, to be told from duplicates. */
function stepProblems(
  before: Exclude<SearchSpace[string], { type: 'categorical' }>,
  { low }: { readonly low: number },
  path: string,
): Problem[] {
  const { step } = before;
  if (step === undefined) return [];
  const steps = (low - before.low) / step;
  if (Math.abs(steps - Math.round(steps)) < 1e-9) return [];
  return [
    {
      code: 'off-step',
      path: `${path}.low`,
      expected: `${before.low} plus or minus a multiple of the step, ${step}`,
      found: String(low),
    },
  ];
}

/** `values` null: all choices, hence no limit. */
function limitOf(
  axis: Axis,
  given: readonly ParamValue[],
  path: string,
): { readonly values: readonly ParamValue[] | null; readonly problems: readonly Problem[] } {
  const { distribution } = axis;
  const problems = given
    .filter((value) => Number.isNaN(encodeValue(axis, value)))
    .map((value) => ({
      code: 'illegal-value',
      path,
      expected: describeAxis(axis),
      found: JSON.stringify(value),
    }));
  if (distribution.type === 'categorical') {
    const kept = distribution.choices.filter((choice) => given.includes(choice));
    const isWhole = kept.length === distribution.choices.length && kept.length > 1;
    return { values: isWhole ? null : kept, problems };
  }
  if (given.length > 1)
    problems.push({
      code: 'several-values',
      path,
      expected: `one value of ${axis.name}, or a range`,
      found: given.map((value) => JSON.stringify(value)).join(', '),
    });
  return { values: given.map((value) => encodeValue(axis, value)), problems };
}

function axisOf(name: string, distribution: SearchSpace[string]): Axis {
  const [axis] = axesOf({ [name]: { ...distribution, when: undefined } });
  if (axis === undefined) throw new RangeError(`${name} has no axis`);
  return axis;
}

/** @param searched the spec with the searched parameters only */
function editedSampler(
  searched: StudySpec,
  { sampler: wanted }: SearchChange,
  { limits, atOnce }: EditCircumstances,
): { readonly sampler: StudySpec['sampler']; readonly problems: Problem[] } {
  const { searchSpace, objectives } = searched;
  const chosen = (): StudySpec['sampler'] =>
    withChosenSampler({ ...searched, sampler: { name: 'auto' } }, limits, atOnce).sampler;
  let sampler = wanted ?? searched.sampler;
  // The algorithm that `auto` chose before may be unfit for the new space.
  if (wanted?.name === 'auto') sampler = chosen();
  else if (sampler.name === 'auto' && checkSampler(sampler, searchSpace).length > 0)
    sampler = chosen();
  const problems = checkSampler(sampler, searchSpace);
  if (objectives !== undefined && !takesSeveralObjectives(sampler.name))
    problems.push({
      code: 'objectives',
      path: 'sampler.name',
      expected: 'a sampler for several objectives or constraints',
      found: JSON.stringify(sampler.name),
      hint: 'nsga2, auto, random, sobol or grid',
    });
  return { sampler, problems };
}

function pruningOf(
  searched: StudySpec,
  { pruner }: SearchChange,
  { limits, workers }: EditCircumstances,
): Pick<Search, 'pruning'> {
  if (pruner === undefined) {
    const { pruning } = searched;
    return pruning === undefined ? {} : { pruning };
  }
  const { pruning } = withPruning(pruner, unsearched(searched), limits, workers);
  return pruning === undefined ? {} : { pruning };
}

/** Problems that the objective did not have with the search space before. */
function objectiveProblems(
  { objective, searchSpace: before, sampler }: StudySpec,
  space: SearchSpace,
  checkObjective: ObjectiveCheck,
): readonly Problem[] {
  const parsed = check(objectiveSchema, objective);
  // The objective of a study of another version; its trials run as before.
  if (!parsed.ok) return [];
  const found = (of: SearchSpace): readonly Problem[] =>
    checkObjective(parsed.value, of, [], trainsInParts(sampler));
  const known = new Set(found(before).map((each) => key(each)));
  return found(space).filter((each) => !known.has(key(each)));
}

function key({ code, path }: Problem): string {
  return `${code} ${path}`;
}

/** @throws InvalidInput where trials go on from checkpoints of trials before the edit, or would */
function refuseParts({ sampler: before }: Search, { sampler }: Search): void {
  const isInParts = trainsInParts(before);
  if (!isInParts && !trainsInParts(sampler)) return;
  const { name } = isInParts ? before : sampler;
  throw refused([
    {
      code: 'trains-in-parts',
      path: 'sampler.name',
      expected: isInParts ? `ranges and sampler as they are, because of ${name}` : `not ${name}`,
      found: isInParts ? 'a change' : name,
      hint: `trials of ${name} go on from checkpoints of earlier ones: create another study`,
    },
  ]);
}

/** @throws InvalidInput where every point of the space has been tried */
function refuseTried(reduced: ReducedSpace, { isTried }: EditCircumstances): void {
  const points = new Enumeration(axesOf(reduced.space));
  if (points.size > MOST_POINTS) return;
  for (let i = 0; i < points.size; i++) if (!isTried(reduced.whole(points.at(i)))) return;
  throw refused([
    {
      code: 'no-point',
      path: '',
      expected: 'a point that no trial has',
      found: `${points.size} points, all tried`,
    },
  ]);
}
