/**
 * Where imports of this window came from, so that one that failed can be tried again with what
 * would settle it.
 */
import type { CallInput } from '../../protocol/endpoints.ts';
import type { DataSource } from '../../protocol/window/datasets.ts';
import type { Client } from '../client.ts';

type Options = CallInput<'beginImport'>['options'];

interface Origin {
  readonly source: DataSource;
  readonly label: string;
  readonly options: Options;
}

export class Imported {
  readonly #client: Client;
  readonly #origins = new Map<string, Origin>();

  constructor(client: Client) {
    this.#client = client;
  }

  /** Images of several sizes are scaled, which the preview says: nothing is asked before it. */
  async begin(source: DataSource, label: string, options: Options): Promise<string> {
    const { import: id } = await this.#client.command('beginImport', {
      source,
      label,
      options: { mixed: 'scale', ...options },
    });
    this.#origins.set(id, { source, label, options });
    return id;
  }

  /**
   * Imports the source of an import once more and discards the first.
   * @param change options that differ from the first import's
   * @returns the new import; null: another window began the first
   */
  async again(id: string, change: Options): Promise<string | null> {
    const origin = this.originOf(id);
    if (origin === null) return null;
    const next = await this.begin(origin.source, origin.label, { ...origin.options, ...change });
    await this.#client.command('discardImport', { import: id });
    return next;
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
   * Stores an import that was read under the name that is proposed for it; a dataset with the same
   * samples serves instead.
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

  /** Null: another window began it. */
  originOf(id: string): Origin | null {
    return this.#origins.get(id) ?? null;
  }
}
