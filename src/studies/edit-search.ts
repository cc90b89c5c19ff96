/** Checks an edit of a study's search against the lab file, without opening the lab. */
import { samplerOf, toldAfter } from '../core/samplers/after-edit.ts';
import { axesOf } from '../core/search-space/axis.ts';
import { keyText } from '../core/search-space/duplicate-key.ts';
import { ReducedSpace } from '../core/search-space/reduced-space.ts';
import type { EncodedParams } from '../core/search-space/distribution.ts';
import {
  differences,
  editsOf,
  sameProposals,
  searchFor,
  searchOf,
  withSearch,
} from '../core/study/search-edit.ts';
import type { SearchChange } from '../core/study/search-edit.ts';
import type { StudySpec } from '../core/study/study-spec.ts';
import { editedSearch } from '../protocol/search-edit.ts';
import type { ObjectiveCheck } from '../protocol/study-file.ts';
import type { LabReader, StudySummary } from '../storage/lab-reader.ts';

/** What an edit does, or did. */
export interface EditEffect {
  /** Number of the first trial that is proposed after it. */
  readonly first: number;
  /** Number of earlier trials that the sampler learns from; null: only the pruner changes. */
  readonly told: number | null;
  /** One line for each change. */
  readonly changes: readonly string[];
}

/** What an edit would do. */
interface EditPreview extends EditEffect {
  /** Number of the trials until now that are inside the new ranges. */
  readonly inside: number;
}

/**
 * Returns what a change would do now. @throws InvalidInput with every problem of the change
 */
export function previewEdit(
  reader: LabReader,
  { uid, limits }: Pick<StudySummary, 'limits'> & { readonly uid: string },
  spec: StudySpec,
  change: SearchChange,
  checkObjective: ObjectiveCheck,
): EditPreview {
  const axes = axesOf(searchFor(spec, 0).searchSpace);
  const points: (EncodedParams | null)[] = [];
  const keys = new Set<string>();
  for (const { encoded } of reader.trials(uid)) {
    points.push(encoded);
    if (encoded !== null) keys.add(keyText(axes, encoded));
  }
  const { repeats } = samplerOf(spec);
  const search = editedSearch(spec, change, {
    limits: limits ?? { trials: null, activeMs: null, target: null },
    atOnce: 0,
    workers: 1,
    isTried: (params) => !repeats && keys.has(keyText(axes, params)),
    checkObjective,
  });
  const before = searchOf(spec);
  const first = points.length;
  const edited = withSearch(spec, search, { first, date: 0, told: 0, before });
  const told = sameProposals(before, search)
    ? null
    : toldAfter(search, samplerOf(edited), first, (number) => points[number] ?? null);
  const space = new ReducedSpace(search.searchSpace, search.only);
  const inside = points.filter((point) => point !== null && space.inside(point) !== null).length;
  return { first, told, inside, changes: differences(before, search) };
}

/** Returns what the newest edit of a study did; null: it was never edited. */
export function lastEdit(spec: StudySpec): EditEffect | null {
  const edits = editsOf(spec);
  return edits[edits.length - 1] ?? null;
}
