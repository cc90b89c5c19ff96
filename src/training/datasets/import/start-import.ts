/** An import in one step: read, and stored under its name at once. For whoever looks first, `prepare-import.ts`. */
import { sourceName } from '../sources/several.ts';
import { openStaging } from '../staging.ts';
import type { StoredDataset } from '../store.ts';
import type { Imported } from './import-dataset.ts';
import { ImportCancelled } from './options.ts';
import { runImport, type RunRequest } from './run-import.ts';
import { checkFree, storeImported } from './store-imported.ts';

export interface ImportRequest extends RunRequest {
  readonly name: string;
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
  readonly imported: Imported;
  /** null: a dry run. */
  readonly stored: StoredDataset | null;
}

/** @throws DatasetError; GalapagosError `dataset-exists`, `bad-name`; ImportCancelled */
export async function startImport(request: ImportRequest): Promise<Finished> {
  const { folder, name, dryRun, replace, signal, imported: when } = request;
  if (!dryRun) checkFree(folder, name, replace);
  const staging = await openStaging(folder);
  try {
    const imported = await runImport(request, staging.path);
    if (signal.aborted) throw new ImportCancelled();
    const about = { name, path: sourceName(request), imported: when };
    return { imported, stored: dryRun ? null : await storeImported(folder, staging.path, imported, about, replace) };
  } finally {
    await staging.remove();
  }
}
