/** `conv`: cross-correlation with filters [O, C/groups, kh, kw]. */
import { shapeText, type Pair } from '../network.ts';
import type { Reader } from '../reader.ts';
import { requireImage, windowCount, type ReadLayer } from './layer-type.ts';

export const readConv: ReadLayer = (reader, input) => {
  const image = requireImage(reader, input);
  const channels = image?.[0];
  const grouping = reader.orWord('groups', 'depthwise', () =>
    reader.integer('groups', { low: 1 }, 1),
  );
  const groups = grouping === 'depthwise' ? channels : grouping;
  const filters =
    grouping === 'depthwise' && !reader.has('filters')
      ? channels
      : reader.integer('filters', { low: 1 });
  const kernel = reader.pair('kernel', { low: 1 });
  const stride = reader.pair('stride', { low: 1 }, [1, 1]);
  const padding = reader.orWord('padding', 'same', () =>
    reader.pair('padding', { low: 0 }, [0, 0]),
  );
  const bias = reader.boolean('bias', true);
  if (
    image === undefined ||
    filters === undefined ||
    kernel === undefined ||
    stride === undefined ||
    padding === undefined ||
    groups === undefined
  )
    return undefined;
  const [c, h, w] = image;
  if (c % groups !== 0 || filters % groups !== 0) {
    reader.report(
      'groups-do-not-divide',
      'groups',
      `a divisor of ${String(c)} channels and ${String(filters)} filters`,
      String(groups),
    );
    return undefined;
  }
  const total: Pair =
    padding === 'same'
      ? [sameTotal(h, kernel[0], stride[0]), sameTotal(w, kernel[1], stride[1])]
      : [2 * padding[0], 2 * padding[1]];
  const output = convOutput(reader, image, total, kernel, stride);
  if (output === undefined) return undefined;
  const before: Pair = [Math.floor(total[0] / 2), Math.floor(total[1] / 2)];
  return {
    fields: { type: 'conv', filters, kernel, stride, padding: before, groups, bias },
    output: [filters, ...output],
  };
};

function sameTotal(size: number, kernel: number, stride: number): number {
  return Math.max((Math.ceil(size / stride) - 1) * stride + kernel - size, 0);
}

function convOutput(
  reader: Reader,
  image: readonly [number, number, number],
  total: Pair,
  kernel: Pair,
  stride: Pair,
): Pair | undefined {
  const rows = windowCount(
    reader,
    'kernel',
    image[1],
    total[0],
    kernel[0],
    stride[0],
    shapeText(image),
  );
  if (rows === undefined) return undefined;
  const columns = windowCount(
    reader,
    'kernel',
    image[2],
    total[1],
    kernel[1],
    stride[1],
    shapeText(image),
  );
  return columns === undefined ? undefined : [rows, columns];
}
