/**
 * Imported datasets on disk. `content/<sha256>/` holds a dataset's bytes under the hash of what they are; `names/<name>.json` says what a
 * name stands for. An import grows in `incoming/` and is moved into place whole, so that nothing half-imported is ever seen.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { DatasetError, reasonOf } from './dataset-error.ts';
import type { Imported } from './import/import-dataset.ts';

const count = z.int().min(0);
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const split = z.strictObject({ samples: z.int().min(1), sha256, perClass: z.array(count) });

const recordSchema = z.strictObject({
  format: z.literal('galapagos-dataset/1'),
  name: z.string(),
  /** Folder under `content/`: the SHA-256 of the manifest there. */
  content: sha256,
  shape: z.array(z.int().min(1)).min(1),
  sampleType: z.enum(['u8', 'f32']),
  /** Empty: numbers are predicted. */
  classNames: z.array(z.string()),
  targets: count,
  training: split,
  test: split,
  /** How the test set was drawn; null: the source had one. */
  drawn: z.strictObject({ share: z.number(), seed: count }).nullable(),
  statistics: z.strictObject({ mean: z.array(z.number()), deviation: z.array(z.number().positive()) }),
  /** `match`: by what it was recognised; records of earlier versions lack what has a default. */
  source: z.strictObject({ path: z.string(), kind: z.string(), match: z.string().default('') }),
  columns: z
    .strictObject({ features: z.array(z.string()), targets: z.array(z.string()) })
    .nullable()
    .default(null),
  resized: count.default(0),
  notes: z.array(z.string()),
  imported: z.iso.datetime(),
});

export type DatasetRecord = Readonly<z.infer<typeof recordSchema>>;

/** A record, and where its splits lie. */
export type StoredDataset = DatasetRecord & { readonly files: { readonly training: string; readonly test: string } };

export const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/** Names in alphabetical order. */
export function recordNames(folder: string): string[] {
  const names = join(folder, 'names');
  if (!existsSync(names)) return [];
  return readdirSync(names)
    .filter((file) => file.endsWith('.json'))
    .map((file) => file.slice(0, -'.json'.length))
    .sort();
}

/** null: there is none. @throws DatasetError for one that is damaged */
export function readRecord(folder: string, name: string): StoredDataset | null {
  const path = recordPath(folder, name);
  if (!NAME.test(name) || !existsSync(path)) return null;
  const damaged = (reason: string): DatasetError =>
    new DatasetError(
      path,
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
    throw damaged(parsed.error.issues.map((issue) => `${issue.path.map(String).join('.')}: ${issue.message}`).join('; '));
  const content = join(folder, 'content', parsed.data.content);
  return { ...parsed.data, files: { training: join(content, 'training'), test: join(content, 'test') } };
}

/** An empty folder for an import of this process; those that dead processes left behind are removed. */
export function stagingFolder(folder: string, pid: number, unique: string): string {
  const incoming = join(folder, 'incoming');
  mkdirSync(incoming, { recursive: true });
  for (const left of readdirSync(incoming)) {
    const owner = Number(left.split('-')[0]);
    if (!Number.isInteger(owner) || !isAlive(owner)) rmSync(join(incoming, left), { recursive: true, force: true });
  }
  const staging = join(incoming, `${String(pid)}-${unique}`);
  mkdirSync(staging);
  return staging;
}

/** What stands beside a dataset's bytes, and its hash, by which the whole is known. */
export function contentOf({ form, classNames, training, test }: Pick<Imported, 'form' | 'classNames' | 'training' | 'test'>): {
  readonly manifest: string;
  readonly sha256: string;
} {
  const { shape, sampleType, targets } = form;
  const describe = ({ samples, sha256: hash }: Imported['training']): object => ({ samples, sha256: hash });
  const manifest = JSON.stringify({
    format: 'galapagos-content/1',
    shape,
    sampleType,
    classes: classNames.length,
    targets,
    training: describe(training),
    test: describe(test),
  });
  return { manifest, sha256: createHash('sha256').update(manifest).digest('hex') };
}

export interface About {
  readonly name: string;
  /** Absolute. */
  readonly path: string;
  /** ISO 8601. */
  readonly imported: string;
}

/** Moves what `importDataset` left in `staging` into place and gives it the name, taking it from whatever had it. */
export function store(
  folder: string,
  staging: string,
  { form, classNames, training, test, drawn, statistics, kind, match, columns, resized, notes }: Imported,
  about: About,
): StoredDataset {
  const { shape, sampleType, targets } = form;
  const { manifest, sha256: content } = contentOf({ form, classNames, training, test });
  const whole = join(staging, 'whole');
  mkdirSync(whole);
  for (const name of ['training', 'test']) renameSync(join(staging, name), join(whole, name));
  writeFileSync(join(whole, 'manifest.json'), manifest);
  mkdirSync(join(folder, 'content'), { recursive: true });
  const place = join(folder, 'content', content);
  // The same bytes again, or what is left of them: replaced by what was just written.
  rmSync(place, { recursive: true, force: true });
  renameSync(whole, place);
  const { path, name, imported } = about;
  const record: DatasetRecord = {
    format: 'galapagos-dataset/1',
    name,
    content,
    shape: [...shape],
    sampleType,
    classNames: [...classNames],
    targets,
    training: { ...training, perClass: [...training.perClass] },
    test: { ...test, perClass: [...test.perClass] },
    drawn,
    statistics: { mean: [...statistics.mean], deviation: [...statistics.deviation] },
    source: { path, kind, match },
    columns: columns === null ? null : { features: [...columns.features], targets: [...columns.targets] },
    resized,
    notes: [...notes],
    imported,
  };
  mkdirSync(join(folder, 'names'), { recursive: true });
  const written = join(staging, 'record.json');
  writeFileSync(written, `${JSON.stringify(record, null, 2)}\n`);
  const replaced = contentNamed(folder, name);
  renameSync(written, recordPath(folder, name));
  if (replaced !== null && !isNamed(folder, replaced)) rmSync(join(folder, 'content', replaced), { recursive: true, force: true });
  return { ...record, files: { training: join(place, 'training'), test: join(place, 'test') } };
}

/** @returns whether there was one; its bytes go too unless another name stands for them */
export function removeDataset(folder: string, name: string): boolean {
  const path = recordPath(folder, name);
  if (!NAME.test(name) || !existsSync(path)) return false;
  rmSync(path);
  removeUnnamed(folder);
  return true;
}

/** Bytes of a dataset on disk. */
export function sizeOf({ files }: StoredDataset): number {
  return [files.training, files.test].reduce((sum, file) => sum + (statSync(file, { throwIfNoEntry: false })?.size ?? 0), 0);
}

function recordPath(folder: string, name: string): string {
  return join(folder, 'names', `${name}.json`);
}

/** null: no such name, or nobody knows. */
function contentNamed(folder: string, name: string): string | null {
  try {
    return readRecord(folder, name)?.content ?? null;
  } catch {
    return null;
  }
}

function isNamed(folder: string, content: string): boolean {
  return recordNames(folder).some((name) => contentNamed(folder, name) === content);
}

/** Removes bytes that no record names. With a damaged record nobody knows what it names: then nothing is removed. */
function removeUnnamed(folder: string): void {
  const contents = join(folder, 'content');
  if (!existsSync(contents)) return;
  let named: Set<string>;
  try {
    named = new Set(recordNames(folder).map((name) => readRecord(folder, name)?.content ?? ''));
  } catch {
    return;
  }
  for (const content of readdirSync(contents)) if (!named.has(content)) rmSync(join(contents, content), { recursive: true, force: true });
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
