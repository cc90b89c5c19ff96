/** Locates the built-in files: presets, schemas, datasets, networks. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { GalapagosError } from '../../core/errors.ts';

/**
 * Returns the absolute path of `resources/`, searched upwards from this module: the same for
 * sources, the built command and a package.
 */
export function resourcesFolder(): string {
  for (let folder = dirname(fileURLToPath(import.meta.url)); ; folder = dirname(folder)) {
    const candidate = join(folder, 'resources');
    if (existsSync(join(candidate, 'studies'))) return candidate;
    if (dirname(folder) === folder) break;
  }
  throw new GalapagosError(
    'incomplete-installation',
    'the folder resources/ of Galapagos is missing: install Galapagos again',
  );
}
