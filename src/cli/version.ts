/** The version of this Galapagos, from the package.json that it came with. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

const packageJson = z.object({ version: z.string() });

/** @param resources the absolute path of `resources/`, beside which package.json lies */
export function versionOf(resources: string): string {
  return packageJson.parse(JSON.parse(readFileSync(join(resources, '..', 'package.json'), 'utf8'))).version;
}
