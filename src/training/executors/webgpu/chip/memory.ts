/**
 * Workgroup memory of form A, as WGSL text. Floats `m`: weights, slots and gradients of the lane,
 * then the activations of a tile of samples, then a region for partial sums. Words `codes`: winners
 * of pools, one byte each. Vectors `rows`: copies of the kernels of convolutions.
 */
import { defined } from '../../../../core/at.ts';
import { firstFit } from '../../../plan/lifetimes.ts';
import { blockSize, bufferAt, elements, rootOf, type Op, type Plan } from '../../../plan/plan.ts';
import { unfused } from '../fuse.ts';
import type { Fusion } from '../fusion.ts';
import { u } from '../kernel.ts';
import { Places } from '../places.ts';
import { groupsOf, type Group } from './groups.ts';

/** Choices that form A leaves open. They change the order of sums, and so the bits of results. */
export interface ChipShape {
  /** Threads of a lane's workgroup. */
  readonly threads: number;
  /** Samples whose activations are in workgroup memory at once. */
  readonly tile: number;
  /** Filters of a convolution that one thread computes. */
  readonly filters: number;
  /** Threads of every subgroup of the card; 0: sums do without subgroups. */
  readonly subgroup: number;
  /** True if kernels of convolutions lie in memory once more, in vectors of four numbers. */
  readonly vectors: boolean;
}

export interface Packed {
  /** Words in front of the samples' words. */
  readonly offset: number;
  /** Words of a sample, one for each pixel and block of filters. */
  readonly words: number;
  /** Filters of a word. */
  readonly filters: number;
}

/** A kernel of a convolution in `rows`: a row for each filter and channel, padded to vectors. */
export interface VectorRows {
  readonly offset: number;
  readonly count: number;
  readonly taps: number;
  /** Vectors of a row. */
  readonly length: number;
}

/** Fewer taps would be padded by more than a third. */
const LEAST_VECTOR_TAPS = 9;

export class ChipPlaces extends Places {
  /** Stores all results of form B's kernels. */
  readonly fusion: Fusion;
  readonly groups: readonly Group[];
  readonly shape: ChipShape;
  /** Offset in `m` of a region that each op may use for sums. */
  readonly region: number;
  /** Floats of `m`, words of `codes`, and vectors of `rows`. */
  readonly floats: number;
  readonly words: number;
  readonly vectors: number;
  readonly #rows = new Map<number, VectorRows>();
  readonly #plan: Plan;
  readonly #activations: number;
  readonly #offsets: ReadonlyMap<number, number>;
  readonly #packed = new Map<number, Packed>();

