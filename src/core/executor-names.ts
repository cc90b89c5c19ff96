/**
 * Executors that a study can select. Their implementations are in `training/executors/registry.ts`.
 */

export const executorNames = ['wasm', 'webgpu', 'tensorflow', 'reference'] as const;

export type ExecutorName = (typeof executorNames)[number];
