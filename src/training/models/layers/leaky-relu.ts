/** `leaky-relu`: x, or slope·x below 0. */
import { LAYERS } from '../../../core/formats/network-format.ts';
import type { ReadLayer } from './layer-type.ts';

export const readLeakyRelu: ReadLayer = (reader, input) => {
  const fields = reader.readAll(LAYERS['leaky-relu'].fields);
  return input === undefined || fields === undefined
    ? undefined
    : { fields: { type: 'leaky-relu', ...fields }, output: input };
};
