/**
 * Training scripts that other projects publish, from the folder that `GALAPAGOS_EXAMPLES` names.
 */
import { copyFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { missingPython } from './peer-python.ts';

/**
 * Copies a published example into a project.
 * @param modules that it imports
 * @returns the reason why it cannot run here; null: it can
 */
export function copyExample(
  project: string,
  name: string,
  ...modules: readonly string[]
): string | null {
  const examples = process.env['GALAPAGOS_EXAMPLES'] ?? '';
  const file = join(examples, name);
  if (examples === '' || !existsSync(file)) return `GALAPAGOS_EXAMPLES has no ${name}`;
  const missing = missingPython(...modules);
  if (missing === null) copyFileSync(file, join(project, name));
  return missing;
}
