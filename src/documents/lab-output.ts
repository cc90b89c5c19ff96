/** Converts rows of a lab file to the documents that commands print and windows show. */
import { GalapagosError } from '../core/errors.ts';
import type { ParamValue } from '../core/search-space/distribution.ts';
import { boundsOf } from '../core/study/objectives.ts';
import type { Figures, Listed } from '../core/study/objectives.ts';
import { scoreKindOf } from '../core/study/score.ts';
import type { ScoreKind } from '../core/study/score.ts';
import type { StudyEnergy } from '../core/study/study-energy.ts';
import { editsOf } from '../core/study/search-edit.ts';
import type { Direction, Limits } from '../core/study/study-spec.ts';
import type { ShowOutput, StoryOutput, TrialOutput } from '../protocol/cli-output.ts';
import type { LabReader, StudySummary, TrialRecord, TrialStory } from '../storage/lab-reader.ts';
import { lineageOf, namedValues } from './best-configs.ts';
import type { ExportedStudy } from './best-configs.ts';

/** Metrics that JSON cannot represent as numbers are written as text. */
const asJson = (metric: number | string): number | string =>
  typeof metric === 'number' && !Number.isFinite(metric) ? String(metric) : metric;

const finiteOrNull = (value: number): number | null => (Number.isFinite(value) ? value : null);

/** @throws GalapagosError `unknown-study` when the lab has no study of this name */
export function knownStudy(reader: LabReader, nameOrUid: string, lab: string): StudySummary {
  const study = reader.study(nameOrUid);
  if (study !== null) return study;
  const names = reader.names().map(({ name }) => name);
  const held = names.length === 0 ? 'it contains none' : `it contains ${names.join(', ')}`;
  throw new GalapagosError(
    'unknown-study',
    `${lab} contains no study ${JSON.stringify(nameOrUid)}: ${held}`,
  );
}

/** Direction of the first objective. */
export function directionOf({ directions }: StudySummary): Direction {
  return directions[0] ?? 'minimize';
}

export function scoreKindOfStudy({ spec }: StudySummary): ScoreKind {
  return scoreKindOf(spec?.objective ?? null, spec?.objectives);
}

/** States in which a program runs the study. */
const ACTIVE: ReadonlySet<string> = new Set(['running', 'pausing', 'ending']);

/** @param isHeld whether a program may have the lab open */
export function studyOutput(study: StudySummary, isHeld = true): ShowOutput['study'] {
  const { name, uid, note, deleted, state, reason, counts, limits, best } = study;
  const { waiting, running, complete, pruned, failed } = counts;
  return {
    name,
    uid,
    note,
    deleted,
    state,
    ...(state !== null && ACTIVE.has(state) && !isHeld ? { interrupted: true as const } : {}),
    reason,
    direction: directionOf(study),
    counts: { waiting, running, complete, pruned, failed },
    limits: {
      trials: limits?.trials ?? null,
      minutes: minutesOf(limits),
      target: limits?.target ?? null,
    },
    ...scoreKindOfStudy(study),
    best:
      best === null || !Number.isFinite(best.value)
        ? null
        : { trial: best.number, value: best.value },
  };
}

/**
 * Returns the number of trials that are paused at a rung; none where the pruner pauses none.
 * @param trials of the study, read only if some may be paused
 */
export function pausedOutput(
  { spec, counts }: StudySummary,
  trials: () => Iterable<TrialRecord>,
): Pick<ShowOutput, 'paused'> {
  if (spec?.pruning?.pruner.name !== 'asha-promotion') return {};
  let paused = 0;
  if (counts.waiting > 0)
    for (const { pausedAfter } of trials()) if (pausedAfter !== undefined) paused += 1;
  return { paused };
}

function minutesOf(limits: Limits | null): number | null {
  const activeMs = limits?.activeMs ?? null;
  return activeMs === null ? null : activeMs / 60_000;
}

export function searchedOutput({ spec }: StudySummary): ShowOutput['searched'] {
  if (spec === null) return null;
  const { objective, objectives, constraints, searchSpace, sampler, seed } = spec;
  const { pruning, devices, packing, audit, startedFrom, only } = spec;
  return {
    objective,
    ...(objectives === undefined ? {} : { objectives: [...objectives] }),
    ...(constraints === undefined ? {} : { constraints: { ...constraints } }),
    searchSpace: structuredClone(searchSpace) as NonNullable<ShowOutput['searched']>['searchSpace'],
    sampler,
    seed,
    ...(pruning === undefined ? {} : { pruner: pruning.pruner, prunerReason: pruning.reason }),
    ...(devices === undefined ? {} : { devices: [...devices] }),
    ...(packing === undefined ? {} : { packing }),
    ...(audit === undefined ? {} : { audit }),
    ...(startedFrom === undefined ? {} : { startedFrom: [...startedFrom] }),
    ...(only === undefined ? {} : { only: structuredClone(only) as Record<string, ParamValue[]> }),
    ...(spec.edits === undefined ? {} : { edits: editsOf(spec) }),
  };
}

