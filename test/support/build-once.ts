/**
 * Before any test: the built command line and worker, which some tests start as a user would. Tests
 * of the window build it.
 */
import { fileURLToPath } from 'node:url';
import { buildIfStale } from '../../build/build-if-stale.mjs';

export default async function setup(): Promise<void> {
  await buildIfStale(fileURLToPath(new URL('../../', import.meta.url)), { only: ['programs'] });
}
