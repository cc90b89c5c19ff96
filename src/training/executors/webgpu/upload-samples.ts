/**
 * Copies samples from the host to the card in the order in which the steps of a chunk read them,
 * for datasets that do not fit there.
 */
import { defined } from '../../../core/at.ts';
import { elements } from '../../plan/plan.ts';
import type { DatasetView } from '../../../datasets/dataset-view.ts';
import type { Buffers } from './buffers.ts';

/** Bytes that are gathered at a time. */
const PIECE = 4 * 2 ** 20;

/**
 * Writes samples, labels, and in `order` their places followed by their indices.
 * @param apart distance from the places to the indices in `order`
 */
export function uploadSamples(
  buffers: Buffers,
  { x, y, shape, classes, targets = 1 }: DatasetView,
  indices: Uint32Array,
  apart: number,
): void {
  const data = buffers.shared('data');
  const bytes = new Uint8Array(x.buffer, x.byteOffset, x.byteLength);
  const row = elements(shape) * x.BYTES_PER_ELEMENT;
  // A multiple of four, so that every piece begins at a word.
  const rows = 4 * Math.max(1, Math.floor(PIECE / row / 4));
  for (let from = 0; from < indices.length; from += rows) {
    const part = indices.subarray(from, from + rows);
    const piece = new Uint8Array(part.length * row);
    part.forEach((index, i) => {
      piece.set(bytes.subarray(index * row, (index + 1) * row), i * row);
    });
    buffers.upload(data, from * row, piece);
  }
  buffers.upload(data, 4 * buffers.sizes.labelsAt, labelsOf(y, indices, classes, targets));
  const order = new Uint32Array(apart + indices.length);
  for (let i = 0; i < indices.length; i++) order[i] = i;
  order.set(indices, apart);
  buffers.upload(buffers.shared('order'), 0, order);
}

function labelsOf(
  y: DatasetView['y'],
  indices: Uint32Array,
  classes: number,
  targets: number,
): Uint32Array | Float32Array {
  if (classes > 0) return indices.map((index) => defined(y[index]));
  const labels = new Float32Array(indices.length * targets);
  indices.forEach((index, i) => {
    labels.set(y.subarray(index * targets, (index + 1) * targets), i * targets);
  });
  return labels;
}
