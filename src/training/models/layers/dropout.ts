/**
 * `dropout`: in training, sets each element to 0 with the given probability and scales the others
 * up (Srivastava et al. 2014).
 */
import type { ReadLayer } from './layer-type.ts';

export const readDropout: ReadLayer = (reader, input) => {
  const rate = reader.perLane('rate', { low: 0, below: 1 });
  return input === undefined || rate === undefined
    ? undefined
    : { fields: { type: 'dropout', rate }, output: input };
};
