/**
 * An import in one step: reads and stores under its name. `prepare-import.ts` has the two steps
 * with a preview.
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
  /** null: derived from the source's name; samples that are already stored are not stored again. */
  readonly name: string | null;
  /** ISO 8601: now. */
  readonly imported: string;
  /** Absolute path of the imported datasets' folder; created if missing. */
  readonly folder: string;
  /** Takes the name from a dataset that has it. */
  readonly replace: boolean;
  /** Stores nothing and only shows the result. */
  readonly dryRun: boolean;
}

export interface Finished {
  readonly name: string;
  readonly imported: Imported;
  /** Another dataset with the same content, found before this one was stored; null: none. */
  readonly same: SameDataset | null;
  /** null: a dry run, or `same` is used instead. */
  readonly stored: StoredDataset | null;
}

/** @throws DatasetError; GalapagosError `dataset-exists`, `bad-name`; ImportCancelled */
export async function startImport(request: ImportRequest): Promise<Finished> {
  const { folder, dryRun, replace, signal, imported: when } = request;
  const name = request.name ?? nameOfFile(sourceStem(request));
  // A built-in name is refused only once the samples are known to differ from the built-in ones.
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
