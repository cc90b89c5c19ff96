/**
 * `concat`: concatenates channels (or features). `zeros` adds channels of zeros before and after,
 * which gives the padding shortcut of residual networks (He et al. 2016, option A).
 */
import { at } from '../../../core/at.ts';
import { shapeText, type Shape } from '../network.ts';
import { reportMismatch, type JoiningType } from './layer-type.ts';

export const CONCAT: JoiningType = {
  expected: 'one layer or more',
  takes: (count) => count >= 1,
  read: (reader, inputs) => {
    const zeros = reader.pair('zeros', { low: 0 }, [0, 0]);
    const first = inputs?.[0];
    if (inputs === undefined || first === undefined || zeros === undefined) return undefined;
    const other = inputs.find(({ shape }) => pixels(shape) !== pixels(first.shape));
    if (other !== undefined) {
      const rest = first.shape.length === 1 ? 'vectors' : `images of ${pixels(first.shape)}`;
      reportMismatch(reader, `${rest}, as ${first.id}'s ${shapeText(first.shape)}`, other);
      return undefined;
    }
    const channels = inputs.reduce((sum, { shape }) => sum + at(shape, 0), zeros[0] + zeros[1]);
    return { fields: { type: 'concat', zeros }, output: [channels, ...first.shape.slice(1)] };
  },
};

/** Shape without channels: `H×W`; empty for a vector. */
function pixels(shape: Shape): string {
  return shapeText(shape.slice(1));
}
