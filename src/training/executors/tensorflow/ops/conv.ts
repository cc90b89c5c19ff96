/**
 * conv and its gradients. Weights are [L,kh,kw,C/g,O]. If all lanes share the input, one
 * convolution has lanes × filters outputs. Kernels of 1×1 are matrix products; depthwise ones have
 * lanes × channels; other convolutions run per lane and group.
 */
import { at } from '../../../../core/at.ts';
import { bufferAt, numberOf, pairOf, type Op } from '../../../plan/plan.ts';
import type { Step } from '../step.ts';
import type { Tensor } from '../tensor.ts';
import type { Value } from '../values.ts';
import type { Window } from '../windows.ts';

type Form = 'shared' | 'matrix' | 'depthwise' | 'split';

interface Shapes {
  readonly window: Window;
  readonly input: readonly [number, number, number];
  readonly output: readonly [number, number, number];
  readonly groups: number;
  readonly form: Form;
}

/**
 * Returns the padding of rows and columns with which a window gives `output` positions. With a
 * single position the stride is irrelevant and set to 1, because oneDNN's convolution returned
 * zeros in such a case (TensorFlow 2.20: one column, kernel 1×2, stride 1×2, one channel).
 */
export function windowOf(
  kernel: readonly [number, number],
  stride: readonly [number, number],
  padding: readonly [number, number],
  input: readonly number[],
  output: readonly number[],
): Window {
  const along = (axis: 0 | 1): readonly [number, number] => {
    const needed = (at(output, axis) - 1) * stride[axis] + kernel[axis];
    return [padding[axis], Math.max(0, needed - at(input, axis) - padding[axis])];
  };
  const pads = [along(0), along(1)] as const;
  const step = (axis: 0 | 1): number =>
    at(input, axis) + pads[axis][0] + pads[axis][1] === kernel[axis] ? 1 : stride[axis];
  return { kernel, stride: [step(0), step(1)], padding: pads };
}

function shapesOf(op: Op, from: readonly number[], to: readonly number[], shared: boolean): Shapes {
  const [c = 1, h = 1, w = 1] = from;
  const [o = 1, rows = 1, columns = 1] = to;
  const groups = numberOf(op, 'groups');
  const window = windowOf(
    pairOf(op, 'kernel'),
    pairOf(op, 'stride'),
    pairOf(op, 'padding'),
    [h, w],
    [rows, columns],
  );
  const { kernel, stride, padding } = window;
  const plain =
    kernel[0] * kernel[1] * stride[0] * stride[1] === 1 && padding.flat().every((n) => n === 0);
  const form =
    groups === 1 && shared
      ? 'shared'
      : groups === 1 && plain
        ? 'matrix'
        : groups === c && stride[0] === stride[1]
          ? 'depthwise'
          : 'split';
  return { window, input: [c, h, w], output: [o, rows, columns], groups, form };
}

export function conv(step: Step, op: Op): void {
  const { operations, values, lanes } = step;
  const x = step.input(op, 0);
  const weight = step.weight(op, 1);
  const shapes = shapesOf(
    op,
    x.shape,
    bufferAt(step.plan, op.outputs, 0).shape,
    x.order === 'shared',
  );
  const [c, h, w] = shapes.input;
  const [o] = shapes.output;
  const { window } = shapes;
  let y: Value;
  switch (shapes.form) {
    case 'shared':
      y = values.of(
        operations.conv(x.tensor, filtersOfLanes(step, weight), window),
        shapes.output,
        'channel',
      );
      break;
    case 'matrix': {
      const rows = operations.reshape(values.as(x, 'lane').tensor, [
        lanes,
        values.batch * h * w,
        c,
      ]);
      y = values.of(
        operations.matmul(rows, operations.reshape(weight, [lanes, c, o]), false, false),
        shapes.output,
        'lane',
      );
      break;
    }
    case 'depthwise': {
      const image = operations.reshape(values.as(x, 'channel').tensor, [
        values.batch,
        h,
        w,
        lanes * c,
      ]);
      y = values.of(
        operations.depthwise(image, channelsOfLanes(step, weight, c), window),
        shapes.output,
        'channel',
      );
      break;
    }
    case 'split': {
      const [xs, ws] = [parts(step, x, shapes.groups), filters(step, weight, shapes.groups)];
      const ys = xs.map((part, k) => operations.conv(part, ws[k] ?? part, window));
      y = joined(step, ys, shapes.output, shapes.groups);
    }
  }
  if (op.inputs.length === 3)
    y = { ...y, tensor: operations.add(y.tensor, values.perLane(step.weight(op, 2), y)) };
  step.output(op, 0, y);
}

