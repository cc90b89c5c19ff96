/**
 * Number of the arithmetic of each executor. Raised when a result of the executor can change, in
 * any bit: releases with equal numbers compute equal results on equal devices.
 */
import type { ExecutorName } from './executor-names.ts';

export const ARITHMETIC: Readonly<Record<ExecutorName, number>> = {
  wasm: 1,
  webgpu: 1,
  tensorflow: 1,
  reference: 1,
};

/**
 * Returns the number of an attempt's arithmetic. @param numbers by name of the executor; absent
 * ones are 1
 * @param label of the attempt's executor: its name, or a form of it such as `wasm-fma`
 */
export function arithmeticNumber(numbers: Readonly<Record<string, number>>, label: string): number {
  return numbers[/^[a-z]*/.exec(label)?.[0] ?? ''] ?? 1;
}
