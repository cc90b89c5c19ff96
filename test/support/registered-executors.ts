/** Entries of the executor registry, by form, for tests that replace one. */
import { at } from '../../src/core/at.ts';
import type { Executor } from '../../src/training/executors/executor.ts';
import { registeredExecutors } from '../../src/training/executors/registry.ts';
import type { RegisteredExecutor } from '../../src/training/executors/registry.ts';

/** Executors in the order of the registry. */
const forms = ['wasm', 'fused', 'webgpu', 'xla', 'tensorflow', 'reference'] as const;

export type ByForm = Readonly<Record<(typeof forms)[number], Executor>>;

export function realExecutors(): ByForm {
  const entries = registeredExecutors();
  const form = (name: keyof ByForm): Executor => at(entries, forms.indexOf(name)).executor;
  return {
    wasm: form('wasm'),
    fused: form('fused'),
    webgpu: form('webgpu'),
    xla: form('xla'),
    tensorflow: form('tensorflow'),
    reference: form('reference'),
  };
}

/** Returns the registry with these executors in its entries. */
export function registered(of: ByForm): readonly RegisteredExecutor[] {
  return registeredExecutors().map((entry, i) => ({ ...entry, executor: of[at(forms, i)] }));
}
