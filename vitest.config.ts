import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vitest/config';

const everywhere = { pool: 'forks', testTimeout: 60_000, hookTimeout: 60_000, unstubEnvs: true } as const;

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
      { test: { name: 'whole', ...everywhere, include: ['test/e2e/**/*.test.ts'], maxWorkers: 1, sequence: { groupOrder: 1 } } },
      // The built window in a browser, one file at a time: it shares the cores with real workers.
      { test: { name: 'window', ...everywhere, include: ['test/window/**/*.test.ts'], maxWorkers: 1, sequence: { groupOrder: 2 } } },
    ],
  },
});