  constructor(plan: Plan, shape: ChipShape, training: boolean) {
    const fusion = unfused(plan, training ? plan.train : plan.evaluate);
    super(plan, fusion);
    this.fusion = fusion;
    this.#plan = plan;
    this.shape = shape;
    this.groups = groupsOf(plan, training);
    const block = blockSize(plan);
    this.#activations = training ? block * (2 + plan.slots.length) : block;
    const touched = touchedBy(plan, this.groups);
    const stored = new Map([...touched].filter(([id]) => this.#isStored(id, touched)));
    let words = 0;
    for (const [id, of] of stored) {
      const packed = this.#packing(id, of, words);
      if (packed === undefined) continue;
      this.#packed.set(id, packed);
      words += shape.tile * packed.words;
      stored.delete(id);
    }
    const { offsets, size } = firstFit(
      Array.from(stored, ([id, of]) => ({
        id,
        size: elements(bufferAt(plan, [id], 0).shape),
        first: Math.min(...of),
        last: Math.max(...of),
      })),
    );
    this.#offsets = offsets;
    this.region = this.#activations + size * shape.tile;
    this.floats = this.region + partialFloats(plan, shape, training);
    this.words = Math.max(1, words);
    this.vectors = shape.vectors ? this.#placeRows() : 0;
  }

  /** Kernels of convolutions that lie in `rows`. */
  get rows(): ReadonlyMap<number, VectorRows> {
    return this.#rows;
  }

  get bytes(): number {
    // Each variable takes whole vectors.
    return 16 * (Math.ceil(this.floats / 4) + Math.ceil(this.words / 4) + this.vectors);
  }

  /**
   * Returns where a code lies with one byte an element; undefined: it is a float of `m`, or not
   * stored.
   */
  packed(id: number | undefined): Packed | undefined {
    return id === undefined ? undefined : this.#packed.get(rootOf(this.#plan, id).id);
  }

  /** Returns whether anything but the group that writes a buffer needs it. */
  isStored(id: number): boolean {
    const { id: root } = rootOf(this.#plan, id);
    return this.#offsets.has(root) || this.#packed.has(root);
  }

  /** Elements of buffers per sample are counted from the tile's first sample. */
  override at(id: number | undefined, i: string): string {
    const { id: root, name, role, shape, perLane } = rootOf(this.#plan, id ?? -1);
    if (role === 'weight') return `m[${u(this.#weightAt(name))} + ${i}]`;
    // The gradient of `w` is called `w'`.
    if (role === 'weight-gradient')
      return this.gradient(`${u(this.#weightAt(name.slice(0, -1)))} + ${i}`);
    if (!perLane) return super.at(id, `base + s0 * ${u(elements(shape))} + ${i}`);
    const offset = this.#activations + defined(this.#offsets.get(root)) * this.shape.tile;
    return `m[${u(offset)} + ${i}]`;
  }

  override weight(i: string): string {
    return `m[${i}]`;
  }

  override slot(k: number, i: string): string {
    return `m[${u(blockSize(this.#plan) * (1 + k))} + ${i}]`;
  }

  override gradient(i: string): string {
    return `m[${u(blockSize(this.#plan) * (1 + this.#plan.slots.length))} + ${i}]`;
  }

  /** @returns vectors of all kernels that are worth it */
  #placeRows(): number {
    let vectors = 0;
    for (const { ops } of this.groups)
      for (const { kind, inputs } of ops) {
        const weight = inputs[1];
        if (kind !== 'conv' || weight === undefined) continue;
        const [o = 1, c = 1, kh = 1, kw = 1] = bufferAt(this.#plan, [weight], 0).shape;
        if (kh * kw < LEAST_VECTOR_TAPS) continue;
        const length = Math.ceil((kh * kw) / 4);
        this.#rows.set(weight, { offset: vectors, count: o * c, taps: kh * kw, length });
        vectors += o * c * length;
      }
    return vectors;
  }

  #weightAt(name: string): number {
    return defined(this.#plan.weights.find((weight) => weight.name === name)).offset;
  }

  /** A fused group stores its last output, and of the others what another group needs. */
  #isStored(id: number, touched: ReadonlyMap<number, ReadonlySet<number>>): boolean {
    const [only, ...more] = defined(touched.get(id));
    const group = this.groups[only ?? -1];
    if (more.length > 0 || group?.fused !== true) return true;
    const last = group.ops.at(-1)?.outputs ?? [];
    return last.some((output) => rootOf(this.#plan, output).id === id && !this.#isCode(output));
  }

  #isCode(id: number): boolean {
    return rootOf(this.#plan, id).type === 'u8';
  }

  #packing(id: number, of: ReadonlySet<number>, offset: number): Packed | undefined {
    if (!this.#isCode(id)) return undefined;
    const groups = [...of].flatMap((k) => this.groups[k] ?? []);
    if (!groups.every(({ fused }) => fused)) return undefined;
    const [o = 1, rows = 1, columns = 1] = bufferAt(this.#plan, [id], 0).shape;
    const conv = defined(groups[0]?.ops[0]);
    const filters = filtersOf(conv, o, this.shape);
    return { offset, words: Math.ceil(o / filters) * rows * columns, filters };
  }
}

/** Filters that one thread computes of a convolution with `o` filters. */
export function filtersOf(conv: Op, o: number, { filters }: ChipShape): number {
  return conv.attributes['groups'] === 1 ? Math.min(o, filters) : 1;
}

/** Indices of the groups that use each buffer of activations. */
function touchedBy(plan: Plan, groups: readonly Group[]): Map<number, Set<number>> {
  const touched = new Map<number, Set<number>>();
  for (const [k, { ops }] of groups.entries())
    for (const id of ops.flatMap(({ inputs, outputs }) => [...inputs, ...outputs])) {
      const { id: root, perLane, perSample } = rootOf(plan, id);
      if (perLane && perSample) touched.set(root, (touched.get(root) ?? new Set()).add(k));
    }
  return touched;
}

/** Floats that the sums of a step, of a norm and of weights' gradients need at most. */
function partialFloats(plan: Plan, { threads, tile, subgroup }: ChipShape, train: boolean): number {
  const losses = 2 * tile;
  if (!train) return losses;
  const clipped = plan.train.some(({ kind }) => kind === 'clip') ? threads : 0;
  const team = Math.max(1, subgroup);
  const gradients = plan.train
    .filter(({ kind }) => kind === 'conv-weight-gradient')
    .map((op) => sumsOf(op, subgroup) * Math.floor(threads / team));
  return Math.max(losses, clipped, ...gradients);
}

/** Largest number of taps of which a team of threads keeps all sums. */
const MOST_TAPS = 25;

/** Taps whose sums a team keeps: the whole kernel's, or those of one of its rows. */
export function tapsTogether(op: Op, subgroup: number): number {
  const [kh = 1, kw = 1] = op.attributes['kernel'] as readonly number[];
  return subgroup > 1 && kh * kw <= MOST_TAPS ? kh * kw : kw;
}

/** The sums of a team, with that of the bias. */
export function sumsOf(op: Op, subgroup: number): number {
  return tapsTogether(op, subgroup) + 1;
}
