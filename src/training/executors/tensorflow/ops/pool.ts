/**
 * Pools and their gradients. Lanes are part of the samples or of the channels, depending on the
 * value's order.
 */
import { at } from '../../../../core/at.ts';
import { bufferAt, pairOf, type Op } from '../../../plan/plan.ts';
import type { Step } from '../step.ts';
import type { Tensor } from '../tensor.ts';
import type { Value } from '../values.ts';
import type { Window } from '../windows.ts';
import { windowOf } from './conv.ts';

function windowFor(op: Op, input: readonly number[], output: readonly number[]): Window {
  return windowOf(
    pairOf(op, 'size'),
    pairOf(op, 'stride'),
    pairOf(op, 'padding'),
    input.slice(1),
    output.slice(1),
  );
}

/** Reshapes to images without a lane axis: [L·B,H,W,C] or [B,H,W,L·C]. */
function images(
  { operations, values: { lanes, batch } }: Step,
  { tensor, shape, order }: Value,
): Tensor {
  const [c = 1, h = 1, w = 1] = shape;
  return operations.reshape(
    tensor,
    order === 'lane' ? [lanes * batch, h, w, c] : [batch, h, w, order === 'shared' ? c : lanes * c],
  );
}

export function maxPool(step: Step, op: Op): void {
  const input = step.input(op, 0);
  const shape = bufferAt(step.plan, op.outputs, 0).shape;
  const y = step.operations.maxPool(images(step, input), windowFor(op, input.shape, shape));
  const output = step.values.of(y, shape, input.order);
  step.pools.set(at(op.outputs, 1), { input, output });
  step.output(op, 0, output);
}

export function maxPoolGradient(step: Step, op: Op): void {
  const { values, operations } = step;
  const pooled = step.pools.get(at(op.inputs, 1));
  if (pooled === undefined) throw new RangeError(`${op.layer}: nothing was pooled`);
  const { input, output } = pooled;
  const g = values.as(step.input(op, 0), output.order);
  const window = windowFor(op, input.shape, output.shape);
  const x = operations.maxPoolGradient(
    images(step, input),
    images(step, output),
    images(step, g),
    window,
  );
  step.output(op, 0, values.of(x, input.shape, input.order));
}

export function averagePool(step: Step, op: Op): void {
  const input = step.input(op, 0);
  const shape = bufferAt(step.plan, op.outputs, 0).shape;
  const { window, padding, share } = averaging(step, op, input.shape, shape);
  const y = step.operations.averagePool(step.operations.pad(images(step, input), padding), window);
  step.output(
    op,
    0,
    step.values.of(
      share === undefined ? y : step.operations.multiply(y, share),
      shape,
      input.order,
    ),
  );
}

export function averagePoolGradient(step: Step, op: Op): void {
  const { operations, values } = step;
  const g = step.input(op, 0);
  const shape = bufferAt(step.plan, op.outputs, 0).shape;
  const { window, padding, share } = averaging(step, op, shape, g.shape);
  const given = images(step, g);
  const scaled = share === undefined ? given : operations.multiply(given, share);
  const [, h = 1, w = 1] = shape;
  const [n = 1, , , c = 1] = given.shape;
  const padded = [n, h, w, c].map(
    (size, axis) => size + (padding[axis]?.[0] ?? 0) + (padding[axis]?.[1] ?? 0),
  );
  const whole = operations.averagePoolGradient(scaled, padded, window);
  const x = operations.slice(
    whole,
    padding.map(([before]) => before),
    [n, h, w, c],
  );
  step.output(op, 0, values.of(x, shape, g.order));
}

/**
 * Average of the padded image over all taps; multiplying by `share` [1,H',W',1] gives the average
 * over the taps inside the image.
 */
function averaging(
  { operations }: Step,
  op: Op,
  input: readonly number[],
  output: readonly number[],
) {
  const window = windowFor(op, input, output);
  const { kernel, stride, padding } = window;
  const plain: Window = {
    kernel,
    stride,
    padding: [
      [0, 0],
      [0, 0],
    ],
  };
  const pads: [number, number][] = [[0, 0], [...padding[0]], [...padding[1]], [0, 0]];
  if (padding.flat().every((n) => n === 0))
    return { window: plain, padding: pads, share: undefined };
  const inside = (axis: 0 | 1): number[] =>
    Array.from({ length: at(output, axis + 1) }, (_, i) => {
      const first = i * stride[axis] - padding[axis][0];
      return Math.min(at(input, axis + 1), first + kernel[axis]) - Math.max(0, first);
    });
  const [rows, columns] = [inside(0), inside(1)];
  const shares = rows.flatMap((r) => columns.map((c) => (kernel[0] * kernel[1]) / (r * c)));
  return {
    window: plain,
    padding: pads,
    share: operations.floats(shares, [1, rows.length, columns.length, 1]),
  };
}

/** [C,H,W] → [C,1,1]. */
export function globalAveragePool(step: Step, op: Op): void {
  const x = step.input(op, 0);
  const axes = x.order === 'lane' ? [2, 3] : [1, 2];
  step.output(op, 0, {
    tensor: step.operations.mean(x.tensor, axes, true),
    shape: [at(x.shape, 0), 1, 1],
    order: x.order,
  });
}

export function globalAveragePoolGradient(step: Step, op: Op): void {
  const { operations, values } = step;
  const g = step.input(op, 0);
  const shape = bufferAt(step.plan, op.outputs, 0).shape;
  const [, h = 1, w = 1] = shape;
  const share = operations.multiply(g.tensor, operations.float(1 / (h * w)));
  step.output(op, 0, {
    tensor: operations.broadcastTo(share, values.dimensions(shape, g.order)),
    shape,
    order: g.order,
  });
}
