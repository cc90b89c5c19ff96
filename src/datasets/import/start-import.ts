/**
 * An import in one step: read, and stored under its name at once. For whoever looks first,
 * `prepare-import.ts`.
 */
import { BUNDLED_NAMES, datasetWithContent, type SameDataset } from '../catalogue.ts';
import { nameOfFile, sourceStem } from '../dataset-name.ts';
import { sourceName } from '../sources/several.ts';
import { openStaging } from '../staging.ts';
import type { StoredDataset } from '../store.ts';
import type { Imported } from './import-dataset.ts';
import { ImportCancelled } from './options.ts';
import { runImport, type RunRequest } from './run-import.ts';
import { againOf, checkFree, contentOf, storeImported } from './store-imported.ts';

export interface ImportRequest extends RunRequest {
  /** null: made from the source's name; samples that are stored already are not stored again. */
  readonly name: string | null;
  /** ISO 8601: now. */
  readonly imported: string;
  /** Of the imported datasets, absolute; created where it is missing. */
  readonly folder: string;
  /** Takes the name from a dataset that has it. */
  readonly replace: boolean;
  /** Stores nothing: what would be stored is only shown. */
  readonly dryRun: boolean;
}

export interface Finished {
  readonly name: string;
  readonly imported: Imported;
  /** Another dataset with the same content, found before this one was stored; null: none. */
  readonly same: SameDataset | null;
  /** null: a dry run, or `same` serves instead. */
  readonly stored: StoredDataset | null;
}

/** @throws DatasetError; GalapagosError `dataset-exists`, `bad-name`; ImportCancelled */
export async function startImport(request: ImportRequest): Promise<Finished> {
  const { folder, dryRun, replace, signal, imported: when } = request;
  const name = request.name ?? nameOfFile(sourceStem(request));
  // A bundled name is refused only once the samples are known to differ from the bundled ones.
  if (!dryRun && !BUNDLED_NAMES.includes(name)) checkFree(folder, name, replace);
  const staging = await openStaging(folder);
  try {
    const imported = await runImport(request, staging.path);
    if (signal.aborted) throw new ImportCancelled();
    const about = {
      name,
      path: sourceName(request),
      again: againOf(request, request.options),
      imported: when,
    };
    const same = datasetWithContent(folder, contentOf(imported).sha256);
    const served = same !== null && (same.bundled || (request.name === null && !replace));
    const stored =
      dryRun || served ? null : await storeImported(folder, staging.path, imported, about, replace);
    return { name, imported, same: same?.name === stored?.name ? null : same, stored };
  } finally {
    await staging.remove();
  }
}
