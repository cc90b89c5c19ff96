/**
 * A working copy of a snapshot for the attempts of one worker. Each attempt finds it as the
 * snapshot is: files that a program changed are written again, and those that it added are deleted.
 * Entries that the snapshot leaves out are links to the project folder, where this machine has
 * that, and so are the entries beside the project folder: `../data` leads where it leads from
 * there.
 */
import { createHash } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  existsSync,
  lstatSync,
  mkdirSync,
  openSync,
  readSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { GalapagosError } from '../../../core/errors.ts';
import { removeTree } from '../../../runtime/remove-tree.ts';
import { folderOf } from '../../../protocol/code-snapshot.ts';
import type { SnapshotEntry, SnapshotFile } from '../../../protocol/code-snapshot.ts';
import { namesIn } from '../names-in.ts';
import { isLinkTo, makeLink } from './links.ts';
import { versionOf, walkProject } from './project-walk.ts';
import type { LeftOutEntry } from './project-walk.ts';
import { CONTENTS_FILE, filesOf } from './snapshot-store.ts';
import { namesRefusedByWindows } from './windows-names.ts';

/** Cache of Python beside its sources, which later attempts may use. */
const CACHE = '__pycache__';
/** Names that an error has. */
const NAMED = 5;
/** Milliseconds of writing after which the event loop gets a turn: a worker must not fall silent. */
const TURN_MS = 20;
/** Most links to entries of the project folder, and most to entries beside it. */
const MOST_LINKS = 10_000;

interface KnownFile {
  readonly entry: SnapshotFile;
  /** Offset of its contents. */
  readonly start: number;
  /** As it was written; null: not yet. */
  version: string | null;
}

export interface CheckedOutSnapshot {
  readonly hash: string;
  /** Absolute path of its folder in a store. */
  readonly place: string;
  readonly entries: readonly SnapshotEntry[];
}

export class Checkout {
  /** Absolute path of the copy, which has the name of the project folder. */
  readonly folder: string;
  readonly #base: string;
  readonly #contents: string;
  readonly #hash: string;
  readonly #folders = new Set<string>();
  readonly #files = new Map<string, KnownFile>();
  /** Targets of the snapshot's links and of those to the project, by path. */
  readonly #links = new Map<string, string>();
  readonly #unlinked = new Set<string>();
  readonly #symlink: typeof symlinkSync;

  /**
   * Writes a copy.
   * @param base absolute path of the folder to create the copy in; created
   * @param project absolute path of the project folder, which need not exist
   * @throws GalapagosError `damaged` where the snapshot has other contents than its list says;
   *   `unsupported` where Windows cannot have its names
   */
  static async create(
    base: string,
    snapshot: CheckedOutSnapshot,
    project: string,
    platform: NodeJS.Platform = process.platform,
    symlink: typeof symlinkSync = symlinkSync,
  ): Promise<Checkout> {
    const copy = new Checkout(base, snapshot, project, platform, symlink);
    await copy.restore();
    copy.#linkProject(project);
    copy.#linkBeside(project);
    return copy;
  }

  private constructor(
    base: string,
    snapshot: CheckedOutSnapshot,
    project: string,
    platform: NodeJS.Platform,
    symlink: typeof symlinkSync,
  ) {
    this.#base = base;
    this.#symlink = symlink;
    this.folder = join(base, nameOf(project));
    this.#hash = snapshot.hash;
    this.#contents = join(snapshot.place, CONTENTS_FILE);
    const refused = platform === 'win32' ? namesRefusedByWindows(snapshot.entries) : [];
    if (refused.length > 0)
      throw new GalapagosError(
        'unsupported',
        `Windows cannot have these names of the code: ${refused.slice(0, NAMED).join(', ')}; rename them, or write a line for each in .galapagosignore`,
        { expected: 'names of files on Windows', found: refused.slice(0, NAMED).join(', ') },
      );
    for (const entry of snapshot.entries) {
      if (entry.kind === 'folder') this.#folders.add(entry.path);
      else if (entry.kind === 'link') this.#links.set(entry.path, entry.target);
    }
    for (const { file, start } of filesOf(snapshot.entries))
      this.#files.set(file.path, { entry: file, start, version: null });
  }

