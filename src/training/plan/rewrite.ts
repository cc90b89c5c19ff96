/**
 * Moves relu after a following max-pool, which divides its work by four for a 2×2 window. Values
 * and gradients are equal, because ties go to the first tap and the gradient at 0 is 0. Applies
 * only if the pool is the relu's only reader.
 */
import type { Layer } from '../models/network.ts';

export function poolBeforeRelu(layers: readonly Layer[]): Layer[] {
  const result = [...layers];
  for (let i = 0; i + 1 < result.length; i++) {
    const relu = result[i];
    const pool = result[i + 1];
    if (relu?.fields.type !== 'relu' || pool?.fields.type !== 'max-pool' || pool.from[0] !== i)
      continue;
    if (result.some((layer, k) => k !== i + 1 && layer.from.includes(i))) continue;
    // Both keep their names and swap positions, so readers of index i + 1 now read the relu of the
    // pooled values.
    result[i] = { ...pool, from: relu.from };
    result[i + 1] = { ...relu, from: [i], output: pool.output };
  }
  return result;
}
