/** A set of IDX files: images and labels of one or more splits. */
import { at } from '../../core/at.ts';
import { mismatch } from '../dataset-error.ts';
import type { Importing } from '../import/importing.ts';
import { splitOfPath } from '../import/split-names.ts';
import type { Item } from '../sources/walk.ts';
import { readIdx, type Idx } from './idx.ts';
import { pairsOf, type Part } from './pairs.ts';

interface IdxPart extends Part, Idx {
  readonly item: Item;
}

const RUN = 256 * 1024;

export function readIdxSet(
  source: string,
  items: readonly Item[],
  { samples, classes, meter, checkpoint }: Importing,
): void {
  const parts = items.map((item): IdxPart => {
    const idx = readIdx(item.bytes);
    const role = idx.dimensions.length === 1 ? 'labels' : 'samples';
    return {
      ...idx,
      item,
      name: item.bytes.name,
      role,
      split: splitOfPath(item.path),
      count: at(idx.dimensions, 0),
    };
  });
  meter.samples = parts.reduce((sum, { role, count }) => sum + (role === 'labels' ? count : 0), 0);
  for (const { split, samples: images, labels } of pairsOf(source, parts)) {
    const shape = shapeOf(images);
    samples.begin(images.name, { shape, sampleType: 'u8', targets: 0 });
    const size = samples.sampleBytes;
    const most = Math.max(1, Math.floor(RUN / size));
    for (let first = 0; first < images.count; first += most) {
      const n = Math.min(most, images.count - first);
      const numbers = Array.from(labels.item.bytes.read(labels.offset + first, n), (label, i) =>
        classes.ofNumber(label, labels.name, () => `offset ${String(labels.offset + first + i)}`),
      );
      samples.add(
        images.name,
        split,
        images.item.bytes.read(images.offset + first * size, n * size),
        numbers,
      );
      checkpoint();
    }
    images.item.bytes.discard();
    labels.item.bytes.discard();
  }
}

/** [N, H, W]: grey; [N, C, H, W]; [N, F]. */
function shapeOf({ name, dimensions }: IdxPart): readonly number[] {
  const [, ...shape] = dimensions;
  if (shape.length === 2) return [1, ...shape];
  if (shape.length === 3 && shape[0] !== 1 && shape[0] !== 3)
    throw mismatch(name, null, 'images of 1 or 3 channels', String(shape[0]));
  return shape;
}
