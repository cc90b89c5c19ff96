/**
 * Builder of a plan: appends buffers, weights and ops, and tracks gradients. `compile.ts` converts
 * it to plain data.
 */
import type {
  BufferRole,
  BufferSpec,
  HyperColumn,
  Op,
  OpKind,
  StatisticSpec,
  WeightSpec,
} from './plan.ts';
import { elements } from './plan.ts';

export type Draft<T> = { -readonly [K in keyof T]: T[K] };
export type OpDraft = Omit<Op, 'id' | 'accumulate' | 'hyper' | 'attributes'> &
  Partial<Pick<Op, 'accumulate' | 'hyper' | 'attributes'>>;

export interface WeightDraft extends Omit<WeightSpec, 'offset' | 'trainable' | 'decay'> {
  readonly decay?: boolean;
}

export class Graph {
  readonly buffers: Draft<BufferSpec>[] = [];
  readonly weights: WeightSpec[] = [];
  readonly statistics: StatisticSpec[] = [];
  readonly hyper: HyperColumn[] = [];
  readonly ops: Op[] = [];
  readonly #decay: 'all' | 'kernels';
  #offset = 0;
  /** Buffer id → id of its gradient's buffer. */
  readonly #gradients = new Map<number, number>();
  /** Weight buffer id → id of its gradient's buffer. */
  readonly weightGradients = new Map<number, number>();

  constructor(decay: 'all' | 'kernels') {
    this.#decay = decay;
  }

  buffer(
    name: string,
    role: BufferRole,
    shape: readonly number[],
    options: Partial<
      Pick<BufferSpec, 'perLane' | 'perSample' | 'type' | 'aliasOf' | 'layout'>
    > = {},
  ): number {
    const id = this.buffers.length;
    const layout = options.layout ?? (shape.length === 3 ? 'image' : 'vector');
    this.buffers.push({
      id,
      name,
      role,
      perLane: true,
      perSample: true,
      type: 'f32',
      first: -1,
      last: -1,
      ...options,
      shape,
      layout,
    });
    return id;
  }

  /** Appends a weight in plan order and its buffer. */
  weight(draft: WeightDraft): number {
    this.weights.push({
      ...draft,
      offset: this.#offset,
      decay: draft.decay ?? (this.#decay === 'all' || draft.kind === 'kernel'),
      trainable: true,
    });
    this.#offset += 4 * Math.ceil(elements(draft.shape) / 4);
    return this.buffer(draft.name, 'weight', draft.shape, { perSample: false, layout: 'kernel' });
  }

  /** Appends a running statistic and its buffer. */
  statistic(name: string, shape: readonly number[], initial: StatisticSpec['initial']): number {
    const offset = this.statistics.reduce(
      (sum, other) => sum + 4 * Math.ceil(elements(other.shape) / 4),
      0,
    );
    this.statistics.push({ name, shape, offset, initial });
    return this.buffer(name, 'statistic', shape, { perSample: false });
  }

  column(name: string, type: HyperColumn['type'], varies: HyperColumn['varies'] = 'epoch'): number {
    this.hyper.push({ name, type, varies });
    return this.hyper.length - 1;
  }

  op(kind: OpKind, layer: string, draft: Omit<OpDraft, 'kind' | 'layer'>): Op {
    const op: Op = {
      id: this.ops.length,
      kind,
      layer,
      attributes: {},
      hyper: [],
      accumulate: draft.outputs.map(() => false),
      ...draft,
    };
    this.ops.push(op);
    return op;
  }

  shapeOf(id: number): readonly number[] {
    return this.at(id).shape;
  }

  at(id: number): Draft<BufferSpec> {
    const buffer = this.buffers[id];
    if (buffer === undefined) throw new RangeError(`no buffer ${String(id)}`);
    return buffer;
  }

  /** Gradient of a buffer so far; undefined if there is no contribution yet. */
  gradientOf(id: number): number | undefined {
    return this.#gradients.get(id);
  }

  setGradient(id: number, gradient: number): void {
    this.#gradients.set(id, gradient);
  }

  /** Buffer for a contribution to a gradient: the first one stores, later ones accumulate. */
  contribution(id: number): { readonly buffer: number; readonly accumulate: boolean } {
    const existing = this.#gradients.get(id);
    if (existing !== undefined) return { buffer: existing, accumulate: true };
    const of = this.at(id);
    const buffer = this.buffer(`${of.name}'`, 'gradient', of.shape);
    this.#gradients.set(id, buffer);
    return { buffer, accumulate: false };
  }

  /**
   * Appends an op whose only output contributes to the gradient of the buffer `id`, which `of`
   * reads.
   */
  contribute(
    kind: OpKind,
    of: Op,
    id: number,
    draft: Omit<OpDraft, 'kind' | 'layer' | 'outputs' | 'accumulate'>,
  ): void {
    const { buffer, accumulate } = this.contribution(id);
    this.op(kind, of.layer, { ...draft, outputs: [buffer], accumulate: [accumulate] });
  }

  weightGradient(weight: number): number {
    const of = this.at(weight);
    const id = this.buffer(`${of.name}'`, 'weight-gradient', of.shape, {
      perSample: false,
      layout: 'kernel',
    });
    this.weightGradients.set(weight, id);
    return id;
  }
}
