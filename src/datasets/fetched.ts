/**
 * Datasets that this machine fetched from a lab's host, found by content: their names belong to the
 * host. `fetched/content/<sha256>/` contains a dataset's files and description, and
 * `fetched/incoming/` what is being fetched. `store.ts` has the datasets of this machine's user.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, statSync, utimesSync } from 'node:fs';
import { open, readFile, rename, rm, statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { turn } from '../runtime/turn.ts';
import { BUNDLED_CONTENTS, entryOf, type Catalogue, type DatasetEntry } from './catalogue.ts';
import type { DatasetReference } from './content.ts';
import { mismatch, unreadable } from './dataset-error.ts';
import { described, type DatasetDescription } from './description.ts';
import { splitDescription } from './import/arrange.ts';
import { contentOf } from './import/store-imported.ts';
import { contentNamed, hasSamples, readRecord, recordNames, storedDescription } from './store.ts';

const DESCRIPTION = 'description.json';
const FORMAT = 'galapagos-description/1';
/** Bytes hashed at a time: a fraction of a millisecond of work. */
const PIECE = 2 ** 18;

/** A fetched dataset that is kept. */
export interface KeptDataset {
  readonly content: string;
  readonly bytes: number;
  /** Milliseconds since 1970. */
  readonly usedAt: number;
}

/**
 * Folders in which a node keeps the datasets that it fetches.
 * @param folder absolute path of the datasets' folder; need not exist
 */
export class FetchedDatasets {
  /** Absolute path of the folder in which datasets are collected, each in a folder of its tree. */
  readonly incoming: string;
  readonly #folder: string;
  readonly #contents: string;

  constructor(folder: string) {
    this.#folder = folder;
    this.#contents = join(folder, 'fetched', 'content');
    this.incoming = join(folder, 'fetched', 'incoming');
  }

