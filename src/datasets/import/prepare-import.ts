/**
 * An import in two steps: read and shown first, then stored under a name or discarded. Until then
 * it lies in a staging folder, which goes with it, with the process, or when the next import
 * begins.
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
  /** Of the imported datasets, absolute; created where it is missing. */
  readonly folder: string;
}

export interface PreparedImport {
  /**
   * Its name is a proposal that was free, or the bundled dataset's where the samples are the same.
   */
  readonly preview: DatasetPreview;
  /** Returns the bundled or stored dataset with the same content now; null: there is none. */
  readonly same: () => SameDataset | null;
  /**
   * Once. Where it fails (a name that cannot be had, a full disk) it may be asked again.
   * @param replace takes the name from a dataset that has it
   * @param imported ISO 8601: now
   * @throws GalapagosError `bad-name`, `dataset-exists`, `disk-full`
   */
  readonly store: (name: string, replace: boolean, imported: string) => Promise<StoredDataset>;
  /** Idempotent; after `store` it does nothing. */
  readonly discard: () => Promise<void>;
}

/** @throws DatasetError, by its code and data; ImportCancelled. Nothing stays then. */
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
