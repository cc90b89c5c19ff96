/** `dense`: y = W x + b on a vector. */
import { shapeText } from '../network.ts';
import type { ReadLayer } from './layer-type.ts';

export const readDense: ReadLayer = (reader, input) => {
  const units = reader.integer('units', { low: 1 });
  const bias = reader.boolean('bias', true);
  if (input === undefined || units === undefined) return undefined;
  if (input.length !== 1) {
    reader.report(
      'vector-expected',
      undefined,
      'a vector as input',
      `an image ${shapeText(input)}`,
      'insert a flatten layer before it',
    );
    return undefined;
  }
  return { fields: { type: 'dense', units, bias }, output: [units] };
};
