/**
 * `layer-norm`: normalises each sample by its own statistics (Ba et al. 2016), over all elements or
 * over the channels of each pixel.
 */
import { LAYERS } from '../../../core/formats/network-format.ts';
import type { ReadLayer } from './layer-type.ts';

export const readLayerNorm: ReadLayer = (reader, input) => {
  const fields = reader.readAll(LAYERS['layer-norm'].fields);
  if (input === undefined || fields === undefined) return undefined;
  // A vector has its channels only: the two are one.
  const over = input.length === 1 ? 'all' : fields.over;
  return { fields: { type: 'layer-norm', ...fields, over }, output: input };
};
