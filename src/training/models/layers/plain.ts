/** Layers that keep their input's elements: relu, identity, flatten, dropout. */
import { sizeOf } from '../network.ts';
import type { ReadLayer } from './layer-type.ts';

export const readRelu: ReadLayer = (_reader, input) => (input === undefined ? undefined : { fields: { type: 'relu' }, output: input });

export const readIdentity: ReadLayer = (_reader, input) =>
  input === undefined ? undefined : { fields: { type: 'identity' }, output: input };

/** C·H·W in that order, in every executor. */
export const readFlatten: ReadLayer = (_reader, input) =>
  input === undefined ? undefined : { fields: { type: 'flatten' }, output: [sizeOf(input)] };

export const readDropout: ReadLayer = (reader, input) => {
  const rate = reader.perLane('rate', { low: 0, high: 1, open: true });
  return input === undefined || rate === undefined ? undefined : { fields: { type: 'dropout', rate }, output: input };
};