  /** Contents that workers of this machine can train on: built in, imported and fetched. */
  contents(): readonly string[] {
    const imported = recordNames(this.#folder).flatMap((name) => {
      const content = contentNamed(this.#folder, name);
      return content !== null && hasSamples(this.#folder, content) ? [content] : [];
    });
    const fetched = this.fetched().map(({ content }) => content);
    return [...new Set([...BUNDLED_CONTENTS, ...imported, ...fetched])];
  }

  /**
   * Checks the files in `incoming/<tree>` as an import does, and moves them into place.
   * @throws DatasetError where they are not this content
   */
  async finish({
    tree,
    content,
    name,
  }: DatasetReference & { readonly tree: string }): Promise<void> {
    const collected = join(this.incoming, tree);
    const description = readDescription(collected, name);
    const found = contentOf(description).sha256;
    if (found !== content) throw mismatch(name, null, `content ${content}`, found);
    for (const split of ['training', 'test'] as const)
      await checkSplit(name, join(collected, split), description, description[split]);
    mkdirSync(this.#contents, { recursive: true, mode: 0o700 });
    const place = join(this.#contents, content);
    await rm(place, { recursive: true, force: true });
    await rename(collected, place);
    touch(place);
  }

  fetched(): readonly KeptDataset[] {
    if (!existsSync(this.#contents)) return [];
    return readdirSync(this.#contents).flatMap((content) => {
      const place = join(this.#contents, content);
      const files = ['training', 'test', DESCRIPTION].map((file) =>
        statSync(join(place, file), { throwIfNoEntry: false }),
      );
      if (files.includes(undefined)) return [];
      const bytes = files.reduce((sum, stats) => sum + (stats?.size ?? 0), 0);
      return [{ content, bytes, usedAt: statSync(place).mtimeMs }];
    });
  }

  /** Absolute path of a fetched dataset's folder; null: there is none. */
  folderOf(content: string): string | null {
    const place = join(this.#contents, content);
    return existsSync(join(place, DESCRIPTION)) ? place : null;
  }

  remove(content: string): Promise<void> {
    return rm(join(this.#contents, content), { recursive: true, force: true, maxRetries: 3 });
  }

  /** Bytes of the disk: free for this user, and in all. */
  async disk(): Promise<{ readonly free: number; readonly total: number }> {
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
    const { bavail, blocks, bsize } = await statfs(this.#folder);
    return { free: bavail * bsize, total: blocks * bsize };
  }

  /**
   * Returns the dataset under the name of its reference, and marks it as used; undefined: not here.
   * @throws DatasetError where its description is damaged
   */
  find({ name, content }: DatasetReference): DatasetEntry | undefined {
    const place = this.folderOf(content);
    if (place === null) return undefined;
    touch(place);
    const files = { training: join(place, 'training'), test: join(place, 'test') };
    return entryOf(name, content, readDescription(place, name), files);
  }
}

/**
 * Returns a catalogue in which the reference's name stands for its content, wherever this machine
 * has it, and other names for what they stand for in `base`.
 * @param folder absolute path of the datasets' folder
 */
export function catalogueWith(
  base: Catalogue,
  folder: string,
  reference: DatasetReference,
): Catalogue {
  const { name, content } = reference;
  const find = (): DatasetEntry | undefined => {
    const named = base.find(name);
    if (named?.content === content) return named;
    const fetched = new FetchedDatasets(folder).find(reference);
    if (fetched !== undefined) return fetched;
    const other = recordNames(folder).find((each) => contentNamed(folder, each) === content);
    const entry = other === undefined ? undefined : base.find(other);
    return entry === undefined ? named : { ...entry, name };
  };
  return { names: () => base.names(), find: (each) => (each === name ? find() : base.find(each)) };
}

/**
 * Prepares a stored dataset for other machines: writes its description beside its files.
 * @returns absolute path of its folder; null: it is built in, or not here
 * @throws DatasetError, or Error of the system if it cannot be written
 */
export async function folderToServe(
  folder: string,
  { name, content }: DatasetReference,
): Promise<string | null> {
  if (BUNDLED_CONTENTS.includes(content)) return null;
  const record = readRecord(folder, name);
  if (record?.content !== content || !hasSamples(folder, content)) return null;
  const place = join(folder, 'content', content);
  const path = join(place, DESCRIPTION);
  const text = `${JSON.stringify({ format: FORMAT, ...described(record) })}\n`;
  const known = await readFile(path, 'utf8').catch(() => null);
  if (known === text) return place;
  await writeFile(`${path}.new`, text);
  await rename(`${path}.new`, path);
  return place;
}

function readDescription(folder: string, name: string): DatasetDescription {
  const path = join(folder, DESCRIPTION);
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw unreadable(path, error);
  }
  const { format, ...rest } = (json ?? {}) as Record<string, unknown>;
  if (format !== FORMAT) throw mismatch(path, 'format', FORMAT, String(format));
  const parsed = storedDescription.safeParse(rest);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const field = issue?.path.map(String).join('.') ?? '';
  throw mismatch(path, field, `the description of ${name}`, issue?.message ?? 'another form');
}

async function checkSplit(
  name: string,
  path: string,
  form: DatasetDescription,
  { samples, sha256 }: DatasetDescription['training'],
): Promise<void> {
  const { shape, sampleType, classNames, targets } = form;
  const about = { shape, sampleType, classes: classNames.length, targets, samples };
  const hash = createHash('sha256').update(splitDescription(about));
  const file = await open(path);
  try {
    const piece = Buffer.alloc(PIECE);
    for (;;) {
      const { bytesRead } = await file.read(piece, 0, PIECE);
      if (bytesRead === 0) break;
      hash.update(piece.subarray(0, bytesRead));
      await turn();
    }
  } finally {
    await file.close();
  }
  const found = hash.digest('hex');
  if (found !== sha256) throw mismatch(name, null, `SHA-256 ${sha256}`, found);
}

/** Notes the time of use, by which unused datasets are removed. */
function touch(place: string): void {
  const now = new Date();
  try {
    utimesSync(place, now, now);
  } catch {
    // Another user's folder, or just removed: the order of removal is not worth an error.
  }
}
