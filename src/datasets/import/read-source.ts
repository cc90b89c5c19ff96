/**
 * Reads all files of a source into the import's samples: images as they come, files with many
 * samples after all files are known.
 */
import { basename } from 'node:path';
import { mismatch } from '../dataset-error.ts';
import { readCifarBinary } from '../formats/cifar-binary.ts';
import { readCifarPickles } from '../formats/cifar-pickle.ts';
import { readCsvSet } from '../formats/csv-set.ts';
import { readIdxSet } from '../formats/idx-set.ts';
import { ImageSet, placeOf } from '../formats/image-set.ts';
import { readNpySet } from '../formats/npy-set.ts';
import { readParquetSet } from '../formats/parquet-set.ts';
import type { Bytes } from '../sources/bytes.ts';
import { isEntry } from '../sources/entry-name.ts';
import type { Source } from '../sources/several.ts';
import { walk, type Item } from '../sources/walk.ts';
import type { Importing } from './importing.ts';
import { complaint, recognise } from './recognise.ts';
import { describeSource, WORDS, type SetKind } from './source-words.ts';

export interface ReadSource {
  /** Recognised format in words. */
  readonly kind: string;
  /** Evidence for the format. */
  readonly match: string;
  /** Number of images that were resized. */
  readonly resized: number;
}

const LONGEST_NAMES = 64 * 1024;
/** Greatest number of skipped files that a note names. */
const SAID = 3;

/**
 * @param name of the source in errors
 * @param aside a folder for entries too large for memory
 * @throws DatasetError; MixedImages where images differ and may be scaled
 */
export async function readSource(
  { paths, name }: Pick<Source, 'paths'> & { name: string },
  aside: string,
  importing: Importing,
): Promise<ReadSource> {
  const sets = new Map<SetKind, Item[]>();
  const texts: Item[] = [];
  const passed: string[] = [];
  const images = new ImageSet(importing);
  let imageCount = 0;
  let packed = true;
  let unread: Item | null = null;
  const damaged = new Map<SetKind | 'image', Item>();
  const source = basename(name);
  for await (const item of walk({ paths, name }, aside, importing)) {
    const { path, bytes } = item;
    importing.checkpoint();
    packed &&= isEntry(bytes);
    const kind = recognise(bytes);
    if (kind === 'image') {
      const { folder, split } = placeOf(bytes.name, path);
      const label = importing.classes.ofName(folder.normalize(), bytes.name);
      await images.add(bytes.name, bytes.read(0, bytes.length), split ?? 'training', label);
      imageCount += 1;
      bytes.discard();
      continue;
    }
    if (kind === 'text' && mayBeNames(bytes)) texts.push(item);
    if (kind === 'text' || kind === 'other') {
      passed.push(bytes.name);
      unread ??= item;
      const meant = namedAs(bytes.name);
      if (meant !== null && !damaged.has(meant)) damaged.set(meant, item);
    } else sets.set(kind, [...(sets.get(kind) ?? []), item]);
    bytes.close();
  }
  const found: (SetKind | 'image')[] = [
    ...(imageCount > 0 ? (['image'] as const) : []),
    ...sets.keys(),
  ];
  const [only, other] = found;
  if (only === undefined)
    throw unread === null
      ? mismatch(source, null, 'data', 'an empty folder or archive')
      : complaint(unread.bytes, null);
  if (other !== undefined)
    throw mismatch(
      source,
      null,
      'one kind of data',
      found.map((kind) => WORDS[kind]).join(' and '),
      'name the file or folder that is meant',
    );
  if (only === 'cifar-10' || only === 'cifar-100') knowNames(texts, importing);
  const damagedOne = damaged.get(only);
  if (damagedOne !== undefined) throw complaint(damagedOne.bytes, only);
  if (only !== 'image') importing.meter.samples = null;
  await readSet(only, sets, source, images, importing);
  images.end();
  if (images.resized > 0) importing.note(`${String(images.resized)} images were resized`);
  if (passed.length > 0 && only !== 'cifar-10' && only !== 'cifar-100')
    importing.note(
      `passed over ${passed.slice(0, SAID).join(', ')}${passed.length > SAID ? ` and ${String(passed.length - SAID)} more` : ''}: not data`,
    );
  const files = only === 'image' ? imageCount : (sets.get(only) ?? []).length;
  return { ...describeSource(only, files, packed, importing), resized: images.resized };
}

async function readSet(
  kind: SetKind | 'image',
  sets: ReadonlyMap<SetKind, readonly Item[]>,
  source: string,
  images: ImageSet,
  importing: Importing,
): Promise<void> {
  const items = kind === 'image' ? [] : (sets.get(kind) ?? []);
  switch (kind) {
    case 'image':
      return;
    case 'idx':
      readIdxSet(source, items, importing);
      return;
    case 'cifar-10':
    case 'cifar-100':
      readCifarBinary(items, kind, importing);
      return;
    case 'pickle':
      readCifarPickles(items, importing);
      return;
    case 'npy':
      readNpySet(source, items, importing);
      return;
    case 'csv':
      readCsvSet(items, importing);
      return;
    case 'parquet':
      return readParquetSet(items, images, importing);
    default:
      return kind satisfies never;
  }
}

/**
 * Format that the name of a file suggests: if its content matches no format, the file is damaged
 * rather than an unrelated note.
 */
function namedAs(name: string): SetKind | 'image' | null {
  if (/\.(?:png|jpe?g)$/i.test(name)) return 'image';
  if (/idx\d/i.test(name)) return 'idx';
  const [, ending = ''] = /\.(npy|parquet|csv)$/i.exec(name) ?? [];
  return (['npy', 'parquet', 'csv'] as const).find((kind) => kind === ending.toLowerCase()) ?? null;
}

/** `batches.meta.txt`, `fine_label_names.txt`. */
function mayBeNames({ name, length }: Bytes): boolean {
  return /(?:meta|names)/i.test(name) && length <= LONGEST_NAMES;
}

/** One name on each line. */
function knowNames(texts: readonly Item[], { classes, options }: Importing): void {
  const wanted = texts.filter(
    ({ bytes }) => /coarse/i.test(bytes.name) === (options.label === 'coarse'),
  );
  for (const { bytes } of wanted) {
    const names = Buffer.from(bytes.read(0, bytes.length))
      .toString('utf8')
      .split(/\r?\n/)
      .map((name) => name.trim());
    const given = names.filter((name) => name !== '');
    if (given.length > 0) classes.know(given);
  }
}
