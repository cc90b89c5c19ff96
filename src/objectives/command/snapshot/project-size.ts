/** Checks that a project folder is small enough for a snapshot, and names its largest entries. */
import type { Problem } from '../../../core/errors.ts';
import {
  MOST_SNAPSHOT_BYTES,
  MOST_SNAPSHOT_ENTRIES,
  folderOf,
} from '../../../protocol/code-snapshot.ts';
import type { ProjectEntry, WalkedProject } from './project-walk.ts';

/** Entries that a problem names. */
const NAMED = 5;
/** Share of a folder's bytes from which one entry in it is named instead. */
const MOST_OF_IT = 0.8;
const IGNORE_HINT =
  'write a line for each in .galapagosignore, which has the rules of .gitignore: in the working folder they are then links to the project folder';

export function projectSizeProblems(
  { entries, leftOut, complete }: WalkedProject,
  most: { readonly bytes: number; readonly entries: number } = {
    bytes: MOST_SNAPSHOT_BYTES,
    entries: MOST_SNAPSHOT_ENTRIES,
  },
): Problem[] {
  const bytes = entries.reduce((sum, each) => sum + each.bytes, 0);
  const about = { code: 'project-too-large', path: 'objective.folder', hint: IGNORE_HINT };
  if (!complete) {
    const read = [...entries, ...leftOut];
    return [
      {
        ...about,
        expected: `a project folder of at most ${most.entries} files and folders`,
        found: `more than ${read.length}; of those that were read, most are in ${countsText(read)}`,
      },
    ];
  }
  if (bytes > most.bytes) {
    const largest = largestOf(entries, ({ bytes: own }) => own).map(
      ({ path, weight }) => `${path} (${sizeText(weight)})`,
    );
    return [
      {
        ...about,
        expected: `a project folder of at most ${sizeText(most.bytes)} that a study can keep a copy of`,
        found: `${sizeText(bytes)}, most of it in ${largest.join(', ')}`,
      },
    ];
  }
  if (entries.length <= most.entries) return [];
  return [
    {
      ...about,
      expected: `a project folder of at most ${most.entries} files and folders`,
      found: `${entries.length}, most of them in ${countsText(entries)}`,
    },
  ];
}

/** The entries that contain most of the others, with their numbers. */
function countsText(entries: readonly Located[]): string {
  return largestOf(entries, () => 1)
    .map(({ path, weight }) => `${path} (${weight})`)
    .join(', ');
}

export function sizeText(bytes: number): string {
  if (bytes >= 1e9) return `${(bytes / 1e9).toFixed(1)} GB`;
  if (bytes >= 1e6) return `${Math.round(bytes / 1e6)} MB`;
  return bytes >= 1e3 ? `${Math.round(bytes / 1e3)} kB` : `${bytes} bytes`;
}

type Located = Pick<ProjectEntry, 'path'>;

interface Weighed {
  readonly path: string;
  readonly weight: number;
}

/** The heaviest entries, none of which contains another; a folder is named by what fills it. */
function largestOf<Entry extends Located>(
  entries: readonly Entry[],
  weightOf: (entry: Entry) => number,
): Weighed[] {
  const weights = new Map<string, number>();
  const inside = new Map<string, string[]>();
  for (const entry of entries) {
    const weight = weightOf(entry);
    const siblings = inside.get(folderOf(entry.path));
    if (siblings === undefined) inside.set(folderOf(entry.path), [entry.path]);
    else siblings.push(entry.path);
    for (let path = entry.path; path !== ''; path = folderOf(path))
      weights.set(path, (weights.get(path) ?? 0) + weight);
  }
  const heaviest = (folder: string): Weighed[] =>
    (inside.get(folder) ?? [])
      .map((path) => ({ path, weight: weights.get(path) ?? 0 }))
      .sort((a, b) => b.weight - a.weight);
  const narrowed = (entry: Weighed): Weighed => {
    const [first] = heaviest(entry.path);
    return first !== undefined && first.weight >= MOST_OF_IT * entry.weight
      ? narrowed(first)
      : entry;
  };
  return heaviest('')
    .slice(0, NAMED)
    .filter(({ weight }) => weight > 0)
    .map(narrowed);
}
