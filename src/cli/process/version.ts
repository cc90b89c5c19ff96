/** Version of the program, from its package.json. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Checked by hand, because a schema would load the schema library for every `--help`.
 * @param resources absolute path of `resources/`, beside package.json
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