/** @param best best first */
export function trainedOutput(best: readonly TrialRecord[]): ShowOutput['trained'] {
  return { executors: executorsOf(best), reports: best[0] === undefined ? [] : reportsOf(best[0]) };
}

/** Each executor label once, with the first reason given for it. */
export function executorsOf(trials: readonly TrialRecord[]): ShowOutput['trained']['executors'] {
  const reasons = new Map<string, string | null>();
  for (const { result } of trials) {
    if (result?.executor !== undefined && !reasons.has(result.executor))
      reasons.set(result.executor, result.executorReason ?? null);
  }
  return [...reasons].map(([label, reason]) => ({ label, reason }));
}

function reportsOf({ reports }: TrialRecord): TrialOutput['reports'] {
  return reports.map(({ step, value }) => ({ epoch: step + 1, value: finiteOrNull(value) }));
}

/** @param listed objectives and constraints of the study; absent: it lists none */
export function trialOutput(
  trial: TrialRecord,
  { metric, split }: ScoreKind,
  listed?: Listed | null,
): TrialOutput {
  const { number, state, outcome, value, params, origin, attempts, start, complete, result } =
    trial;
  return {
    trial: number,
    state,
    outcome,
    value: value !== null && Number.isFinite(value) ? value : null,
    ...listedOutput(trial, listed),
    metric,
    split,
    params: { ...params },
    lineage: lineageOf(origin),
    attempts,
    started: start?.toISOString() ?? null,
    completed: complete?.toISOString() ?? null,
    executor: result?.executor ?? null,
    reports: reportsOf(trial),
    ...(trial.pausedAfter === undefined ? {} : { pausedAfter: trial.pausedAfter }),
    metrics: Object.fromEntries(
      Object.entries(result?.metrics ?? {}).map(([name, metric]) => [name, asJson(metric)]),
    ),
  };
}

/** Values of the objectives, and the bounds that the trial violates. */
function listedOutput(
  { figures }: TrialRecord,
  listed: Listed | null = null,
): Pick<TrialOutput, 'values' | 'violates'> {
  if (figures === undefined || listed?.objectives === undefined) return {};
  // A trial that has diverged counts as the worst.
  if (!figures.values.every(Number.isFinite)) return {};
  const values = namedValues({ figures }, listed.objectives) ?? {};
  const violates = violatedBounds(figures, listed);
  return { values: { ...values }, ...(violates.length === 0 ? {} : { violates }) };
}

/** Bounds that a trial violates: `weights 131100, not at most 100000`. */
export function violatedBounds({ excesses }: Pick<Figures, 'excesses'>, listed: Listed): string[] {
  return boundsOf(listed).flatMap(({ metric, side, limit }, i) => {
    const excess = excesses[i] ?? 0;
    if (excess <= 0) return [];
    const value = side === 'at most' ? limit + excess : limit - excess;
    return [`${metric} ${rounded(value)}, not ${side} ${limit}`];
  });
}

/** Four significant digits. */
function rounded(value: number): string {
  return String(Number(value.toPrecision(4)));
}

export function storyOutput(
  study: StudySummary,
  { trial, attempts, audits, lines }: TrialStory,
): StoryOutput {
  const edits = study.spec === null ? [] : editsOf(study.spec);
  const editBefore = edits.filter(({ first }) => first <= trial.number).pop();
  return {
    study: study.name,
    trial: trial.number,
    ...scoreKindOfStudy(study),
    state: trial.state,
    ...(trial.pausedAfter === undefined ? {} : { pausedAfter: trial.pausedAfter }),
    outcome: trial.outcome,
    value: trial.value === null ? null : finiteOrNull(trial.value),
    ...listedOutput(trial, study.spec),
    lineage: lineageOf(trial.origin),
    params: { ...trial.params },
    attempts: attempts.map(({ attemptNumber, slot, outcome, result, detail }) => ({
      attemptNumber,
      slot,
      outcome,
      ms: result?.ms ?? null,
      detail: result?.error ?? detail,
      executor: result?.executor ?? null,
      executorReason: result?.executorReason ?? null,
    })),
    audits: audits.map(({ value, difference, ...audit }) => ({
      ...audit,
      value: value === null ? null : finiteOrNull(value),
      difference:
        difference === null
          ? null
          : {
              metric: difference.metric,
              value: finiteOrNull(difference.value),
              found: finiteOrNull(difference.found),
            },
    })),
    reports: reportsOf(trial).map((report) => ({
      ...report,
      metrics: { ...trial.result?.reports?.find(({ step }) => step + 1 === report.epoch)?.metrics },
    })),
    ...(editBefore === undefined ? {} : { edit: editBefore }),
    story: [...lines],
  };
}

/** @param energy of the study; null: unknown */
export function exportedStudy(study: StudySummary, energy: StudyEnergy | null): ExportedStudy {
  return {
    name: study.name,
    note: study.note,
    ...(study.spec === null ? {} : { edits: editsOf(study.spec) }),
    direction: directionOf(study),
    seed: study.spec?.seed ?? null,
    ...scoreKindOfStudy(study),
    energy,
  };
}
