/**
 * Adapts a network to a dataset: input shape and statistics of the dataset, width of the last dense
 * layer, and the squared error for numeric targets. Does not check whether the other layers accept
 * such samples.
 */
import type { DatasetEntry } from '../../datasets/catalogue.ts';
import { isFields, type Unread } from './reader.ts';

/** Returns the description unchanged if its samples and outputs match the dataset. */
export function fitNetwork(
  description: Unread,
  { shape, classes, targets }: Pick<DatasetEntry, 'shape' | 'classes' | 'targets'>,
): Unread {
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

/** Returns all fields but one. */
export function without(description: Unread, field: string): Record<string, unknown> {
  return Object.fromEntries(Object.entries(description).filter(([name]) => name !== field));
}
