/** Runs imports in this thread, in a temporary folder of the test. */
import { mkdtempSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { importDataset, type Imported } from '../../src/datasets/import/import-dataset.ts';
import { DEFAULTS, type ImportOptions } from '../../src/datasets/import/options.ts';
import { temporaryFolder, type TemporaryFolder } from '../support/temporary-folder.ts';

export const FIXTURES = new URL('../training/fixtures/datasets', import.meta.url).pathname;

export interface Import extends Imported {
  /** Folder that contains `training` and `test`. */
  readonly staging: string;
  /** Values of the training samples, in their canonical order, and labels. */
  readonly training: Imported['training'] & { readonly bytes: Buffer };
  readonly test: Imported['test'] & { readonly bytes: Buffer };
}

export class ImportFolder {
  readonly #folder: TemporaryFolder = temporaryFolder();

  get path(): string {
    return this.#folder.path;
  }

  file(name: string): string {
    return this.#folder.file(name);
  }

  async imported(
    path: string | readonly string[],
    options: Partial<ImportOptions> = {},
    watch: { cancelled(): boolean } = { cancelled: () => false },
  ): Promise<Import> {
    const staging = mkdtempSync(this.#folder.file('staging-'));
    const found = await importDataset(
      { paths: typeof path === 'string' ? [path] : path, as: null },
      staging,
      { ...DEFAULTS, ...options },
      { progress: () => undefined, now: () => 0, ...watch },
    );
    const bytes = (name: string): Buffer => readFileSync(join(staging, name));
    return {
      ...found,
      staging,
      training: { ...found.training, bytes: bytes('training') },
      test: { ...found.test, bytes: bytes('test') },
    };
  }

  remove(): void {
    this.#folder.remove();
  }
}
