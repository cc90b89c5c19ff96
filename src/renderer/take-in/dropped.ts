/**
 * What was dropped or chosen, as things to take in: a lab, a study, or data, which are one thing
 * together. Reads names, not contents.
 */
import { text } from '../text.ts';
import { filesBelow } from './entries.ts';
import type { Listing, NamedFile } from './entries.ts';

/** Names of several that are said. */
const SAID = 4;
/** Longest label that the host takes. */
const LONGEST = 600;

export interface Taken {
  /** As the person knows it. */
  readonly label: string;
  /** Where the host finds it, absolute; null: it must be sent. */
  readonly paths: readonly string[] | null;
  /** What is to be sent; none where `paths` are known. @throws EndpointFailure `cancelled` */
  readonly files: (listing: Listing) => Promise<readonly NamedFile[]>;
}

/** Must be called while the drop is being handled: what was dropped is gone afterwards. */
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

/** Files of a file input; of a folder's input with the folder's name before them. */
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
      label: first.webkitRelativePath.split('/')[0] ?? '',
      paths: null,
      files: known(sent),
    });
  }
  return together(taken);
}

/** Files and folders that the host finds by their paths. */
export function takenOfPaths(paths: readonly string[]): readonly Taken[] {
  return together(
    paths.map((path) => ({
      label: path.split(/[\\/]/).at(-1) ?? path,
      paths: [path],
      files: known([]),
    })),
  );
}

/** Several that are data are one thing: IDX comes in pairs. Labs and studies stand alone. */
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
  const said = several.slice(0, SAID).map(({ label }) => label);
  const more = several.length - said.length;
  const label =
    more === 0 ? said.join(', ') : text.imports.andMore({ said: said.join(', '), more });
  return label.slice(0, LONGEST);
}

/** A `.db` opens as a lab, a `.json` as a study; everything else is recognised by content. */
export function kindOf({ label }: Pick<Taken, 'label'>): 'lab' | 'study' | 'data' {
  if (/\.(db|sqlite3?)$/i.test(label)) return 'lab';
  return /\.json$/i.test(label) ? 'study' : 'data';
}
