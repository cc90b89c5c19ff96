/** Built-in studies by name. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';

/** Names of the presets, in alphabetical order. */
export function presetNames(resources: string): string[] {
  return readdirSync(join(resources, 'studies'))
    .filter((file) => file.endsWith('.json'))
    .map((file) => file.slice(0, -'.json'.length))
    .sort();
}

export function presetFile(resources: string, name: string): string {
  return join(resources, 'studies', `${name}.json`);
}
