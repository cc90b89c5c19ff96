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
