/** Keeps a node's datasets on disk. The dataset formats are behind `DatasetFolders`. */
import type { PackagesReport } from '../../protocol/node-messages.ts';
import type { FetchOrder } from './fetch.ts';
import { incomingTrees } from './incoming.ts';
import type { DatasetStore } from './node-datasets.ts';
import { keptTree } from './stored-tree.ts';

/** Folders of datasets on this machine; `FetchedDatasets` implements it. */
export interface DatasetFolders extends Omit<DatasetStore, 'incoming' | 'reader'> {
  /** Absolute path of the folder in which datasets are collected, each in a folder of its tree. */
  readonly incoming: string;
  /** Absolute path of the folder of a fetched dataset; null: there is none. */
  folderOf(content: string): string | null;
  /** Asks the Pythons of code that is here and permitted. */
  packages?(order: FetchOrder): Promise<readonly PackagesReport[]>;
}

export function nodeStore(folders: DatasetFolders): DatasetStore {
  return {
    contents: () => folders.contents(),
    refusal: (order) => folders.refusal?.(order) ?? null,
    incoming: incomingTrees(folders.incoming),
    finish: (order: FetchOrder) => folders.finish(order),
    fetched: () => folders.fetched(),
    reader: async (content) => {
      const folder = folders.folderOf(content);
      return folder === null ? null : keptTree(folder);
    },
    remove: (content) => folders.remove(content),
    disk: () => folders.disk(),
  };
}
