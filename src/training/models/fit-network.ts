/**
 * A network as it suits another dataset than the one it was written for: the input is left to the dataset, its last dense layer is as wide
 * as what is predicted, and numbers are judged by the squared error. Whether the layers between can read such samples is not decided here.
 */
import type { DatasetEntry } from '../datasets/catalogue.ts';
import { isFields, type Fields } from './reader.ts';

/** The description itself, where it is written for samples and outputs like these. */
export function fitNetwork(description: Fields, { shape, classes, targets }: Pick<DatasetEntry, 'shape' | 'classes' | 'targets'>): Fields {
  const outputs = targets > 0 ? targets : classes;
  const layers: readonly unknown[] = Array.isArray(description['layers']) ? description['layers'] : [];
  const last = layers.at(-1);
  const ownShape = isFields(description['input']) ? description['input']['shape'] : undefined;
  const ownLoss = isFields(description['loss']) ? description['loss']['type'] : undefined;
  const suits = Array.isArray(ownShape) && ownShape.join() === shape.join() && isFields(last) && last['units'] === outputs;
  if (suits && (targets === 0 || ownLoss === 'mean-squared-error')) return description;
  return {
    ...without(description, 'input'),
    layers: isFields(last) && last['type'] === 'dense' ? [...layers.slice(0, -1), { ...last, units: outputs }] : layers,
    ...(targets > 0 ? { loss: { type: 'mean-squared-error' } } : {}),
  };
}

/** All its fields but one. */
export function without(description: Fields, field: string): Record<string, unknown> {
  return Object.fromEntries(Object.entries(description).filter(([name]) => name !== field));
}
