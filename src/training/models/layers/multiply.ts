/**
 * `multiply`: multiplies two layers of equal shape, or an image by one factor per channel [C, 1,
 * 1].
 */
import { shapeText, type Shape } from '../network.ts';
import { reportMismatch, type ReadJoining } from './layer-type.ts';

export const readMultiply: ReadJoining = (reader, inputs) => {
  const [a, b] = inputs ?? [];
  if (a === undefined || b === undefined) return undefined;
  if (shapeText(a.shape) === shapeText(b.shape) || gates(b.shape, a.shape))
    return { fields: { type: 'multiply' }, output: a.shape };
  if (gates(a.shape, b.shape))
    return { fields: { type: 'multiply' }, output: b.shape, reversed: true };
  const factor = a.shape.length === 3 ? ` or ${String(a.shape[0])}×1×1` : '';
  reportMismatch(reader, `a shape as ${a.id}'s ${shapeText(a.shape)}${factor}`, b);
  return undefined;
};

function gates(factor: Shape, image: Shape): boolean {
  return image.length === 3 && shapeText(factor) === `${String(image[0])}×1×1`;
}
