/** `dense`: y = W x + b on a vector. */
import { LAYERS } from '../../../core/formats/network-format.ts';
import { shapeText } from '../network.ts';
import type { ReadLayer } from './layer-type.ts';

export const readDense: ReadLayer = (reader, input) => {
  const fields = reader.readAll(LAYERS.dense.fields);
  if (input === undefined || fields === undefined) return undefined;
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
  return { fields: { type: 'dense', ...fields }, output: [fields.units] };
};
