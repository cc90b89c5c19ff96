/** `leaky-relu`: x, or slope·x below 0. */
import type { ReadLayer } from './layer-type.ts';

export const readLeakyRelu: ReadLayer = (reader, input) => {
  const slope = reader.number('slope', { low: 0 }, 0.01);
  return input === undefined || slope === undefined
    ? undefined
    : { fields: { type: 'leaky-relu', slope }, output: input };
};
