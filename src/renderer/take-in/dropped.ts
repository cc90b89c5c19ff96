/** What was dropped or chosen, as things to take in: each one file, or one folder with all that is in it. Reads names, not contents. */

export interface Taken {
  /** As the person knows it. */
  readonly label: string;
  /** Where the host finds it; null: it must be sent. */
  readonly path: string | null;
  /** Paths are relative, with `/`; empty where `path` is known. */
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
    if (path !== null) taken.push({ label, path, files: [] });
    else if (entry !== null) taken.push({ label, path: null, files: await filesOf(entry) });
    else if (file !== null) taken.push({ label, path: null, files: [{ path: file.name, file }] });
  }
  return together(taken.filter(({ path, files }) => path !== null || files.length > 0));
}

/** Files of a file input; of a folder's input with the folder's name before them. */
export function takenOfFiles(files: readonly File[], pathOf: (file: File) => string | null): readonly Taken[] {
  const inFolder = files.filter(({ webkitRelativePath }) => webkitRelativePath !== '');
  const alone = files.filter(({ webkitRelativePath }) => webkitRelativePath === '');
  const taken: Taken[] = alone.map((file) => {
    const path = pathOf(file);
    return { label: file.name, path, files: path === null ? [{ path: file.name, file }] : [] };
  });
  const [first] = inFolder;
  if (first !== undefined) {
    const sent = inFolder.map((file) => ({ path: file.webkitRelativePath, file }));
    taken.push({ label: first.webkitRelativePath.split('/')[0] ?? '', path: null, files: sent });
  }
  return together(taken);
}

/** Several files to be sent are one thing: IDX comes in pairs. Labs and studies stand alone. */
function together(taken: readonly Taken[]): readonly Taken[] {
  const joined = taken.filter((one) => one.path === null && kindOf(one) === 'data');
  if (joined.length < 2) return taken;
  const label = joined.map((one) => one.label).join(', ');
  return [...taken.filter((one) => !joined.includes(one)), { label, path: null, files: joined.flatMap(({ files }) => files) }];
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
    for (const inside of some) files.push(...(await filesOf(inside, `${path}/`)));
  }
}

function isFile(entry: FileSystemEntry): entry is FileSystemFileEntry {
  return entry.isFile;
}

function isFolder(entry: FileSystemEntry): entry is FileSystemDirectoryEntry {
  return entry.isDirectory;
}
