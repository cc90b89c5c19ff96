/** Shapes of results and attributes of TensorFlow's windowed ops. */
import type { Attributes } from './tensor.ts';

export interface Window {
  readonly kernel: readonly [number, number];
  readonly stride: readonly [number, number];
  /** Padding before and after, of rows and columns. */
  readonly padding: readonly [readonly [number, number], readonly [number, number]];
}

export function broadcast(a: readonly number[], b: readonly number[]): number[] {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, i) => {
    const [m, n] = [a[a.length - rank + i] ?? 1, b[b.length - rank + i] ?? 1];
    if (m !== n && m !== 1 && n !== 1)
      throw new RangeError(`shapes [${a.join()}] and [${b.join()}] are incompatible`);
    return m === 1 ? n : m;
  });
}

export function reduced(
  shape: readonly number[],
  axes: readonly number[],
  keep: boolean,
): number[] {
  return shape.flatMap((n, i) => (axes.includes(i) ? (keep ? [1] : []) : [n]));
}

export function windowed(
  [n = 1, h = 1, w = 1]: readonly number[],
  { kernel, stride, padding }: Window,
  channels: number,
): number[] {
  const along = (size: number, axis: 0 | 1): number =>
    Math.floor((size + padding[axis][0] + padding[axis][1] - kernel[axis]) / stride[axis]) + 1;
  return [n, along(h, 0), along(w, 1), channels];
}

/**
 * Returns TensorFlow's name of a padding, or undefined. Named paddings have more kernels, which are
 * better tested, than explicit numbers.
 */
export function namedPadding(
  [, h = 1, w = 1]: readonly number[],
  { kernel, stride, padding }: Window,
): 'VALID' | 'SAME' | undefined {
  if (padding.flat().every((n) => n === 0)) return 'VALID';
  const same = ([h, w] as const).every((size, k) => {
    const axis = k === 0 ? 0 : 1;
    const total = Math.max(
      0,
      (Math.ceil(size / stride[axis]) - 1) * stride[axis] + kernel[axis] - size,
    );
    const before = Math.floor(total / 2);
    return padding[axis][0] === before && padding[axis][1] === total - before;
  });
  return same ? 'SAME' : undefined;
}

export function convAttributes({ stride }: Window, padding: 'VALID' | 'SAME'): Attributes {
  return {
    T: { type: 'f32' },
    strides: { integers: [1, ...stride, 1] },
    data_format: { text: 'NHWC' },
    padding: { text: padding },
  };
}

export function explicitPadding({ padding }: Window): Attributes {
  const flat = padding.flat();
  if (flat.every((n) => n === 0)) return { padding: { text: 'VALID' } };
  return { padding: { text: 'EXPLICIT' }, explicit_paddings: { integers: [0, 0, ...flat, 0, 0] } };
}

export function poolAttributes(window: Window, padded: boolean): Attributes {
  return {
    T: { type: 'f32' },
    ksize: { integers: [1, ...window.kernel, 1] },
    strides: { integers: [1, ...window.stride, 1] },
    data_format: { text: 'NHWC' },
    ...(padded ? explicitPadding(window) : { padding: { text: 'VALID' } }),
  };
}
