/**
 * The chosen value axis of a study: stored, and shared by all views, so that a trial has one height
 * and one colour.
 */
import { scaleKinds } from '../charts/scales.ts';
import type { ScaleKind } from '../charts/scales.ts';
import { populationOf } from './population.ts';
import type { Population } from './population.ts';
import type { Preferences } from './preferences.svelte.ts';
import type { StudyState } from './study.svelte.ts';

interface Remembering {
  readonly preferences: Pick<Preferences, 'get' | 'set'>;
}

type OfStudy = Pick<StudyState, 'key' | 'table'>;

/** Null when the user has not chosen: the axis suits the measure then. */
export function chosenAxis(
  { preferences }: Remembering,
  { key }: Pick<StudyState, 'key'>,
): ScaleKind | null {
  const kept = preferences.get(nameOf(key), '');
  return scaleKinds.find((kind) => kind === kept) ?? null;
}

export function chooseAxis(app: Remembering, study: OfStudy, kind: ScaleKind): void {
  app.preferences.set(nameOf(study.key), kind);
  populationOfStudy(app, study);
}

/** The population of a study, on the chosen axis. */
export function populationOfStudy(app: Remembering, study: OfStudy): Population {
  const population = populationOf(study.table);
  population.setScaleKind(chosenAxis(app, study), Date.now());
  return population;
}

function nameOf(study: string): string {
  return `axis.${study}`;
}
