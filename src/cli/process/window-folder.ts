/**
 * Locates the built window: beside the built command, or in the clone that the sources run from.
 */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { GalapagosError } from '../../core/errors.ts';

/** @throws GalapagosError `no-window` */
export function windowFolder(): string {
  // Code shared by several entries is built into a folder below them.
  const places = ['../renderer', '../../renderer', '../../../out/renderer'].map((place) =>
    fileURLToPath(new URL(place, import.meta.url)),
  );
  const found = places.find((place) => existsSync(`${place}/assets`));
  if (found === undefined)
    throw new GalapagosError('no-window', 'the window has not been built: npm run build');
  return found;
}
