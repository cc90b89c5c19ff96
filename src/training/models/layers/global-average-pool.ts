/** `global-average-pool`: the mean of each channel, [C, 1, 1]. */
import { requireImage, type ReadLayer } from './layer-type.ts';

export const readGlobalAveragePool: ReadLayer = (reader, input) => {
  const image = requireImage(reader, input);
  return image === undefined
    ? undefined
    : { fields: { type: 'global-average-pool' }, output: [image[0], 1, 1] };
};
