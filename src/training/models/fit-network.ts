/**
 * Adapts a network to a dataset: the input's shape and statistics are the dataset's, the last dense
 * layer is as wide as the output, and numeric targets use the squared error. Whether the layers
 * between accept such samples is not checked here.
 */
import type { DatasetEntry } from '../../datasets/catalogue.ts';
import { isFields, type Fields } from './reader.ts';

/** The description itself, where it is written for samples and outputs like these. */
export function fitNetwork(
  description: Fields,
  { shape, classes, targets }: Pick<DatasetEntry, 'shape' | 'classes' | 'targets'>,
): Fields {
  const outputs = targets > 0 ? targets : classes;
  const layers: readonly unknown[] = Array.isArray(description['layers'])
    ? description['layers']
    : [];
  const last = layers.at(-1);
  const ownShape = isFields(description['input']) ? description['input']['shape'] : undefined;
  const ownLoss = isFields(description['loss']) ? description['loss']['type'] : undefined;
  const suits =
    Array.isArray(ownShape) &&
    ownShape.join() === shape.join() &&
    isFields(last) &&
    last['units'] === outputs;
  if (suits && (targets === 0 || ownLoss === 'mean-squared-error')) return description;
  return {
    ...without(description, 'input'),
    layers:
      isFields(last) && last['type'] === 'dense'
        ? [...layers.slice(0, -1), { ...last, units: outputs }]
        : layers,
    ...(targets > 0 ? { loss: { type: 'mean-squared-error' } } : {}),
  };
}

/** All its fields but one. */
export function without(description: Fields, field: string): Record<string, unknown> {
  return Object.fromEntries(Object.entries(description).filter(([name]) => name !== field));
}
