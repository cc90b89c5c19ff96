/**
 * Edits of a study's search while its history stays: other ranges, fixed parameters, another
 * sampler or pruner. The study's spec is that of the newest edit; each edit keeps the search before
 * it.
 */
import type { Only } from '../search-space/reduced-space.ts';
import type { ParamValue, SearchSpace } from '../search-space/distribution.ts';
import type { PrunerSpec } from '../pruners/pruner.ts';
import type { SamplerSpec } from '../samplers/sampler.ts';
import type { Search, SearchEdit, StudySpec } from './study-spec.ts';

export type { Search, SearchEdit };

/** Changes that a person wants; at least one field is present. */
export interface SearchChange {
  /** Bounds of numeric parameters, which are then no longer fixed. */
  readonly ranges?: Readonly<Record<string, { readonly low: number; readonly high: number }>>;
  /** As in `Only`. */
  readonly only?: Only;
  /** Parameters that are no longer limited. */
  readonly free?: readonly string[];
  readonly sampler?: SamplerSpec;
  readonly pruner?: PrunerSpec;
}

/** Returns the search of a spec. */
export function searchOf({ searchSpace, only, sampler, pruning }: Search): Search {
  return {
    searchSpace,
    ...(only === undefined ? {} : { only }),
    sampler,
    ...(pruning === undefined ? {} : { pruning }),
  };
}

/** Returns the search that a trial was proposed by. */
export function searchFor(spec: Search & Pick<StudySpec, 'edits'>, number: number): Search {
  const edit = spec.edits?.find(({ first }) => number < first);
  return edit === undefined ? searchOf(spec) : edit.before;
}

/** Returns the spec with another search and the edit that led to it. */
export function withSearch(spec: StudySpec, search: Search, edit: SearchEdit): StudySpec {
  return { ...unsearched(spec), ...searchOf(search), edits: [...(spec.edits ?? []), edit] };
}

/**
 * Returns the search space with each range widened to all that the study has had, so that every
 * trial of the study is inside.
 */
export function everSearched({
  searchSpace,
  edits = [],
}: Pick<StudySpec, 'searchSpace' | 'edits'>): SearchSpace {
  if (edits.length === 0) return searchSpace;
  const widened = Object.entries(searchSpace).map(([name, last]) => {
    let distribution = last;
    for (const { before } of edits) {
      const earlier = before.searchSpace[name];
      if (earlier === undefined || earlier.type === 'categorical') continue;
      if (distribution.type === 'categorical') continue;
      distribution = {
        ...distribution,
        low: Math.min(distribution.low, earlier.low),
        high: Math.max(distribution.high, earlier.high),
      };
    }
    return [name, distribution] as const;
  });
  return Object.fromEntries(widened);
}

/** Returns whether two searches propose the same trials from the same history. */
export function sameProposals(a: Search, b: Search): boolean {
  const key = ({ searchSpace, only = {}, sampler }: Search): string =>
    JSON.stringify([searchSpace, Object.entries(only).sort(), sampler]);
  return key(a) === key(b);
}

/** Returns one line for each difference of two searches, e.g. `learningRate: 0.001 … 1 → …`. */
export function differences(before: Search, after: Search): string[] {
  const lines = Object.entries(after.searchSpace).flatMap(([name, distribution]) => {
    const [from, to] = [
      rangeText(before, name),
      rangeText({ ...after, searchSpace: { [name]: distribution } }, name),
    ];
    return from === to ? [] : [`${name}: ${from} → ${to}`];
  });
  const [sampler, pruner] = [settingText(before.sampler), settingText(before.pruning?.pruner)];
  if (settingText(after.sampler) !== sampler)
    lines.push(`sampler: ${sampler} → ${settingText(after.sampler)}`);
  if (settingText(after.pruning?.pruner) !== pruner)
    lines.push(`pruner: ${pruner} → ${settingText(after.pruning?.pruner)}`);
  return lines;
}

/** An edit as people read it. */
export interface EditSummary extends Pick<SearchEdit, 'first' | 'told'> {
  /** In ISO 8601. */
  readonly date: string;
  /** One line for each change. */
  readonly changes: readonly string[];
}

/** Returns the edits of a study, oldest first. */
export function editsOf(spec: Search & Pick<StudySpec, 'edits'>): EditSummary[] {
  const { edits = [] } = spec;
  return edits.map(({ first, told, date, before }, i) => ({
    ...{ first, told, date: new Date(date).toISOString() },
    changes: differences(before, edits[i + 1]?.before ?? searchOf(spec)),
  }));
}

function rangeText({ searchSpace, only = {} }: Search, name: string): string {
  const values = Object.hasOwn(only, name) ? only[name] : undefined;
  if (values !== undefined)
    return values.length === 1 ? `fixed at ${valueText(values[0])}` : listText(values);
  const distribution = Object.hasOwn(searchSpace, name) ? searchSpace[name] : undefined;
  if (distribution === undefined) return 'none';
  if (distribution.type === 'categorical') return listText(distribution.choices);
  return `${distribution.low} … ${distribution.high}`;
}

function listText(values: readonly ParamValue[]): string {
  return values.map(valueText).join(', ');
}

function valueText(value: ParamValue | undefined): string {
  return typeof value === 'string' ? value : JSON.stringify(value ?? null);
}

/** `tpe` or `tpe {"startup":20}`; of `auto` the sampler that it chose. */
function settingText(spec: SamplerSpec | PrunerSpec | undefined): string {
  if (spec === undefined) return 'none';
  const { name, uses } = spec;
  const shown = typeof uses === 'string' ? `${name} (${uses})` : name;
  const settings = Object.entries(spec).filter(
    ([setting]) => !['name', 'uses', 'because'].includes(setting),
  );
  return settings.length === 0 ? shown : `${shown} ${JSON.stringify(Object.fromEntries(settings))}`;
}

/** Returns the spec without the fields that a search may lack. */
export function unsearched(spec: StudySpec): StudySpec {
  const kept = Object.entries(spec).filter(([name]) => name !== 'only' && name !== 'pruning');
  return Object.fromEntries(kept) as unknown as StudySpec;
}
