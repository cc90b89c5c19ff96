/**
 * `layer-norm`: normalises each sample by its own statistics (Ba et al. 2016), over all elements or
 * over the channels of each pixel.
 */
import type { ReadLayer } from './layer-type.ts';

export const readLayerNorm: ReadLayer = (reader, input) => {
  const epsilon = reader.number('epsilon', { above: 0 }, 1e-5);
  const over = reader.choice('over', ['all', 'channels'], 'all');
  if (input === undefined || epsilon === undefined || over === undefined) return undefined;
  // For a vector, both forms are the same.
  return {
    fields: { type: 'layer-norm', epsilon, over: input.length === 1 ? 'all' : over },
    output: input,
  };
};
