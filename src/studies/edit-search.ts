/** Checks an edit of a study's search against the lab file, without opening the lab. */
import { samplerOf } from '../core/samplers/after-edit.ts';
import { learns } from '../core/samplers/with-history.ts';
import { axesOf } from '../core/search-space/axis.ts';
import { problemText } from '../core/errors.ts';
import { enqueuedProblems } from '../core/search-space/enqueued-problems.ts';
import type { RefusedPoint } from '../core/search-space/enqueued-problems.ts';
import { ReducedSpace } from '../core/search-space/reduced-space.ts';
import { DuplicateSet } from '../core/study/duplicate-set.ts';
import {
  differences,
  editsOf,
  sameProposals,
  searchFor,
  searchOf,
  withSearch,
} from '../core/study/search-edit.ts';
import type { Search, SearchChange } from '../core/study/search-edit.ts';
import type { StudySpec } from '../core/study/study-spec.ts';
import { params as paramsSchema } from '../protocol/best-configs.ts';
import { editedSearch } from '../protocol/search-edit.ts';
import type { ObjectiveCheck } from '../protocol/study-file.ts';
import type { LabReader, StudySummary } from '../storage/lab-reader.ts';

/** Effect of an edit. */
export interface EditEffect {
  /** Number of the first trial that is proposed after it. */
  readonly first: number;
  /** Number of earlier trials that the sampler learns from; null: only the pruner changes. */
  readonly told: number | null;
  /** One line for each change. */
  readonly changes: readonly string[];
}

/** Effect that an edit would have. */
interface EditPreview extends EditEffect {
  /** Number of the trials until now that are inside the new ranges. */
  readonly inside: number;
  /** Enqueued points that wait, and are inside the ranges before the edit but not after it. */
  readonly outside: readonly RefusedPoint[];
}

/**
 * Returns what a change would do now. Reads the points of all trials and nothing else of them.
 * @throws InvalidInput with every problem of the change
 */
export function previewEdit(
  reader: LabReader,
  { uid, limits }: Pick<StudySummary, 'limits'> & { readonly uid: string },
  spec: StudySpec,
  change: SearchChange,
  checkObjective: ObjectiveCheck,
): EditPreview {
  const { repeats } = samplerOf(spec);
  let tried: DuplicateSet | null = null;
  const search = editedSearch(spec, change, {
    limits: limits ?? { trials: null, activeMs: null, target: null },
    atOnce: 0,
    workers: 1,
    isTried: (params) => {
      if (repeats) return false;
      tried ??= triedPoints(reader, uid, spec);
      return tried.find(params) !== null;
    },
    checkObjective,
  });
  const before = searchOf(spec);
  const space = new ReducedSpace(search.searchSpace, search.only);
  let first = 0;
  let inside = 0;
  for (const point of reader.points(uid)) {
    first += 1;
    if (space.inside(point) !== null) inside += 1;
  }
  const edited = withSearch(spec, search, { first, date: 0, told: 0, before });
  const learnsNow = (): boolean => learns(samplerOf(edited));
  const told = sameProposals(before, search) ? null : learnsNow() ? inside : 0;
  const outside =
    told === null ? [] : leftOutside(reader.enqueued(uid)?.points ?? [], spec, search);
  return { first, told, inside, outside, changes: differences(before, search) };
}

function leftOutside(
  points: readonly { readonly point: string; readonly params: unknown }[],
  before: Search,
  after: Search,
): RefusedPoint[] {
  return points.flatMap(({ point, params }) => {
    const given = paramsSchema.safeParse(params);
    if (!given.success || enqueuedProblems(before, given.data).length > 0) return [];
    const problems = enqueuedProblems(after, given.data);
    return problems.length === 0 ? [] : [{ point, reason: problems.map(problemText).join('; ') }];
  });
}

function triedPoints(reader: LabReader, uid: string, spec: StudySpec): DuplicateSet {
  // Points are not kept, so they are compared by their hashes.
  const tried = new DuplicateSet(axesOf(searchFor(spec, 0).searchSpace), () => null, false);
  let number = 0;
  for (const point of reader.points(uid)) tried.add(number++, point);
  return tried;
}

/** Returns what the newest edit of a study did; null: it was never edited. */
export function lastEdit(spec: StudySpec): EditEffect | null {
  const edits = editsOf(spec);
  return edits[edits.length - 1] ?? null;
}
