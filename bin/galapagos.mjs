#!/usr/bin/env node
/**
 * The `galapagos` command. In a clone it builds what it runs first, when sources are newer than the last build; a packaged
 * copy has no sources and runs as it is.
 */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = new URL('../', import.meta.url);
if (existsSync(new URL('src/', root))) {
  const { buildIfStale } = await import('../build/build-if-stale.mjs');
  await buildIfStale(fileURLToPath(root));
}
await import(new URL('out/main/cli.js', root).href);
