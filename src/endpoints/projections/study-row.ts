/**
 * A study's row in the list of studies and its head, from the scheduler's state and its projection.
 */
import { withEscapes } from '../../core/hidden-characters.ts';
import { trialsOf } from '../../core/scheduling/index.ts';
import type { Study } from '../../core/scheduling/index.ts';
import { earlyStops } from '../../core/study/early-stops.ts';
import { scoreKindOf } from '../../core/study/score.ts';
import { editsOf, everSearched } from '../../core/study/search-edit.ts';
import { startedFromText } from '../../core/study/start-history.ts';
import type { Limits } from '../../core/study/study-spec.ts';
import { objectiveKind } from '../../objectives/registry.ts';
import { studyFile } from '../../protocol/study-file.ts';
import type { StudyHead, StudyRow } from '../../protocol/window/study-stream.ts';
import { notesOn } from '../../studies/study-notes.ts';
import type { ForeignSummary } from '../reading/read-thread.ts';
import type { ChanceOf } from './chance-levels.ts';
import type { SamplesOf } from './epoch-samples.ts';
import type { LabView } from './lab-view.ts';
import type { StudyProjection } from './study-projection.ts';
import type { StudyWatch } from './study-watch.ts';

export function studyRow(watch: StudyWatch, confirms: string | null): StudyRow {
  const { study, best, staircase, created } = watch;
  const { uid, spec, state, reason } = study;
  const saved = earlyStops(watch.counts, watch.prunedEpochs, spec.pruning);
  return {
    uid,
    key: uid,
    name: spec.name,
    note: study.note,
    deleted: study.deleted,
    state,
    reason,
    direction: spec.direction,
    ...scoreKindOf(spec.objective, spec.objectives),
    counts: { ...openCounts(study), ...watch.counts },
    ...(saved === undefined ? {} : { earlyStops: { ...saved } }),
    limits: shownLimits(study.limits),
    best,
    ...(spec.objectives === undefined
      ? {}
      : { objectives: spec.objectives.map(({ metric }) => metric) }),
    staircase,
    created,
    confirms,
    tests: confirms !== null && spec.objective['test'] === true,
    settled: watch.grace.settled,
  };
}

/** Data of a head from outside the scheduler. */
export interface HeadContext {
  readonly confirms: string | null;
  readonly chanceOf: ChanceOf;
  readonly samplesOf: SamplesOf;
}

export function studyHead(
  watch: StudyWatch,
  view: LabView,
  projection: StudyProjection,
  { confirms, chanceOf, samplesOf }: HeadContext,
): StudyHead {
  const { study } = watch;
  const { spec, activeSince } = study;
  const now = view.lab.coordinator.now;
  const { objective, searchSpace, sampler, seed, pruning } = spec;
  return {
    ...studyRow(watch, confirms),
    activeMs: study.activeMs + (activeSince === null ? 0 : Math.max(0, now - activeSince)),
    at: Date.now(),
    since: watch.since,
    ...watch.pace.say(view.lab.coordinator.lab, study, now),
    // The same type except for `readonly`.
    searched: {
      objective,
      ...(spec.objectives === undefined ? {} : { objectives: [...spec.objectives] }),
      searchSpace: searchSpace as NonNullable<StudyHead['searched']>['searchSpace'],
      sampler,
      ...editedSearch(spec),
      seed,
      ...(pruning === undefined ? {} : { pruner: pruning.pruner, prunerReason: pruning.reason }),
      ...(spec.startedFrom === undefined ? {} : { startedFrom: [...spec.startedFrom] }),
    },
    parameters: Object.keys(searchSpace),
    operators: projection.operators.list,
    slots: projection.slots.list,
    executors: [...projection.executors].map(([label, reason]) => ({ label, reason })),
    trains: objectiveKind(objective.kind)?.trains ?? false,
    statesSeed: objectiveKind(objective.kind)?.statesSeed ?? false,
    epochs: objectiveKind(objective.kind)?.epochs(objective) ?? null,
    epochSamples: samplesOf(objective),
    chance: chanceOf(objective, study.spec.objectives),
    notes: notesOf(spec),
    trials: Math.max(trialsOf(study), projection.rows.size),
  };
}

