/**
 * `concat`: concatenates channels (or features). `zeros` adds channels of zeros before and after,
 * which gives the padding shortcut of residual networks (He et al. 2016, option A).
 */
import { at } from '../../../core/at.ts';
import { LAYERS } from '../../../core/formats/network-format.ts';
import { shapeText, type Shape } from '../network.ts';
import { reportMismatch, type ReadJoining } from './layer-type.ts';

export const readConcat: ReadJoining = (reader, inputs) => {
  const fields = reader.readAll(LAYERS.concat.fields);
  const first = inputs?.[0];
  if (inputs === undefined || first === undefined || fields === undefined) return undefined;
  const { zeros } = fields;
  const other = inputs.find(({ shape }) => pixels(shape) !== pixels(first.shape));
  if (other !== undefined) {
    const rest = first.shape.length === 1 ? 'vectors' : `images of ${pixels(first.shape)}`;
    reportMismatch(reader, `${rest}, as ${first.id}'s ${shapeText(first.shape)}`, other);
    return undefined;
  }
  const channels = inputs.reduce((sum, { shape }) => sum + at(shape, 0), zeros[0] + zeros[1]);
  return { fields: { type: 'concat', zeros }, output: [channels, ...first.shape.slice(1)] };
};

/** Shape without channels: `H×W`; empty for a vector. */
function pixels(shape: Shape): string {
  return shapeText(shape.slice(1));
}
