/** Begins, repeats and stores imports; the host knows their sources. */
import type { CallInput } from '../../protocol/endpoints.ts';
import type { DataSource } from '../../protocol/window/datasets.ts';
import type { Client } from '../client.ts';

type Options = CallInput<'beginImport'>['options'];

export class Imported {
  readonly #client: Client;

  constructor(client: Client) {
    this.#client = client;
  }

  async begin(source: DataSource, label: string): Promise<string> {
    return (await this.#client.command('beginImport', { source, label, options: {} })).import;
  }

  /**
   * Imports the source of an import again; the new import replaces it.
   * @param change options that differ from the first import's
   * @returns the new import
   */
  async again(id: string, change: Options): Promise<string> {
    return (await this.#client.command('importAgain', { import: id, options: change })).import;
  }

  /**
   * Reads the source of a stored dataset again with other options, on the host.
   * @returns the import
   */
  async relabel(dataset: string, options: Options): Promise<string> {
    const { import: id } = await this.#client.command('importAgain', { dataset, options });
    return id;
  }

  /**
   * Stores an import under its proposed name, unless a dataset with the same samples exists.
   * @returns the dataset
   */
  async keep(id: string): Promise<string> {
    const { dataset, same } = await this.#client.query('preview', { import: id });
    if (same === null)
      return (
        await this.#client.command('storeImport', {
          import: id,
          name: dataset.name,
          replace: false,
        })
      ).dataset;
    await this.#client.command('discardImport', { import: id });
    return same.name;
  }
}
