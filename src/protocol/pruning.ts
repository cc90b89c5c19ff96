/**
 * Early stopping of a study file: what its objective reports, the checks of its pruner, and the
 * pruner that a new study gets.
 */
import type { Problem } from '../core/errors.ts';
import { SETTINGS } from '../core/formats/settings-format.ts';
import { choosePruner } from '../core/pruners/choose-pruner.ts';
import { AUTO, checkPruner, pausesTrials } from '../core/pruners/create-pruner.ts';
import type { PrunerSpec, Reporting } from '../core/pruners/pruner.ts';
import { createSampler, learnsFromResults, samplerNames } from '../core/samplers/create-sampler.ts';
import type { Limits, Objective, Pruning, StudySpec } from '../core/study/study-spec.ts';

/**
 * Returns what an objective reports: `train` after each epoch, `synthetic` as often as it is told,
 * `command` where it has epochs or a rule for reports. Null: only its value at the end.
 */
export function reportingOf(objective: Objective): Reporting | null {
  const { kind } = objective;
  return Object.hasOwn(REPORTING, kind) ? (REPORTING[kind]?.(objective) ?? null) : null;
}

const REPORTING: Readonly<Record<string, (objective: Objective) => Reporting | null>> = {
  synthetic: ({ epochs }) =>
    typeof epochs === 'number' && epochs > 1 ? { length: epochs, keeps: 'last' } : null,
  command({ reports, epochs }) {
    if (typeof epochs === 'number') return epochs > 1 ? { length: epochs, keeps: 'last' } : null;
    return reports === undefined && epochs === undefined ? null : { length: null, keeps: 'last' };
  },
  train({ settings }) {
    if (typeof settings !== 'object' || settings === null) return null;
    const { epochs, keep = SETTINGS.keep.default } = settings as Readonly<Record<string, unknown>>;
    const keeps = keep === 'last' ? 'last' : 'best';
    if (typeof epochs !== 'number') return { length: null, keeps };
    return epochs > 1 ? { length: epochs, keeps } : null;
  },
};

/** The pruner that a study file names; `auto` where it names none. */
export function prunerOf(file: { readonly pruner?: PrunerSpec | null | undefined }): PrunerSpec {
  return file.pruner ?? { name: AUTO };
}

/** Returns the problems of a study's pruner with its objective and its sampler. */
export function prunerProblems(
  spec: PrunerSpec,
  objective: Objective | undefined,
  sampler: string | undefined,
  objectives?: unknown,
): Problem[] {
  const problems = checkPruner(spec, objective === undefined ? undefined : reportingOf(objective));
  const stops = spec.name !== AUTO && spec.name !== 'none';
  if (problems.length > 0 || !stops) return problems;
  if (objectives !== undefined)
    return [
      {
        code: 'pruner-and-objectives',
        path: 'pruner',
        expected: 'none beside "objectives"',
        found: spec.name,
        hint: 'a pruner compares one value, and trials of several objectives have no order',
      },
    ];
  if (pausesTrials(spec)) return pausingProblems(sampler);
  if (sampler === 'pbt')
    return [
      {
        code: 'pruner-and-parts',
        path: 'pruner',
        expected: 'none with the sampler pbt',
        found: spec.name,
        hint: 'it replaces the worst members of its population itself',
      },
    ];
  if (sampler !== 'generational') return problems;
  return [
    {
      code: 'pruner-and-generations',
      path: 'pruner',
      expected: 'none with the sampler generational',
      found: spec.name,
      hint: 'it gives the same trials on any number of workers, and stopping depends on the order of results; evolution allows pruners',
    },
  ];
}

/** Returns what keeps trials of a study from pausing at rungs. */
function pausingProblems(sampler: string | undefined): Problem[] {
  const able = samplerNames.filter(({ name }) => !learnsFromResults(name));
  if (sampler === undefined || able.some(({ name }) => name === sampler)) return [];
  return [
    {
      code: 'pauses-and-learns',
      path: 'sampler.name',
      expected: `a sampler that does not learn, because paused trials have no value to learn from: ${able.map(({ name }) => name).join(', ')}`,
      found: sampler,
      hint: 'random, as in the paper',
    },
  ];
}

/** Returns the spec of a new study with the early stopping that it gets. */
export function withPruning(
  named: PrunerSpec | null | undefined,
  spec: StudySpec,
  { trials }: Limits,
  workers: number,
): StudySpec {
  const pruning = pruningOf(named ?? null, spec, trials, workers);
  return pruning === undefined ? spec : { ...spec, pruning };
}

/**
 * Returns the early stopping of a new study; undefined: no trial is stopped, and no reason is worth
 * storing.
 * @param named the study file's pruner; null: it names none
 */
function pruningOf(
  named: PrunerSpec | null,
  { objective, objectives, sampler, searchSpace, direction, seed }: StudySpec,
  trials: number | null,
  workers: number,
): Pruning | undefined {
  // Trials of listed objectives have no order, so none is compared with another.
  const reporting = objectives === undefined ? reportingOf(objective) : null;
  const { pruner, reason } = choosePruner(named ?? { name: AUTO }, {
    reporting,
    trials,
    workers,
    sampler: createSampler(sampler, searchSpace, direction, seed),
  });
  if (reporting === null || (pruner.name === 'none' && named?.name !== AUTO)) return undefined;
  return { pruner, reason, ...reporting };
}
