/**
 * `dropout`: in training, sets each element to 0 with the given probability and scales the others
 * up (Srivastava et al. 2014).
 */
import { LAYERS } from '../../../core/formats/network-format.ts';
import type { ReadLayer } from './layer-type.ts';

export const readDropout: ReadLayer = (reader, input) => {
  const fields = reader.readAll(LAYERS.dropout.fields);
  return input === undefined || fields === undefined
    ? undefined
    : { fields: { type: 'dropout', ...fields }, output: input };
};
