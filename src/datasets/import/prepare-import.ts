/**
 * An import in two steps: read and preview, then store under a name or discard. Until then its
 * files are in a staging folder, which is removed with it, with the process, or when the next
 * import begins.
 */
import { join } from 'node:path';
import { catalogueOf, datasetWithContent, type SameDataset } from '../catalogue.ts';
import { freeDatasetName, nameOfFile, sourceStem } from '../dataset-name.ts';
import { previewImported, type DatasetPreview } from '../preview.ts';
import { sourceName } from '../sources/several.ts';
import { openStaging } from '../staging.ts';
import type { StoredDataset } from '../store.ts';
import { ImportCancelled } from './options.ts';
import { runImport, type RunRequest } from './run-import.ts';
import { againOf, contentOf, storeImported } from './store-imported.ts';

export interface PrepareRequest extends RunRequest {
  /** Absolute path of the imported datasets' folder; created if missing. */
  readonly folder: string;
}

export interface PreparedImport {
  /**
   * Preview. Its name is a free proposal, or the built-in dataset's if the samples are the same.
   */
  readonly preview: DatasetPreview;
  /** Returns the bundled or stored dataset with the same content now; null: there is none. */
  readonly same: () => SameDataset | null;
  /**
   * Stores the dataset, once. After a failure (an unavailable name, a full disk) it may be called
   * again.
   * @param replace takes the name from a dataset that has it
   * @param imported current time, ISO 8601
   * @throws GalapagosError `bad-name`, `dataset-exists`, `disk-full`
   */
  readonly store: (name: string, replace: boolean, imported: string) => Promise<StoredDataset>;
  /** Idempotent; has no effect after `store`. */
  readonly discard: () => Promise<void>;
}

/** @throws DatasetError with its code and data; ImportCancelled. Leaves no files then. */
export async function prepareImport(request: PrepareRequest): Promise<PreparedImport> {
  const { folder, signal } = request;
  const staging = await openStaging(folder);
  try {
    const imported = await runImport(request, staging.path);
    if (signal.aborted) throw new ImportCancelled();
    const source = sourceName(request);
    const same = (): SameDataset | null => datasetWithContent(folder, contentOf(imported).sha256);
    const known = same();
    const name =
      known?.bundled === true ? known.name : proposedName(request, catalogueOf(folder).names());
    const preview = await previewImported(imported, name, join(staging.path, 'training'));
    let ended: Promise<unknown> | null = null;
    return {
      preview,
      same,
      store: async (chosen, replace, when) => {
        if (ended !== null) throw new Error('this import was stored or discarded already');
        const about = {
          name: chosen,
          path: source,
          again: againOf(request, request.options),
          imported: when,
        };
        const storing = storeImported(folder, staging.path, imported, about, replace);
        ended = storing;
        try {
          const stored = await storing;
          await staging.remove();
          return stored;
        } catch (error) {
          ended = null;
          throw error;
        }
      },
      discard: async () => {
        await ended?.catch(() => undefined);
        ended = Promise.resolve();
        await staging.remove();
      },
    };
  } catch (error) {
    await staging.remove();
    throw error;
  }
}

/**
 * Returns the source's name; with what is predicted at its end where the name is taken: `iris`,
 * `iris-petal_width`.
 */
function proposedName(request: PrepareRequest, taken: readonly string[]): string {
  const { label, targets } = request.options;
  const stem = sourceStem(request);
  const predicted = label ?? targets.join('-');
  const labelled =
    predicted === '' || !taken.includes(nameOfFile(stem))
      ? stem
      : `${nameOfFile(stem)}-${predicted}`;
  return freeDatasetName(labelled, taken);
}
