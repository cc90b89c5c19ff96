/** `flatten`: converts an image to a vector, in the order C·H·W in every executor. */
import { sizeOf } from '../network.ts';
import type { ReadLayer } from './layer-type.ts';

export const readFlatten: ReadLayer = (_reader, input) =>
  input === undefined ? undefined : { fields: { type: 'flatten' }, output: [sizeOf(input)] };
