/** `conv`: cross-correlation with filters [O, C/groups, kh, kw]. */
import type { Pair } from '../../../core/formats/field.ts';
import { LAYERS } from '../../../core/formats/network-format.ts';
import { shapeText } from '../network.ts';
import type { Reader } from '../reader.ts';
import { requireImage, windowCount, type ReadLayer } from './layer-type.ts';

export const readConv: ReadLayer = (reader, input) => {
  const image = requireImage(reader, input);
  const channels = image?.[0];
  const depthwise = reader.raw('groups') === 'depthwise';
  if (!depthwise && (reader.raw('filters') ?? null) === null)
    reader.report('missing-field', 'filters', 'an integer', 'nothing');
  const fields = reader.readAll(LAYERS.conv.fields);
  const filters = fields?.filters ?? (depthwise ? channels : undefined);
  if (image === undefined || fields === undefined || filters === undefined) return undefined;
  const { kernel, stride, padding, bias } = fields;
  const [c, h, w] = image;
  const groups = fields.groups === 'depthwise' ? c : fields.groups;
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