function editedSearch(spec: Study['spec']): Partial<NonNullable<StudyHead['searched']>> {
  const { only, edits } = spec;
  if (edits === undefined) return {};
  return {
    ...(only === undefined ? {} : { only }),
    edits: editsOf(spec),
    everSearched: everSearched(spec) as NonNullable<StudyHead['searched']>['searchSpace'],
  };
}

/** Row of another program's study, from its file. */
export function foreignRow({ summary, ends, moments }: ForeignSummary): StudyRow {
  const { name, counts, best, directions } = summary;
  const [direction = 'minimize'] = directions;
  return {
    uid: null,
    key: name,
    name: withEscapes(name),
    note: '',
    deleted: false,
    state: null,
    reason: null,
    direction,
    ...scoreKindOf(null),
    counts: { ...counts, paused: 0, diverged: 0 },
    limits: { trials: null, minutes: null, target: null },
    best: best === null ? null : { trial: best.number, value: best.value, at: moments.best },
    staircase:
      directions.length === 1
        ? staircaseOf(ends, direction)
        : { ended: [], trials: [], values: [], activeMs: [] },
    created: moments.created,
    confirms: null,
    tests: false,
    settled: null,
  };
}

export function foreignHead(foreign: ForeignSummary, projection: StudyProjection): StudyHead {
  const { counts } = foreign.summary;
  const trials = counts.waiting + counts.running + counts.complete + counts.pruned + counts.failed;
  return {
    ...foreignRow(foreign),
    activeMs: null,
    at: Date.now(),
    since: null,
    timeLeft: { unknown: 'foreign', needed: null },
    trialsPerMinute: null,
    searched: null,
    parameters: [...foreign.parameters],
    operators: projection.operators.list,
    slots: [],
    executors: [],
    trains: false,
    statesSeed: false,
    epochs: null,
    epochSamples: null,
    chance: null,
    notes: [],
    trials: Math.max(trials, projection.rows.size),
  };
}

function staircaseOf(
  ends: ForeignSummary['ends'],
  direction: StudyRow['direction'],
): StudyRow['staircase'] {
  const staircase: StudyRow['staircase'] = { ended: [], trials: [], values: [], activeMs: [] };
  for (const [i, { number, value }] of ends.entries()) {
    const best = staircase.values.at(-1);
    if (
      !Number.isFinite(value) ||
      (best !== undefined && !(direction === 'minimize' ? value < best : value > best))
    )
      continue;
    staircase.ended.push(i + 1);
    staircase.trials.push(number);
    staircase.values.push(value);
    staircase.activeMs.push(null);
  }
  return staircase;
}

export function shownLimits({ trials, activeMs, target }: Limits): StudyRow['limits'] {
  return { trials, minutes: activeMs === null ? null : activeMs / 60_000, target };
}

export function limitsOf({ trials, minutes, target }: StudyRow['limits']): Limits {
  return { trials, activeMs: minutes === null ? null : minutes * 60_000, target };
}

function openCounts({ open }: Study): { waiting: number; paused: number; running: number } {
  let [running, paused] = [0, 0];
  for (const trial of open.values()) {
    if (trial.state === 'running') running += 1;
    // A promoted trial counts as paused until it starts, as in the lab file.
    else if (trial.paused || trial.past.at(-1)?.outcome === 'paused') paused += 1;
  }
  return { waiting: open.size - running - paused, paused, running };
}

function notesOf(spec: Study['spec']): string[] {
  const { objective, searchSpace, startedFrom } = spec;
  const parsed = studyFile.shape.objective.safeParse(objective);
  return [
    ...(parsed.success ? notesOn({ objective: parsed.data, searchSpace }) : []),
    ...(startedFrom === undefined ? [] : [`The study ${startedFromText(startedFrom)}.`]),
    ...editsOf(spec).map(
      ({ first, changes }) =>
        `The search was edited from trial ${first} on: ${changes.join('; ')}.`,
    ),
  ];
}
