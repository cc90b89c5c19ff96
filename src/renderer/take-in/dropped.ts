/** What was dropped or chosen, as things to take in: a lab, a study, or data, which are one thing together. Reads names, not contents. */
import { text } from '../text.ts';

/** Names of several that are said. */
const SAID = 4;
/** Longest label that the host takes. */
const LONGEST = 600;

export interface Taken {
  /** As the person knows it. */
  readonly label: string;
  /** Where the host finds it, absolute; null: it must be sent. */
  readonly paths: readonly string[] | null;
  /** Paths are relative, with `/`; empty where `paths` are known. */
  readonly files: readonly { readonly path: string; readonly file: File }[];
}

/** Must be called while the drop is being handled: what was dropped is gone afterwards. */
export async function takenOf(transfer: DataTransfer, pathOf: (file: File) => string | null): Promise<readonly Taken[]> {
  const items = [...transfer.items].filter(({ kind }) => kind === 'file');
  const found = items.map((item) => ({ entry: item.webkitGetAsEntry(), file: item.getAsFile() }));
  const taken: Taken[] = [];
  for (const { entry, file } of found) {
    const path = file === null ? null : pathOf(file);
    const label = entry?.name ?? file?.name ?? '';
    if (path !== null) taken.push({ label, paths: [path], files: [] });
    else if (entry !== null) taken.push({ label, paths: null, files: await filesOf(entry) });
    else if (file !== null) taken.push({ label, paths: null, files: [{ path: file.name, file }] });
  }
  return together(taken.filter(({ paths, files }) => paths !== null || files.length > 0));
}

/** Files of a file input; of a folder's input with the folder's name before them. */
export function takenOfFiles(files: readonly File[], pathOf: (file: File) => string | null): readonly Taken[] {
  const inFolder = files.filter(({ webkitRelativePath }) => webkitRelativePath !== '');
  const alone = files.filter(({ webkitRelativePath }) => webkitRelativePath === '');
  const taken: Taken[] = alone.map((file) => {
    const path = pathOf(file);
    return { label: file.name, paths: path === null ? null : [path], files: path === null ? [{ path: file.name, file }] : [] };
  });
  const [first] = inFolder;
  if (first !== undefined) {
    const sent = inFolder.map((file) => ({ path: file.webkitRelativePath, file }));
    taken.push({ label: first.webkitRelativePath.split('/')[0] ?? '', paths: null, files: sent });
  }
  return together(taken);
}

/** Files and folders that the host finds by their paths. */
export function takenOfPaths(paths: readonly string[]): readonly Taken[] {
  return together(paths.map((path) => ({ label: path.split(/[\\/]/).at(-1) ?? path, paths: [path], files: [] })));
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
  return [{ label: labelOf(several), paths, files: several.flatMap(({ files }) => files) }];
}

function labelOf(several: readonly Taken[]): string {
  const said = several.slice(0, SAID).map(({ label }) => label);
  const more = several.length - said.length;
  const label = more === 0 ? said.join(', ') : text.imports.andMore({ said: said.join(', '), more });
  return label.slice(0, LONGEST);
}

/** A `.db` opens as a lab, a `.json` as a study; everything else is recognised by content. */
export function kindOf({ label }: Pick<Taken, 'label'>): 'lab' | 'study' | 'data' {
  if (/\.(db|sqlite3?)$/i.test(label)) return 'lab';
  return /\.json$/i.test(label) ? 'study' : 'data';
}

async function filesOf(entry: FileSystemEntry, before = ''): Promise<Taken['files']> {
  const path = `${before}${entry.name}`;
  if (isFile(entry)) return [{ path, file: await new Promise<File>((resolve, reject) => entry.file(resolve, reject)) }];
  if (!isFolder(entry)) return [];
  const reader = entry.createReader();
  const files: { path: string; file: File }[] = [];
  // A reader gives a hundred at a time, and nothing when there is no more.
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (some.length === 0) return files;
    files.push(...(await Promise.all(some.map((inside) => filesOf(inside, `${path}/`)))).flat());
  }
}

function isFile(entry: FileSystemEntry): entry is FileSystemFileEntry {
  return entry.isFile;
}

function isFolder(entry: FileSystemEntry): entry is FileSystemDirectoryEntry {
  return entry.isDirectory;
}
