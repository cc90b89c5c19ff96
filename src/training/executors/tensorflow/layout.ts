/**
 * Converts between the plan's element order (PyTorch's: channels before rows and columns) and
 * TensorFlow's (channels last), on the host.
 */
import { defined } from '../../../core/at.ts';
import { elements } from '../../plan/plan.ts';

/**
 * Shape of a weight in TensorFlow: kernels [O,C/g,kh,kw] → [kh,kw,C/g,O], images [C,H,W] → [H,W,C],
 * others unchanged.
 */
export function tensorShape(shape: readonly number[]): readonly number[] {
  return axesOf(shape).map((axis) => defined(shape[axis]));
}

/** Converts one weight's values to TensorFlow's order. */
export function toTensor(values: Float32Array, shape: readonly number[], to: Float32Array): void {
  permute(values, shape, axesOf(shape), (from, at) => {
    to[at] = defined(values[from]);
  });
}

export function fromTensor(values: Float32Array, shape: readonly number[], to: Float32Array): void {
  permute(values, shape, axesOf(shape), (at, from) => {
    to[at] = defined(values[from]);
  });
}

/** Converts samples [N,C,H,W] → [N,H,W,C]; returns the same array if the order is equal. */
export function samplesChannelsLast<T extends Uint8Array | Float32Array>(
  x: T,
  shape: readonly number[],
): T {
  const [c = 1, h = 1, w = 1] = shape;
  const plane = h * w;
  if (shape.length !== 3 || c === 1 || plane === 1) return x;
  const moved = x.slice() as T;
  const size = c * plane;
  for (let first = 0; first < x.length; first += size) {
    for (let channel = 0; channel < c; channel++) {
      for (let i = 0; i < plane; i++)
        moved[first + i * c + channel] = defined(x[first + channel * plane + i]);
    }
  }
  return moved;
}

function axesOf(shape: readonly number[]): readonly number[] {
  if (shape.length === 4) return [2, 3, 1, 0];
  if (shape.length === 3) return [1, 2, 0];
  return shape.map((_, axis) => axis);
}

/**
 * Visits every element with its index in the plan's order and in the order of the permuted axes.
 */
function permute(
  values: Float32Array,
  shape: readonly number[],
  axes: readonly number[],
  visit: (plan: number, tensor: number) => void,
): void {
  if (values.length !== elements(shape))
    throw new RangeError(
      `expected ${String(elements(shape))} numbers, found ${String(values.length)}`,
    );
  const strides = shape.map((_, axis) => elements(shape.slice(axis + 1)));
  const sizes = axes.map((axis) => defined(shape[axis]));
  const steps = axes.map((axis) => defined(strides[axis]));
  const place = sizes.map(() => 0);
  let plan = 0;
  for (let tensor = 0; tensor < values.length; tensor++) {
    visit(plan, tensor);
    for (let axis = sizes.length - 1; axis >= 0; axis--) {
      place[axis] = defined(place[axis]) + 1;
      plan += defined(steps[axis]);
      if (defined(place[axis]) < defined(sizes[axis])) break;
      plan -= defined(steps[axis]) * defined(sizes[axis]);
      place[axis] = 0;
    }
  }
}
