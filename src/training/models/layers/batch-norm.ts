/**
 * `batch-norm`: normalises each channel (or feature) by the statistics of its batch (Ioffe &
 * Szegedy 2015).
 */
import { LAYERS } from '../../../core/formats/network-format.ts';
import type { ReadLayer } from './layer-type.ts';

export const readBatchNorm: ReadLayer = (reader, input) => {
  const fields = reader.readAll(LAYERS['batch-norm'].fields);
  return input === undefined || fields === undefined
    ? undefined
    : { fields: { type: 'batch-norm', ...fields }, output: input };
};
