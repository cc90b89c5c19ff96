/**
 * Imported datasets on disk. `content/<sha256>/` contains a dataset's bytes under their hash;
 * `names/<name>.json` maps a name to its content. An import is written in `incoming/` and moved
 * into place as a whole (`import/store-imported.ts`), so that partial imports are never visible.
 */
import { existsSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { DatasetError, reasonOf } from './dataset-error.ts';
import { NAME } from './dataset-name.ts';

const count = z.int().min(0);
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const split = z.strictObject({ samples: z.int().min(1), sha256, perClass: z.array(count) });

/** Options of the import, for repeating it. */
const optionsSchema = z.strictObject({
  size: z.strictObject({ height: z.int(), width: z.int() }).nullable(),
  channels: z.union([z.literal(1), z.literal(3)]).nullable(),
  mixed: z.enum(['refuse', 'scale']),
  label: z.string().nullable(),
  targets: z.array(z.string()),
  drop: z.array(z.string()),
  testShare: z.number(),
  seed: count,
});

const fields = z.strictObject({
  format: z.literal('galapagos-dataset/1'),
  name: z.string(),
  /** Folder under `content/`: the SHA-256 of the manifest there. */
  content: sha256,
  shape: z.array(z.int().min(1)).min(1),
  sampleType: z.enum(['u8', 'f32']),
  /** Empty: regression. */
  classNames: z.array(z.string()),
  targets: count,
  training: split,
  test: split,
  /** How the test set was drawn; null: the source had one. */
  drawn: z.strictObject({ share: z.number(), seed: count }).nullable(),
  statistics: z.strictObject({
    mean: z.array(z.number()),
    deviation: z.array(z.number().positive()),
  }),
  /**
   * `match`: evidence for the recognised format. Fields with a default are absent in records of
   * earlier versions.
   */
  source: z.strictObject({
    path: z.string(),
    kind: z.string(),
    match: z.string().default(''),
    /**
     * How to read the source again; null: it was uploaded, or the record is of an earlier version.
     */
    again: z
      .strictObject({ paths: z.array(z.string()).min(1), options: optionsSchema })
      .nullable()
      .default(null),
  }),
  /** The label of the samples and the alternatives; null: the source offers no choice. */
  label: z
    .strictObject({ chosen: z.string().nullable(), choices: z.array(z.string()) })
    .nullable()
    .default(null),
  columns: z
    .strictObject({
      features: z.array(z.string()),
      targets: z.array(z.string()),
      label: z.string().nullable().default(null),
    })
    .nullable()
    .default(null),
  resized: count.default(0),
  notes: z.array(z.string()),
  imported: z.iso.datetime(),
});

const recordSchema = fields.refine(
  ({ classNames, training, test }) =>
    [training, test].every(({ perClass }) => perClass.length === classNames.length),
  'perClass must have one count for each class',
);

/** The fields of a description, as records contain them. */
export const storedDescription = fields.pick({
  shape: true,
  sampleType: true,
  classNames: true,
  targets: true,
  training: true,
  test: true,
  drawn: true,
  statistics: true,
});

export type DatasetRecord = Readonly<z.infer<typeof recordSchema>>;

/** A record with the paths of its splits. */
export type StoredDataset = DatasetRecord & {
  readonly files: { readonly training: string; readonly test: string };
};

/** Names in alphabetical order. */
export function recordNames(folder: string): string[] {
  const names = join(folder, 'names');
  if (!existsSync(names)) return [];
  return readdirSync(names)
    .filter((file) => file.endsWith('.json'))
    .map((file) => file.slice(0, -'.json'.length))
    .sort();
}

/** null: there is none. @throws DatasetError if it is damaged */
export function readRecord(folder: string, name: string): StoredDataset | null {
  const path = recordPath(folder, name);
  if (!NAME.test(name) || !existsSync(path)) return null;
  const damaged = (reason: string): DatasetError =>
    new DatasetError(
      {
        file: path,
        expected: `a whole record of dataset ${name}`,
        found: reason,
        hint: 'remove the dataset and import it again',
      },
      `the record of dataset ${name} is damaged (${reason}): remove it by galapagos datasets remove ${name}, and import it again`,
    );
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw damaged(reasonOf(error));
  }
  const parsed = recordSchema.safeParse(json);
  if (!parsed.success)
    throw damaged(
      parsed.error.issues
        .map((issue) => `${issue.path.map(String).join('.')}: ${issue.message}`)
        .join('; '),
    );
  const content = join(folder, 'content', parsed.data.content);
  return {
    ...parsed.data,
    files: { training: join(content, 'training'), test: join(content, 'test') },
  };
}

/** @returns whether it existed; its bytes are removed unless another name refers to them */
export function removeDataset(folder: string, name: string): boolean {
  const path = recordPath(folder, name);
  if (!NAME.test(name) || !existsSync(path)) return false;
  rmSync(path);
  removeUnnamed(folder);
  return true;
}

/** Bytes of a dataset on disk. */
export function sizeOf({ files }: StoredDataset): number {
  return [files.training, files.test].reduce(
    (sum, file) => sum + (statSync(file, { throwIfNoEntry: false })?.size ?? 0),
    0,
  );
}

export function recordPath(folder: string, name: string): string {
  return join(folder, 'names', `${name}.json`);
}

/** Content that a name refers to; null: no such name, or a damaged record. */
export function contentNamed(folder: string, name: string): string | null {
  try {
    return readRecord(folder, name)?.content ?? null;
  } catch {
    return null;
  }
}

/** Returns whether both splits' files of this content exist. */
export function hasSamples(folder: string, content: string): boolean {
  const place = join(folder, 'content', content);
  return ['training', 'test'].every((split) => existsSync(join(place, split)));
}

/** Returns whether any name refers to this content. */
export function isNamed(folder: string, content: string): boolean {
  return recordNames(folder).some((name) => contentNamed(folder, name) === content);
}

/**
 * Removes bytes that no record refers to. Removes nothing while a record is damaged, because its
 * references are unknown.
 */
function removeUnnamed(folder: string): void {
  const contents = join(folder, 'content');
  if (!existsSync(contents)) return;
  let named: Set<string>;
  try {
    named = new Set(recordNames(folder).map((name) => readRecord(folder, name)?.content ?? ''));
  } catch {
    return;
  }
  for (const content of readdirSync(contents))
    if (!named.has(content)) rmSync(join(contents, content), { recursive: true, force: true });
}
