#!/usr/bin/env node
/**
 * The `galapagos` command. In a clone it first builds the parts that it runs, if their sources have
 * changed; a packaged copy has no sources and runs as it is.
 */
import { existsSync } from 'node:fs';
import * as nodeModule from 'node:module';
import { fileURLToPath } from 'node:url';

const root = new URL('../', import.meta.url);
if (existsSync(new URL('src/', root))) {
  const { buildOrExit } = await import('../build/build-if-stale.mjs');
  // The window is needed by the one command that serves it.
  await buildOrExit(fileURLToPath(root), {
    only: process.argv[2] === 'serve' ? ['programs', 'window'] : ['programs'],
  });
}
// Keeps compiled scripts between starts; Node 22.1 and later.
nodeModule.enableCompileCache?.();
await import(new URL('out/main/cli.js', root).href);
