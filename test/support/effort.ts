/** Sizes of tests that `npm test` runs small and `npm run test:slow` runs in full. */

/** True in the project `slow` of vitest.config.ts, which sets the variable. */
export const slow = process.env['GALAPAGOS_SLOW_TESTS'] === '1';

/** Returns the size of a test: `quick` in `npm test`, `full` in `npm run test:slow`. */
export function size(quick: number, full: number): number {
  return slow ? full : quick;
}
