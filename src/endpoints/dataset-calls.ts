/** Answers about datasets: which there are, what they look like, how they come and go. */
import { GalapagosError } from '../core/errors.ts';
import { datasetOutput } from '../lab/dataset-output.ts';
import { BUNDLED_NAMES } from '../training/datasets/catalogue.ts';
import { removeDataset } from '../training/datasets/store.ts';
import type { CallDeps } from './call-deps.ts';
import type { CallHandlers } from './calls.ts';
import { catalogueIn, datasetsFolder, unknownDataset } from './known-dataset.ts';

type DatasetCalls = Pick<CallHandlers, 'datasets' | 'removeDataset'>;

export function datasetCalls(deps: CallDeps): DatasetCalls {
  const { userFolder } = deps;
  const folder = datasetsFolder(userFolder);
  const names = (): readonly string[] => catalogueIn(userFolder).names();
  return {
    datasets: () => names().map((name) => listed(folder, name)),
    removeDataset: ({ dataset }) => {
      if (BUNDLED_NAMES.includes(dataset))
        throw new GalapagosError('bundled-dataset', `${dataset} comes with Galapagos: it cannot be removed`, { found: dataset });
      if (!removeDataset(folder, dataset)) unknownDataset(dataset, names());
      deps.datasetsChanged();
      return null;
    },
  };
}

function listed(folder: string, name: string): Awaited<ReturnType<CallHandlers['datasets']>>[number] {
  try {
    return { name, problem: null, dataset: datasetOutput(folder, name) };
  } catch (error) {
    return { name, problem: error instanceof Error ? error.message : String(error), dataset: null };
  }
}
