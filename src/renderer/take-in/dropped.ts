/**
 * Groups dropped or chosen files into things to take in: labs, studies, and data, whose files
 * belong together. Reads names only, not contents.
 */
import { at } from '../../core/at.ts';
import { text } from '../text.ts';
import { filesBelow } from './entries.ts';
import type { Listing, NamedFile } from './entries.ts';

/** Maximum number of names in a label. */
const MOST_NAMES = 4;
/** Maximum length of a label that the host accepts, in characters. */
const LONGEST = 600;

export interface Taken {
  /** The name shown to the user. */
  readonly label: string;
  /** Absolute paths on the host; null when the files must be uploaded. */
  readonly paths: readonly string[] | null;
  /**
   * Lists the files to upload; empty when `paths` are known.
   * @throws EndpointFailure `cancelled`
   */
  readonly files: (listing: Listing) => Promise<readonly NamedFile[]>;
}

/** Reads a drop. Call while the event is handled: the browser clears the transfer afterwards. */
export function takenOf(
  transfer: DataTransfer,
  pathOf: (file: File) => string | null,
): readonly Taken[] {
  const items = [...transfer.items].filter(({ kind }) => kind === 'file');
  const found = items.map((item) => ({ entry: item.webkitGetAsEntry(), file: item.getAsFile() }));
  const taken: Taken[] = [];
  for (const { entry, file } of found) {
    const path = file === null ? null : pathOf(file);
    const label = entry?.name ?? file?.name ?? '';
    if (path !== null) taken.push({ label, paths: [path], files: known([]) });
    else if (entry !== null)
      taken.push({ label, paths: null, files: (listing) => filesBelow([entry], listing) });
    else if (file !== null)
      taken.push({ label, paths: null, files: known([{ path: file.name, file }]) });
  }
  return together(taken);
}

/**
 * Reads the files of a file input; those of a folder input have paths that begin with the folder's
 * name.
 */
export function takenOfFiles(
  files: readonly File[],
  pathOf: (file: File) => string | null,
): readonly Taken[] {
  const inFolder = files.filter(({ webkitRelativePath }) => webkitRelativePath !== '');
  const alone = files.filter(({ webkitRelativePath }) => webkitRelativePath === '');
  const taken: Taken[] = alone.map((file) => {
    const path = pathOf(file);
    return {
      label: file.name,
      paths: path === null ? null : [path],
      files: known(path === null ? [{ path: file.name, file }] : []),
    };
  });
  const [first] = inFolder;
  if (first !== undefined) {
    const sent = inFolder.map((file) => ({ path: file.webkitRelativePath, file }));
    taken.push({
      label: at(first.webkitRelativePath.split('/'), 0),
      paths: null,
      files: known(sent),
    });
  }
  return together(taken);
}

/** Makes items of paths on the host. */
export function takenOfPaths(paths: readonly string[]): readonly Taken[] {
  return together(
    paths.map((path) => ({
      label: path.split(/[\\/]/).at(-1) ?? path,
      paths: [path],
      files: known([]),
    })),
  );
}

/**
 * Merges all data into one item, because datasets such as IDX have several files. Labs and studies
 * stay separate.
 */
function together(taken: readonly Taken[]): readonly Taken[] {
  const alone = taken.filter((one) => kindOf(one) !== 'data');
  const data = taken.filter((one) => kindOf(one) === 'data');
  const found = data.filter(({ paths }) => paths !== null);
  const sent = data.filter(({ paths }) => paths === null);
  return [
    ...alone,
    ...joined(
      found,
      found.flatMap(({ paths }) => paths ?? []),
    ),
    ...joined(sent, null),
  ];
}

function joined(several: readonly Taken[], paths: readonly string[] | null): readonly Taken[] {
  if (several.length === 0) return [];
  const files: Taken['files'] = async (listing) => {
    const counts = several.map(() => 0);
    const lists = several.map((one, i) => {
      const found = (count: number): void => {
        counts[i] = count;
        listing.found(counts.reduce((sum, each) => sum + each, 0));
      };
      return one.files({ ...listing, found });
    });
    return (await Promise.all(lists)).flat();
  };
  return [{ label: labelOf(several), paths, files }];
}

function known(files: readonly NamedFile[]): Taken['files'] {
  return () => Promise.resolve(files);
}

function labelOf(several: readonly Taken[]): string {
  const names = several.slice(0, MOST_NAMES).map(({ label }) => label);
  const more = several.length - names.length;
  const label =
    more === 0 ? names.join(', ') : text.imports.andMore({ names: names.join(', '), more });
  return label.slice(0, LONGEST);
}

/**
 * A `.db` file opens as a lab, a `.json` file as a study; other files are recognised by content.
 */
export function kindOf({ label }: Pick<Taken, 'label'>): 'lab' | 'study' | 'data' {
  if (/\.(db|sqlite3?)$/i.test(label)) return 'lab';
  return /\.json$/i.test(label) ? 'study' : 'data';
}
