/**
 * Buffers of the plan as tensors with lanes. A value with samples has one of three orders and is
 * converted where an op needs another one:
 * - shared, [B,H,W,C] or [B,F]: equal for all lanes
 * - lane, [L,B,H,W,C] or [L,B,F]: for matrix products
 * - channel, [B,H,W,L,C] or [B,L,F]: result of one convolution with lanes × filters; pools and
 *   depthwise convolutions keep it
 */
import { elements } from '../../plan/plan.ts';
import type { Operations } from './operations.ts';
import type { Tensor } from './tensor.ts';

export type Order = 'shared' | 'lane' | 'channel';

export interface Value {
  readonly tensor: Tensor;
  /** Shape per sample: [C,H,W] or [F]. */
  readonly shape: readonly number[];
  readonly order: Order;
}

export class Values {
  readonly lanes: number;
  readonly batch: number;
  readonly operations: Operations;

  constructor(operations: Operations, lanes: number, batch: number) {
    this.operations = operations;
    this.lanes = lanes;
    this.batch = batch;
  }

  /** Returns the tensor's shape for a shape per sample. */
  dimensions(shape: readonly number[], order: Order): number[] {
    const { lanes, batch } = this;
    const [c = 1, h = 1, w = 1] = shape;
    const plane = shape.length === 3 ? [h, w] : [];
    switch (order) {
      case 'shared':
        return [batch, ...plane, c];
      case 'lane':
        return [lanes, batch, ...plane, c];
      case 'channel':
        return [batch, ...plane, lanes, c];
    }
  }

  of(tensor: Tensor, shape: readonly number[], order: Order): Value {
    return { tensor: this.operations.reshape(tensor, this.dimensions(shape, order)), shape, order };
  }

  as(value: Value, order: Order): Value {
    const { operations, lanes } = this;
    if (value.order === order) return value;
    if (order === 'shared') throw new RangeError('a value per lane is not shared');
    const rank = value.shape.length + 2;
    const wanted = this.dimensions(value.shape, order);
    if (value.order === 'shared') {
      const [batch = 1, ...rest] = value.tensor.shape;
      const between =
        order === 'lane'
          ? [1, batch, ...rest]
          : [batch, ...rest.slice(0, -1), 1, ...rest.slice(-1)];
      return {
        ...value,
        tensor: operations.broadcastTo(operations.reshape(value.tensor, between), wanted),
        order,
      };
    }
    if (lanes === 1) return { ...value, tensor: operations.reshape(value.tensor, wanted), order };
    const lane = rank - 2;
    const others = Array.from({ length: lane }, (_, i) => i);
    const axes =
      order === 'lane' ? [lane, ...others, rank - 1] : [...others.map((i) => i + 1), 0, rank - 1];
    return { ...value, tensor: operations.transpose(value.tensor, axes), order };
  }

  /** Converts to an order with lanes; keeps the current one if it has lanes. */
  own(value: Value, order: Exclude<Order, 'shared'> = 'channel'): Value {
    return value.order === 'shared' ? this.as(value, order) : value;
  }

  /** Same elements in the order C,H,W with another shape. */
  reshape(value: Value, shape: readonly number[]): Value {
    if (shape.length === value.shape.length && shape.every((n, i) => n === value.shape[i]))
      return value;
    const flat = value.shape.length === 3 ? this.#flatten(value) : value;
    if (shape.length !== 3) return this.of(flat.tensor, shape, flat.order);
    const [c = 1, h = 1, w = 1] = shape;
    const front = flat.tensor.shape.slice(0, -1);
    const split = this.operations.reshape(flat.tensor, [...front, c, h, w]);
    const n = front.length;
    if (flat.order !== 'channel') {
      return this.of(
        this.operations.transpose(split, [...front.map((_, i) => i), n + 1, n + 2, n]),
        shape,
        flat.order,
      );
    }
    return this.of(this.operations.transpose(split, [0, 3, 4, 1, 2]), shape, 'channel');
  }

  /** [C,H,W] → [C·H·W]. */
  #flatten({ tensor, shape, order }: Value): Value {
    const axes = { shared: [0, 3, 1, 2], lane: [0, 1, 4, 2, 3], channel: [0, 3, 4, 1, 2] }[order];
    return this.of(this.operations.transpose(tensor, axes), [elements(shape)], order);
  }

  /**
   * Reshapes [L] or [L,C] so that it broadcasts to a value of that order and rank; C, if present,
   * is the last axis.
   */
  perLane(tensor: Tensor, value: Value): Tensor {
    const channels = tensor.shape.slice(1);
    const { rank, lane } = this.#axes(value);
    const shape = Array<number>(rank).fill(1);
    shape[lane] = this.lanes;
    if (channels.length > 0) shape[rank - 1] = elements(channels);
    return this.operations.reshape(tensor, shape);
  }

  /** Reshapes [B] so that it broadcasts to a value. */
  perSample(tensor: Tensor, value: Value): Tensor {
    const shape = Array<number>(value.tensor.shape.length).fill(1);
    shape[value.order === 'lane' ? 1 : 0] = this.batch;
    return this.operations.reshape(tensor, shape);
  }

  /** Axes of samples, rows and columns, over which a channel's statistics are computed. */
  sampleAxes(value: Value): number[] {
    const { rank, lane } = this.#axes(value);
    return Array.from({ length: rank - 1 }, (_, i) => i).filter((axis) => axis !== lane);
  }

  #axes(value: Value): { readonly rank: number; readonly lane: number } {
    if (value.order === 'shared') throw new RangeError('a shared value has no lanes');
    const rank = value.tensor.shape.length;
    return { rank, lane: value.order === 'lane' ? 0 : rank - 2 };
  }
}