export function convWeightGradient(step: Step, op: Op): void {
  const { operations, values, lanes } = step;
  const x = step.input(op, 0);
  const given = step.input(op, 1);
  const shapes = shapesOf(op, x.shape, given.shape, x.order === 'shared');
  const [c, h, w] = shapes.input;
  const [o, rows, columns] = shapes.output;
  const { window, groups } = shapes;
  const [kh, kw] = window.kernel;
  const whole = [lanes, kh, kw, c / groups, o];
  let g = given;
  let gradient: Tensor;
  switch (shapes.form) {
    case 'shared': {
      g = values.as(given, 'channel');
      const flat = operations.reshape(g.tensor, [values.batch, rows, columns, lanes * o]);
      const together = operations.convWeightGradient(
        x.tensor,
        flat,
        [kh, kw, c, lanes * o],
        window,
      );
      gradient = operations.transpose(
        operations.reshape(together, [kh, kw, c, lanes, o]),
        [3, 0, 1, 2, 4],
      );
      break;
    }
    case 'matrix': {
      g = values.as(given, 'lane');
      const [a, b] = [
        operations.reshape(values.as(x, 'lane').tensor, [lanes, values.batch * h * w, c]),
        operations.reshape(g.tensor, [lanes, values.batch * h * w, o]),
      ];
      gradient = operations.matmul(a, b, true, false);
      break;
    }
    case 'depthwise': {
      g = values.as(given, 'channel');
      const image = operations.reshape(values.as(x, 'channel').tensor, [
        values.batch,
        h,
        w,
        lanes * c,
      ]);
      const flat = operations.reshape(g.tensor, [values.batch, rows, columns, lanes * o]);
      const together = operations.depthwiseWeightGradient(
        image,
        flat,
        [kh, kw, lanes * c, o / c],
        window,
      );
      gradient = operations.transpose(
        operations.reshape(together, [kh, kw, lanes, o]),
        [2, 0, 1, 3],
      );
      break;
    }
    case 'split': {
      g = values.as(given, 'lane');
      const [xs, gs] = [parts(step, x, groups), parts(step, g, groups)];
      const ws = xs.map((part, k) =>
        operations.convWeightGradient(
          part,
          gs[k] ?? part,
          [kh, kw, c / groups, o / groups],
          window,
        ),
      );
      const byLane = Array.from({ length: lanes }, (_, lane) =>
        operations.concat(ws.slice(lane * groups, (lane + 1) * groups), 3),
      );
      gradient = operations.concat(
        byLane.map((part) => operations.reshape(part, [1, ...part.shape])),
        0,
      );
    }
  }
  step.save(op, 0, operations.reshape(gradient, whole));
  if (op.outputs.length === 2) step.save(op, 1, operations.sum(g.tensor, values.sampleAxes(g)));
}

export function convInputGradient(step: Step, op: Op): void {
  const { operations, values, lanes } = step;
  const given = step.input(op, 0);
  const weight = step.weight(op, 1);
  const shapes = shapesOf(op, bufferAt(step.plan, op.outputs, 0).shape, given.shape, false);
  const [c, h, w] = shapes.input;
  const [o, rows, columns] = shapes.output;
  const { window, groups } = shapes;
  switch (shapes.form) {
    case 'shared':
      throw new RangeError('an input that lanes share needs no gradient');
    case 'matrix': {
      const g = operations.reshape(values.as(given, 'lane').tensor, [
        lanes,
        values.batch * h * w,
        o,
      ]);
      const x = operations.matmul(g, operations.reshape(weight, [lanes, c, o]), false, true);
      step.output(op, 0, values.of(x, shapes.input, 'lane'));
      return;
    }
    case 'depthwise': {
      const g = operations.reshape(values.as(given, 'channel').tensor, [
        values.batch,
        rows,
        columns,
        lanes * o,
      ]);
      const shape = [values.batch, h, w, lanes * c];
      const x = operations.depthwiseInputGradient(
        g,
        channelsOfLanes(step, weight, c),
        shape,
        window,
      );
      step.output(op, 0, values.of(x, shapes.input, 'channel'));
      return;
    }
    case 'split': {
      const [gs, ws] = [parts(step, given, groups), filters(step, weight, groups)];
      const xs = gs.map((part, k) =>
        operations.convInputGradient(part, ws[k] ?? part, [values.batch, h, w, c / groups], window),
      );
      step.output(op, 0, joined(step, xs, shapes.input, groups));
    }
  }
}

/** [L,kh,kw,C,O] → [kh,kw,C,L·O]. */
function filtersOfLanes({ operations }: Step, weight: Tensor): Tensor {
  const [lanes = 1, kh = 1, kw = 1, c = 1, o = 1] = weight.shape;
  return operations.reshape(operations.transpose(weight, [1, 2, 3, 0, 4]), [kh, kw, c, lanes * o]);
}

/** [L,kh,kw,1,C·M] → [kh,kw,L·C,M]. */
function channelsOfLanes({ operations }: Step, weight: Tensor, channels: number): Tensor {
  const [lanes = 1, kh = 1, kw = 1, , o = 1] = weight.shape;
  const apart = operations.reshape(weight, [lanes, kh, kw, o]);
  return operations.reshape(operations.transpose(apart, [1, 2, 0, 3]), [
    kh,
    kw,
    lanes * channels,
    o / channels,
  ]);
}

/** Splits by lane, then by group: [B,H,W,C/g]. */
function parts({ operations, values, lanes }: Step, value: Value, groups: number): Tensor[] {
  const [c = 1, h = 1, w = 1] = value.shape;
  const flat = operations.reshape(values.as(value, 'lane').tensor, [lanes * values.batch, h, w, c]);
  return operations.split(flat, 0, lanes).flatMap((lane) => operations.split(lane, 3, groups));
}

/** Splits by lane, then by group: [kh,kw,C/g,O/g]. */
function filters({ operations, lanes }: Step, weight: Tensor, groups: number): Tensor[] {
  const shape = weight.shape.slice(1);
  return operations
    .split(weight, 0, lanes)
    .flatMap((lane) => operations.split(operations.reshape(lane, shape), 3, groups));
}

function joined(
  { operations, values, lanes }: Step,
  tensors: readonly Tensor[],
  shape: readonly number[],
  groups: number,
): Value {
  const byLane = Array.from({ length: lanes }, (_, lane) =>
    operations.concat(tensors.slice(lane * groups, (lane + 1) * groups), 3),
  );
  return values.of(operations.concat(byLane, 0), shape, 'lane');
}
