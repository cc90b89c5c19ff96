/**
 * `batch-norm`: normalises each channel (or feature) by the statistics of its batch (Ioffe &
 * Szegedy 2015).
 */
import type { ReadLayer } from './layer-type.ts';

export const readBatchNorm: ReadLayer = (reader, input) => {
  const momentum = reader.number('momentum', { low: 0, high: 1 }, 0.1);
  const epsilon = reader.number('epsilon', { above: 0 }, 1e-5);
  if (input === undefined || momentum === undefined || epsilon === undefined) return undefined;
  return { fields: { type: 'batch-norm', momentum, epsilon }, output: input };
};
