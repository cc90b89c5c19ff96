/**
 * `dropout`: each element is 0 with this probability while training, the others scaled up
 * (Srivastava et al. 2014).
 */
import type { ReadLayer } from './layer-type.ts';

export const readDropout: ReadLayer = (reader, input) => {
  const rate = reader.perLane('rate', { low: 0, below: 1 });
  return input === undefined || rate === undefined
    ? undefined
    : { fields: { type: 'dropout', rate }, output: input };
};
