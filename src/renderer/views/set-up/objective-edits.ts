/** Edits of the objectives and bounds of a study that is being set up. Pure. */
import { takesSeveralObjectives } from '../../../core/samplers/create-sampler.ts';
import { at, listOf, objectOf, put } from './study-edits.ts';
import type { Json, JsonObject, Study } from './study-edits.ts';

export interface ObjectiveRow {
  readonly metric: string;
  readonly direction: string;
}

export interface BoundRow {
  readonly metric: string;
  readonly bounds: JsonObject;
}

/** Metrics of which larger values are better. */
const LARGER = /accuracy$|^samplesPerSecond$/i;

/** Objectives that the study lists; empty: it has one, its value. */
export function objectivesOf(study: Study): readonly ObjectiveRow[] {
  return listOf(study['objectives']).map((each) => ({
    metric: textOf(at(each, 'metric')),
    direction: textOf(at(each, 'direction')),
  }));
}

export function boundsOf(study: Study): readonly BoundRow[] {
  return Object.entries(objectOf(study['constraints'])).map(([metric, bounds]) => ({
    metric,
    bounds: objectOf(bounds),
  }));
}

/** The objective of a study that lists none. */
export function singleOf(study: Study): ObjectiveRow {
  const { kind, metric } = objectOf(study['objective']);
  const named = kind === 'train' ? textOf(metric, 'accuracy') : 'value';
  return { metric: named, direction: textOf(study['direction'], 'minimize') };
}

/**
 * Lists one more objective: the first metric that is not listed. The first addition removes the
 * fields that a study with several objectives cannot have, and replaces a sampler of one objective
 * by `auto`.
 * @param metrics metrics that trials return; null: any
 */
export function addObjective(study: Study, metrics: readonly string[] | null): Study {
  const rows = objectivesOf(listed(study));
  return withObjectives(listed(study), [...rows, rowOf(unlisted(rows, metrics))]);
}

/** Changes an objective; another metric gets its usual direction. */
export function setObjective(study: Study, index: number, change: Partial<ObjectiveRow>): Study {
  const changed = change.metric === undefined ? change : { ...rowOf(change.metric), ...change };
  const rows = objectivesOf(study);
  return withObjectives(
    study,
    rows.map((row, i) => (i === index ? { ...row, ...changed } : row)),
  );
}

/** Removes an objective; the study lists none if only its own value is left. */
export function removeObjective(study: Study, index: number): Study {
  return withObjectives(
    study,
    objectivesOf(study).filter((_, i) => i !== index),
  );
}

/** Adds a bound of the first metric that has none; its limits are to be filled in. */
export function addBound(study: Study, metrics: readonly string[] | null): Study {
  const next = unlisted(boundsOf(study), metrics);
  return put(listed(study), ['constraints', next], {});
}

/**
 * Sets or removes one side of a bound; a bound without sides stays, so that it can be filled in.
 */
export function setBound(
  study: Study,
  metric: string,
  side: 'at most' | 'at least',
  limit: Json | undefined,
): Study {
  return put(study, ['constraints', metric, side], limit);
}

export function renameBound(study: Study, metric: string, to: string): Study {
  const bounds = boundsOf(study);
  if (bounds.some((each) => each.metric === to)) return study;
  const entries = bounds.map((each) => [each.metric === metric ? to : each.metric, each.bounds]);
  return { ...study, constraints: Object.fromEntries(entries) as JsonObject };
}

export function removeBound(study: Study, metric: string): Study {
  const left = boundsOf(study).filter((each) => each.metric !== metric);
  const constraints = Object.fromEntries(left.map((each) => [each.metric, each.bounds]));
  const next = put(study, ['constraints'], left.length === 0 ? undefined : constraints);
  return withObjectives(next, objectivesOf(next));
}

/** The study with its value as a listed objective, if it lists none. */
function listed(study: Study): Study {
  if (study['objectives'] !== undefined) return study;
  const sampler = textOf(at(study, 'sampler', 'name'));
  return {
    ...put(put(study, ['pruner'], undefined), ['stop', 'target'], undefined),
    objectives: [{ ...singleOf(study) }],
    ...(takesSeveralObjectives(sampler) ? {} : { sampler: { name: 'auto' } }),
  };
}

function withObjectives(study: Study, rows: readonly ObjectiveRow[]): Study {
  const [first] = rows;
  if (first === undefined) return put(study, ['objectives'], undefined);
  // The direction of a study is that of its first objective.
  const next = { ...study, direction: first.direction };
  const isAlone = rows.length === 1 && boundsOf(study).length === 0;
  if (isAlone && first.metric === singleOf(study).metric)
    return put(next, ['objectives'], undefined);
  return { ...next, objectives: rows.map((row) => ({ ...row })) };
}

function rowOf(metric: string): ObjectiveRow {
  return { metric, direction: LARGER.test(metric) ? 'maximize' : 'minimize' };
}

function unlisted(
  rows: readonly { readonly metric: string }[],
  metrics: readonly string[] | null,
): string {
  const free = (metrics ?? []).find((name) => rows.every(({ metric }) => metric !== name));
  if (free !== undefined) return free;
  let i = 1;
  while (rows.some(({ metric }) => metric === `metric${i}`)) i += 1;
  return `metric${i}`;
}

/** The value if it is text; drafts may contain anything. */
function textOf(value: Json | undefined, absent = ''): string {
  return typeof value === 'string' ? value : absent;
}
