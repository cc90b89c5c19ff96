import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vitest/config';
import { localImports } from './test/support/local-imports.ts';
import { LongestFirst } from './test/support/longest-first.ts';
import { swiftshader } from './test/support/swiftshader.ts';

/** Files that `npm run test:slow` runs at full size (test/support/effort.ts). */
const slowFiles = [
  'test/chaos/worker-frames.test.ts',
  'test/cli/ask-tell.test.ts',
  'test/e2e/datasets-at-size.test.ts',
  'test/e2e/earlier-version.test.ts',
  'test/e2e/kill.test.ts',
  'test/e2e/second-programs.test.ts',
  'test/lab/namespaces/chaos.test.ts',
  'test/lab/namespaces/long-cut.test.ts',
  'test/lab/namespaces/quiet-link.test.ts',
  'test/objectives/command/snapshot/ignore.test.ts',
  'test/objectives/command/snapshot/snapshot.test.ts',
  'test/protocol/study-file.test.ts',
  'test/protocol/worker-messages.test.ts',
  'test/simulation/walks.test.ts',
  'test/storage/damage.test.ts',
  'test/storage/histories.test.ts',
  'test/storage/kill.test.ts',
  'test/training/presets-train.test.ts',
  'test/training/pytorch.test.ts',
  'test/training/reference.test.ts',
  'test/training/wasm-contract.test.ts',
  'test/training/wasm-pytorch.test.ts',
  'test/transport/attacks.test.ts',
  'test/worker/command.test.ts',
];

/**
 * Files that need a process of their own: they replace modules, or measure their thread, where the
 * garbage collection of what earlier files left would count.
 */
const isolatedFiles = [
  'test/main/**/*.test.ts',
  'test/datasets/hostile-files.test.ts',
  'test/node/workers/worker-processes.test.ts',
  'test/runtime/turns.test.ts',
  'test/training/run/trainer.test.ts',
];

/** Files whose hosts are network namespaces (test/support/lab-bed.ts). */
const labFiles = ['test/lab/namespaces/**/*.test.ts'];

/** Files that compute on a software GPU, which needs an environment of its own. */
const gpuFiles = ['test/training/webgpu/**/*.test.ts'];

/** Files of `gpuFiles` that `npm run test:slow` runs at full size. */
const slowGpuFiles = [
  'test/training/webgpu/chip-contract.test.ts',
  'test/training/webgpu/contract.test.ts',
  'test/training/webgpu/pytorch.test.ts',
  'test/training/webgpu/tiles.test.ts',
];

/** Runs before the files of a project that computes on a software GPU. */
const gpuSetup = ['test/support/poll-dawn.ts'];

/** Time-outs detect hangs and never measure speed. */
const MINUTE = 60_000;

const everywhere = {
  pool: 'forks',
  // More files at once than there are cores, because some wait for programs and clocks. By default
  // Vitest leaves one core for itself, which is half of a machine with two.
  maxWorkers: availableParallelism() + 1,
  testTimeout: 2 * MINUTE,
  hookTimeout: 2 * MINUTE,
  expect: { poll: { timeout: MINUTE, interval: 20 } },
  unstubEnvs: true,
  // Threads and worker processes start as built: compiling their sources takes five times as long.
  env: {
    GALAPAGOS_BUILT_ENTRIES: fileURLToPath(new URL('./out/main/', import.meta.url)),
    // Nothing of a test is announced on the network.
    GALAPAGOS_DISCOVERY: 'off',
  },
} as const;

const processes = { testTimeout: 10 * MINUTE, hookTimeout: 10 * MINUTE } as const;

export default defineConfig({
  test: {
    globalSetup: ['test/support/build-once.ts'],
    sequence: { sequencer: LongestFirst },
    reporters: ['default', './build/skips-and-total.ts'],
    projects: [
      {
        // For the runes of the window's state.
        plugins: [svelte(), localImports()],
        test: {
          name: 'parts',
          ...everywhere,
          // Loading modules anew for each file takes as long as the tests. A file restores what it
          // changes of its process.
          isolate: false,
          include: ['test/**/*.test.ts'],
          exclude: [
            'test/e2e/**',
            'test/window/**',
            'test/electron9/**',
            ...isolatedFiles,
            ...labFiles,
            ...gpuFiles,
          ],
        },
      },
      {
        plugins: [localImports()],
        test: { name: 'isolated', ...everywhere, include: isolatedFiles },
      },
      // On a software GPU; skipped where there is none.
      {
        plugins: [localImports()],
        test: {
          name: 'gpu',
          ...everywhere,
          ...processes,
          setupFiles: gpuSetup,
          env: { ...everywhere.env, ...swiftshader },
          include: gpuFiles,
        },
      },
      {
        plugins: [localImports()],
        test: {
          name: 'whole',
          ...everywhere,
          ...processes,
          include: ['test/e2e/**/*.test.ts', ...labFiles],
          exclude: [
            'test/e2e/datasets-at-size.test.ts',
            'test/lab/namespaces/long-cut.test.ts',
            'test/lab/namespaces/quiet-link.test.ts',
          ],
        },
      },
      {
        plugins: [localImports()],
        test: {
          name: 'slow',
          ...everywhere,
          ...processes,
          env: { ...everywhere.env, GALAPAGOS_SLOW_TESTS: '1' },
          include: slowFiles,
        },
      },
      {
        plugins: [localImports()],
        test: {
          name: 'slow-gpu',
          ...everywhere,
          ...processes,
          setupFiles: gpuSetup,
          env: { ...everywhere.env, ...swiftshader, GALAPAGOS_SLOW_TESTS: '1' },
          include: slowGpuFiles,
        },
      },
      // The built window in a browser.
      {
        plugins: [localImports()],
        test: {
          name: 'window',
          ...everywhere,
          ...processes,
          include: ['test/window/**/*.test.ts'],
        },
      },
    ],
  },
});
