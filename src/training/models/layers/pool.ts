/**
 * `max-pool`: largest element of each window; padding is never the maximum. `average-pool`: mean of
 * each window; padding is not counted.
 */
import { LAYERS } from '../../../core/formats/network-format.ts';
import { shapeText, type Shape } from '../network.ts';
import type { Reader } from '../reader.ts';
import { requireImage, windowCount, type LayerReading, type ReadLayer } from './layer-type.ts';

export const readMaxPool: ReadLayer = (reader, input) => readPool('max-pool', reader, input);
export const readAveragePool: ReadLayer = (reader, input) =>
  readPool('average-pool', reader, input);

function readPool(
  type: 'max-pool' | 'average-pool',
  reader: Reader,
  input: Shape | undefined,
): LayerReading | undefined {
  const fields = reader.readAll(LAYERS[type].fields);
  const image = requireImage(reader, input);
  if (fields === undefined) return undefined;
  const { size, stride = size, padding } = fields;
  const half = [Math.floor(size[0] / 2), Math.floor(size[1] / 2)] as const;
  if (padding[0] > half[0] || padding[1] > half[1]) {
    reader.report(
      'out-of-range',
      'padding',
      `at most half the size (${half.join(', ')})`,
      padding.join(', '),
    );
    return undefined;
  }
  if (image === undefined) return undefined;
  const [c, h, w] = image;
  const rows = windowCount(reader, 'size', h, 2 * padding[0], size[0], stride[0], shapeText(image));
  if (rows === undefined) return undefined;
  const columns = windowCount(
    reader,
    'size',
    w,
    2 * padding[1],
    size[1],
    stride[1],
    shapeText(image),
  );
  return columns === undefined
    ? undefined
    : { fields: { type, size, stride, padding }, output: [c, rows, columns] };
}
