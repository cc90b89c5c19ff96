/** The version of this Galapagos, from the package.json that it came with. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Checked by hand: a schema would load the schema library for every `--help`.
 * @param resources the absolute path of `resources/`, beside which package.json lies
 * @throws Error naming the file, if it has no version
 */
export function versionOf(resources: string): string {
  const file = join(resources, '..', 'package.json');
  const parsed: unknown = JSON.parse(readFileSync(file, 'utf8'));
  if (
    typeof parsed === 'object' &&
    parsed !== null &&
    'version' in parsed &&
    typeof parsed.version === 'string'
  )
    return parsed.version;
  throw new Error(`${file}: expected a text "version"`);
}
