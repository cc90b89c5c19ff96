import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vitest/config';

/** Files that `npm run test:slow` runs at full size (test/support/effort.ts). */
const slowFiles = [
  'test/e2e/datasets-at-size.test.ts',
  'test/e2e/kill.test.ts',
  'test/e2e/second-programs.test.ts',
  'test/simulation/walks.test.ts',
  'test/training/pytorch.test.ts',
  'test/training/wasm-pytorch.test.ts',
];

const everywhere = {
  pool: 'forks',
  testTimeout: 60_000,
  hookTimeout: 60_000,
  unstubEnvs: true,
} as const;

export default defineConfig({
  test: {
    globalSetup: ['test/support/build-once.ts'],
    reporters: ['default', './build/skips-and-total.ts'],
    projects: [
      {
        // For the runes of the window's state.
        plugins: [svelte()],
        test: {
          name: 'parts',
          ...everywhere,
          include: ['test/**/*.test.ts'],
          exclude: ['test/e2e/**', 'test/window/**', 'test/electron9/**'],
          sequence: { groupOrder: 0 },
        },
      },
      // Real processes with leases of 2 s: one file at a time, after the rest, so that silence means silence.
      {
        test: {
          name: 'whole',
          ...everywhere,
          include: ['test/e2e/**/*.test.ts'],
          exclude: ['test/e2e/datasets-at-size.test.ts'],
          maxWorkers: 1,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: 'slow',
          ...everywhere,
          include: slowFiles,
          env: { GALAPAGOS_SLOW_TESTS: '1' },
          maxWorkers: 1,
          sequence: { groupOrder: 3 },
        },
      },
      // The built window in a browser, one file at a time: it shares the cores with real workers.
      {
        test: {
          name: 'window',
          ...everywhere,
          include: ['test/window/**/*.test.ts'],
          maxWorkers: 1,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
