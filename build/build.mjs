/** `npm run build`: builds all of `out/`, whether or not its sources have changed. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildOrExit, parts } from './build-if-stale.mjs';

const root = fileURLToPath(new URL('../', import.meta.url));
for (const name of Object.keys(parts))
  rmSync(join(root, 'out', `built-${name}.json`), { force: true });
await buildOrExit(root);
