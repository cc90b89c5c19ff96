/**
 * The app in a real Electron: a suite of its own, one process at a time, since each test is a
 * program with a window.
 */
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    name: 'electron',
    pool: 'forks',
    maxWorkers: 1,
    testTimeout: 120_000,
    hookTimeout: 120_000,
    include: ['test/electron9/**/*.test.ts'],
    globalSetup: ['test/electron9/set-up.ts'],
    reporters: ['default', './build/skips-and-total.ts'],
  },
});
