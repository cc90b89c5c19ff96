/** `add`: the sum of layers of one shape. */
import { shapeText } from '../network.ts';
import { reportMismatch, type ReadJoining } from './layer-type.ts';

export const readAdd: ReadJoining = (reader, inputs) => {
  const first = inputs?.[0];
  if (inputs === undefined || first === undefined) return undefined;
  const other = inputs.find(({ shape }) => shapeText(shape) !== shapeText(first.shape));
  if (other === undefined) return { fields: { type: 'add' }, output: first.shape };
  reportMismatch(reader, `inputs of one shape, as ${first.id}'s ${shapeText(first.shape)}`, other);
  return undefined;
};
