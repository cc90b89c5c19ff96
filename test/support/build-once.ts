/**
 * Builds the command line and the worker before the first test, because some tests start them as
 * processes. Tests of the window build the window.
 */
import { fileURLToPath } from 'node:url';
import { buildIfStale } from '../../build/build-if-stale.mjs';

export default async function setup(): Promise<void> {
  await buildIfStale(fileURLToPath(new URL('../../', import.meta.url)), { only: ['programs'] });
}
