/**
 * Parquet in the layout of Hugging Face's image datasets: a column of {bytes, path} with PNG or
 * JPEG files and a column of classes. hyparquet reads the format.
 */
import type { AsyncBuffer, FileMetaData, SchemaElement } from 'hyparquet';
import { broken, DatasetError, grouped, mismatch } from '../dataset-error.ts';
import type { Importing } from '../import/importing.ts';
import { splitOfPath } from '../import/split-names.ts';
import type { Bytes } from '../sources/bytes.ts';
import { collectGarbage } from '../sources/collect-garbage.ts';
import type { Item } from '../sources/walk.ts';
import type { ImageSet } from './image-set.ts';

const LABELS = ['label', 'labels', 'fine_label', 'class', 'target'];
/** Greatest size of a row group, which is in memory several times over while it is read. */
const MOST_GROUP_BYTES = 26 * 2 ** 20;

export function isParquet(head: Uint8Array): boolean {
  return Buffer.from(head.subarray(0, 4)).toString('latin1') === 'PAR1';
}

export async function readParquetSet(
  items: readonly Item[],
  images: ImageSet,
  importing: Importing,
): Promise<void> {
  for (const item of items) await readFile(item, images, importing);
}

async function readFile(
  { path, bytes }: Item,
  images: ImageSet,
  importing: Importing,
): Promise<void> {
  const { parquetMetadataAsync, parquetReadObjects } = await import('hyparquet');
  const { compressors } = await import('hyparquet-compressors');
  const file: AsyncBuffer = {
    byteLength: bytes.length,
    slice: (start, end = bytes.length) => ownBuffer(bytes.read(start, end - start)),
  };
  const metadata = await parsed(bytes, () => parquetMetadataAsync(file));
  const columns = columnsOf(bytes.name, metadata, importing.options.label);
  importing.label({ chosen: columns.label, choices: columns.labels });
  const names = classNames(metadata, columns.label);
  if (names !== null) importing.classes.know(names);
  const split = splitOfPath(path === '' ? bytes.name : path) ?? 'training';
  importing.meter.samples = (importing.meter.samples ?? 0) + Number(metadata.num_rows);
  let row = 0;
  for (const group of metadata.row_groups) {
    const count = Number(group.num_rows);
    const size = Number(group.total_byte_size);
    if (size > MOST_GROUP_BYTES)
      throw mismatch(
        bytes.name,
        `row ${String(row)}`,
        `row groups of at most ${grouped(MOST_GROUP_BYTES)} bytes`,
        grouped(size),
        'write it again with smaller ones',
      );
    const rows = await parsed(bytes, () =>
      parquetReadObjects({
        file,
        metadata,
        columns: [columns.image, columns.label],
        rowStart: row,
        rowEnd: row + count,
        compressors,
        utf8: false,
      }),
    );
    for (const [i, record] of rows.entries()) {
      const name = `${bytes.name} › row ${String(row + i)}`;
      const label: unknown = record[columns.label];
      if (typeof label !== 'number' && typeof label !== 'bigint')
        throw mismatch(
          name,
          columns.label,
          'an integer as the class',
          label === null ? 'nothing' : typeof label,
        );
      const content = bytesOf(record[columns.image]);
      if (content === null) throw mismatch(name, columns.image, 'the bytes of an image', 'nothing');
      await images.add(
        name,
        content,
        split,
        importing.classes.ofNumber(Number(label), name, () => columns.label),
      );
    }
    row += count;
    collectGarbage();
  }
  bytes.discard();
}

/** Returns the buffer without a copy if it contains nothing else. */
function ownBuffer({ buffer, byteOffset, byteLength }: Uint8Array): ArrayBuffer {
  return buffer instanceof ArrayBuffer && byteLength === buffer.byteLength
    ? buffer
    : Uint8Array.from(new Uint8Array(buffer, byteOffset, byteLength)).buffer;
}

async function parsed<T>(bytes: Bytes, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof DatasetError) throw error;
    throw broken(bytes.name, null, 'a whole Parquet file', error);
  }
}

function bytesOf(value: unknown): Uint8Array | null {
  if (value instanceof Uint8Array) return value;
  return typeof value === 'object' &&
    value !== null &&
    'bytes' in value &&
    value.bytes instanceof Uint8Array
    ? value.bytes
    : null;
}

interface Columns {
  readonly image: string;
  readonly label: string;
  /** Integer columns, which may contain classes. */
  readonly labels: readonly string[];
}

function columnsOf(name: string, { schema }: FileMetaData, asked: string | null): Columns {
  const columns = topLevel(name, schema);
  const image = columns.find(({ children }) => children.includes('bytes'))?.name;
  const found = columns.map((column) => column.name).join(', ');
  if (image === undefined)
    throw mismatch(
      name,
      'schema',
      'a column of images {bytes, path}',
      found,
      'tables of numbers are read from CSV or NPZ',
    );
  const label =
    asked === null
      ? LABELS.find((known) => columns.some((column) => column.name === known))
      : columns.find((column) => column.name === asked)?.name;
  if (label === undefined)
    throw mismatch(
      name,
      'schema',
      asked === null ? `a column ${LABELS.join(', ')}` : `a column ${JSON.stringify(asked)}`,
      found,
      {
        option: 'label',
        words: 'choose it with --label',
      },
    );
  const labels = columns
    .filter(({ type }) => type === 'INT32' || type === 'INT64')
    .map((column) => column.name);
  return { image, label, labels: labels.includes(label) ? labels : [label, ...labels] };
}

/** A column of the table. */
interface TopLevel {
  readonly name: string;
  readonly type: SchemaElement['type'];
  readonly children: readonly string[];
}

/**
 * Returns the columns of a schema, which is a tree in depth-first order.
 * @throws DatasetError where the tree claims more elements than there are, or another number of
 *   columns
 */
export function topLevel(file: string, schema: readonly SchemaElement[]): TopLevel[] {
  let read = 0;
  const next = (): SchemaElement => {
    const element = schema[read++];
    if (element === undefined)
      throw mismatch(file, 'schema', 'every element that it names', `only ${schema.length}`);
    return element;
  };
  /** Passes over the elements below one. */
  const skip = ({ num_children: children = 0 }: SchemaElement): void => {
    for (let left = children; left > 0; left--) left += next().num_children ?? 0;
  };
  const columns: TopLevel[] = [];
  for (let left = next().num_children ?? 0; left > 0; left--) {
    const { name, type, num_children: count = 0 } = next();
    const children: string[] = [];
    for (let i = 0; i < count; i++) {
      const child = next();
      children.push(child.name);
      skip(child);
    }
    columns.push({ name, type, children });
  }
  return columns;
}

/**
 * From the metadata that Hugging Face's writer leaves: {"info": {"features": {"label": {"names":
 * […]}}}}.
 */
function classNames(
  { key_value_metadata: pairs }: FileMetaData,
  label: string,
): readonly string[] | null {
  const text = pairs?.find(({ key }) => key === 'huggingface')?.value;
  if (text === undefined) return null;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null; // Without names, the numbers are the names.
  }
  for (const key of ['info', 'features', label, 'names'])
    value =
      typeof value === 'object' && value !== null
        ? (value as Record<string, unknown>)[key]
        : undefined;
  return Array.isArray(value) && value.every((name) => typeof name === 'string') ? value : null;
}
