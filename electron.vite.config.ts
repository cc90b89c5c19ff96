/**
 * Builds everything that runs: the Electron main process, the command line and the worker as Node entries beside it
 * (out/main), the sandboxed preload as CommonJS (out/preload), the window (out/renderer).
 */
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'electron-vite';
import type { UserConfig } from 'electron-vite';

const programs = {
  main: {
    build: {
      target: 'node20',
      // Built in: as packages they are some 150 files, which every process and thread would look up.
      externalizeDeps: { exclude: ['zod', 'ws', '@msgpack/msgpack', 'commander', 'picocolors'] },
      rolldownOptions: {
        input: {
          index: 'src/main/index.ts',
          cli: 'src/cli/index.ts',
          worker: 'src/worker/index.ts',
          'import-thread': 'src/datasets/import/import-thread.ts',
          'work-thread': 'src/endpoints/reading/work-thread.ts',
          'estimate-process': 'src/training/estimate/estimate-process.ts',
          'read-thread': 'src/endpoints/reading/read-thread.ts',
          'line-thread': 'src/transport/line-thread.ts',
          'door-thread': 'src/transport/door/door-thread.ts',
          'sampler-thread': 'src/coordinator/sampler-thread.ts',
          'watchdog-thread': 'src/runtime/watchdog-thread.ts',
          'check-thread': 'src/lab/check-thread.ts',
          'checkpoint-thread': 'src/lab/checkpoint-thread.ts',
        },
        // Nothing shared may live in an entry: a worker would run the command line to reach it.
        preserveEntrySignatures: 'strict',
        output: {
          format: 'es',
          entryFileNames: '[name].js',
          chunkFileNames: 'chunks/[name]-[hash].js',
        },
      },
    },
  },
} satisfies UserConfig;

const window = {
  preload: {
    build: {
      rolldownOptions: {
        input: { index: 'src/preload/index.ts' },
        output: { format: 'cjs', entryFileNames: '[name].cjs' },
      },
    },
  },
  renderer: {
    root: 'src/renderer',
    build: { minify: true, rolldownOptions: { input: 'src/renderer/index.html' } },
    plugins: [svelte()],
  },
} satisfies UserConfig;

/** Names of the parts to build, separated by commas, as in `build/build-if-stale.mjs`; all where it is not set. */
const named = process.env['GALAPAGOS_BUILD_PARTS'] ?? 'programs,window';

export default defineConfig({
  ...(named.includes('programs') ? programs : {}),
  ...(named.includes('window') ? window : {}),
});