  /**
   * Entries of the project folder that are not in the copy, because this machine cannot link them.
   */
  get unlinked(): readonly string[] {
    return [...this.#unlinked];
  }

  /** Makes the copy equal to the snapshot again. @throws as `create` */
  async restore(): Promise<void> {
    // Cheaper than making a folder that is there.
    if (!existsSync(this.folder)) mkdirSync(this.folder, { recursive: true, mode: 0o700 });
    const kept = new Set<KnownFile>();
    const others: string[] = [];
    this.#compare(
      '',
      (file) => kept.add(file),
      (path) => others.push(path),
    );
    for (const path of others) await removeTree(join(this.folder, path));
    for (const file of this.#files.values()) if (!kept.has(file)) file.version = null;
    for (const path of this.#folders) mkdirSync(join(this.folder, path), { recursive: true });
    const missing = [...this.#files.values()].filter(({ version }) => version === null);
    if (missing.length > 0) await this.#write(missing);
    for (const [path, target] of this.#links) {
      const link = join(this.folder, path);
      if (!this.#isLink(path) && !makeLink(target, link, this.#symlink)) this.#unlinked.add(path);
    }
  }

  /** Paths that programs have added or changed, of a folder without those in it. */
  changed(): string[] {
    const paths: string[] = [];
    this.#compare(
      '',
      () => undefined,
      (path) => paths.push(path),
    );
    return paths.sort();
  }

  /** Deletes the copy, and what its programs wrote beside it. */
  async remove(): Promise<void> {
    await removeTree(this.#base);
  }

  /**
   * Compares the copy with the snapshot.
   * @param same called with each file that is as in the snapshot
   * @param other called with the path of each entry that is not, but for caches
   */
  #compare(folder: string, same: (file: KnownFile) => void, other: (path: string) => void): void {
    for (const name of readdirSync(join(this.folder, folder))) {
      const path = folder === '' ? name : `${folder}/${name}`;
      const absolute = join(this.folder, path);
      const stats = lstatSync(absolute, { bigint: true, throwIfNoEntry: false });
      if (stats === undefined) continue;
      const file = this.#files.get(path);
      if (stats.isDirectory() && this.#folders.has(path)) {
        if ((stats.mode & 0o700n) !== 0o700n) chmodSync(absolute, 0o755);
        this.#compare(path, same, other);
      } else if (file?.version === versionOf(stats)) same(file);
      else if (this.#isLink(path)) continue;
      else if (name !== CACHE || !stats.isDirectory()) other(path);
    }
  }

  #isLink(path: string): boolean {
    const target = this.#links.get(path);
    return target !== undefined && isLinkTo(target, join(this.folder, path));
  }

  async #write(files: readonly KnownFile[]): Promise<void> {
    const contents = openSync(this.#contents, 'r');
    let turnedAt = performance.now();
    try {
      for (const file of files) {
        if (performance.now() - turnedAt >= TURN_MS) {
          await setImmediate();
          turnedAt = performance.now();
        }
        const { path, bytes, sha256, executable } = file.entry;
        const data = Buffer.alloc(bytes);
        const read = bytes === 0 ? 0 : readSync(contents, data, 0, bytes, file.start);
        const found = createHash('sha256').update(data.subarray(0, read)).digest('hex');
        if (found !== sha256)
          throw new GalapagosError(
            'damaged',
            `the code snapshot ${this.#hash} on this machine is damaged: ${path}: expected SHA-256 ${sha256}, found ${found}`,
            { file: path, expected: sha256, found },
          );
        const absolute = join(this.folder, path);
        rmSync(absolute, { recursive: true, force: true });
        writeFileSync(absolute, data);
        if (executable) chmodSync(absolute, 0o755);
        file.version = versionOf(lstatSync(absolute, { bigint: true }));
      }
    } finally {
      closeSync(contents);
    }
  }

  /** Links the entries of the project that the snapshot's own rules leave out. */
  #linkProject(project: string): void {
    for (const { path } of linkable(project, this.folder)) {
      if (this.#links.size >= MOST_LINKS) return;
      const taken = this.#files.has(path) || this.#folders.has(path) || this.#links.has(path);
      const parent = folderOf(path);
      if (taken || (parent !== '' && !this.#folders.has(parent))) continue;
      const target = join(project, path);
      if (makeLink(target, join(this.folder, path), this.#symlink)) this.#links.set(path, target);
      else this.#unlinked.add(path);
    }
  }

  #linkBeside(project: string): void {
    const parent = dirname(project);
    for (const name of namesIn(parent).slice(0, MOST_LINKS))
      if (name !== nameOf(project)) makeLink(join(parent, name), join(this.#base, name));
  }
}

/** Last name of a path, which may be one of another system. */
function nameOf(path: string): string {
  return /[^\\/:]+$/.exec(path)?.[0] ?? 'project';
}

/**
 * Entries that a snapshot leaves out and that its programs may read in the project folder.
 * @param rulesFrom folder whose ignore files count
 */
export function linkable(project: string, rulesFrom: string): readonly LeftOutEntry[] {
  if (!existsSync(project)) return [];
  return walkProject(project, { rulesFrom }).leftOut.filter(
    ({ path, why }) => why !== 'own' && why !== 'special' && !path.endsWith(CACHE),
  );
}
