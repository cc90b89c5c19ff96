/**
 * Place of each of a plan's buffers on the card, as WGSL text. Strides of lanes do not depend on
 * the number of lanes, so texts do not either.
 *
 * - `state`, for each lane: weights, slots, running statistics.
 * - `scratch`, for each lane: gradients of weights, saves of batch norms, a clip factor, partial sums.
 * - `arena`: the batch that all lanes share, then for each lane its activations.
 */
import { at, defined } from '../../../core/at.ts';
import { firstFit, type Extent } from '../../plan/lifetimes.ts';
import { blockSize, elements, rootOf, type Op, type Plan } from '../../plan/plan.ts';
import type { Fusion } from './fusion.ts';
import { COLUMNS } from './gemm-sums.ts';
import { access, parameter } from './kernel.ts';

/** Facts that the sizes of buffers and the transfer of states depend on. */
export interface Layout {
  /** Floats of a lane. */
  readonly state: number;
  readonly scratch: number;
  readonly arena: number;
  /** Floats in front of the lanes' arenas. */
  readonly shared: number;
  /** Offsets within a lane's state. */
  readonly slots: readonly number[];
  readonly statistics: number;
  /** Declarations that the kernels' texts refer to. */
  constants(): string;
}

/** Layout of steps that use the same memory one after another. */
export function layoutOf(first: Layout, second: Layout): Layout {
  const { state, slots, statistics } = first;
  const most = (of: (layout: Layout) => number): number => Math.max(of(first), of(second));
  const scratch = most((layout) => layout.scratch);
  const arena = most((layout) => layout.arena);
  const shared = most((layout) => layout.shared);
  const constants = (): string => constantsOf(state, scratch, arena, shared);
  return { state, slots, statistics, scratch, arena, shared, constants };
}

export class Places implements Layout {
  /** Floats of a lane. */
  readonly state: number;
  readonly arena: number;
  /** Floats in front of the lanes' arenas. */
  readonly shared: number;
  /** Offsets within a lane's state. */
  readonly slots: readonly number[];
  readonly statistics: number;
  /** Offset of the clip factor within a lane's scratch. */
  readonly clipFactor: number;
  readonly #plan: Plan;
  readonly #weights: ReadonlyMap<string, number>;
  readonly #statistics: ReadonlyMap<string, number>;
  readonly #arenaAt: ReadonlyMap<number, number>;
  readonly #sharedAt = new Map<number, number>();
  readonly #savedAt = new Map<number, number>();
  readonly #partials: number;
  #partialFloats = 0;

  constructor(plan: Plan, fusion: Fusion) {
    const block = blockSize(plan);
    this.#plan = plan;
    this.slots = plan.slots.map((_, k) => block * (1 + k));
    this.statistics = block * (1 + plan.slots.length);
    this.#weights = new Map(plan.weights.map(({ name, offset }) => [name, offset]));
    this.#statistics = new Map(plan.statistics.map(({ name, offset }) => [name, offset]));
    this.state =
      this.statistics + plan.statistics.reduce((sum, s) => sum + roundUp(elements(s.shape)), 0);
    const { offsets, size } = firstFit([...extentsOf(plan, fusion), ...partsOf(plan, fusion)]);
    this.#arenaAt = new Map(
      Array.from(offsets, ([id, offset]) => [id, (offset / 4) * plan.batch] as const),
    );
    this.arena = roundUp((size / 4) * plan.batch);
    let shared = 0;
    let scratch = block;
    for (const { id, aliasOf, perLane, perSample, role, shape } of plan.buffers) {
      if (aliasOf !== undefined) continue;
      if (!perLane && perSample) {
        this.#sharedAt.set(id, shared);
        shared += roundUp(elements(shape) * plan.batch);
      }
      if (perLane && !perSample && role === 'saved') {
        this.#savedAt.set(id, scratch);
        scratch += roundUp(elements(shape));
      }
    }
    this.shared = shared;
    this.clipFactor = scratch;
    this.#partials = scratch + 4;
  }

  /** Floats of a lane; known once all ops are lowered. */
  get scratch(): number {
    return this.#partials + roundUp(this.#partialFloats);
  }

  /** Offset of partial sums within a lane's scratch. Ops use the region one after another. */
  partials(floats: number): number {
    this.#partialFloats = Math.max(this.#partialFloats, floats);
    return this.#partials;
  }

  accessParts(kind: '<' | '>', { id, inputs }: Op): string {
    const { shape } = defined(this.#plan.buffers[inputs[0] ?? -1]);
    return access(kind, `parts${String(id)}`, 4 * partFloats(shape, this.#plan.batch));
  }

  /** Element `i` of the sums in parts that an op needs. */
  part({ id }: Op, i: string): string {
    const offset = this.shared + defined(this.#arenaAt.get(partId(id)));
    return `arena[lane * ARENA + ${parameter(offset)} + ${i}]`;
  }

  /** Constants that the texts of `at` refer to. */
  constants(): string {
    return constantsOf(this.state, this.scratch, this.arena, this.shared);
  }

  /** Element `i` of a lane's weights, of its k-th slot, and of its gradients. */
  weight(i: string): string {
    return inState(0, i);
  }

  slot(k: number, i: string): string {
    return inState(at(this.slots, k), i);
  }

  gradient(i: string): string {
    return inScratch(0, i);
  }

  /** Mark of an access to a buffer whose elements are counted for each sample. */
  access(kind: '<' | '>', id: number): string {
    const floats = elements(defined(this.#plan.buffers[id]).shape) * this.#plan.batch;
    return access(kind, `b${String(id)}`, 4 * floats);
  }

  /**
   * Element `i` of a buffer in the kernel's `lane`; elements of buffers per sample are counted
   * [sample][element].
   * @param i WGSL text
   */
  at(id: number | undefined, i: string): string {
    const { id: root, name, role } = rootOf(this.#plan, id ?? -1);
    if (role === 'weight') return inState(defined(this.#weights.get(name)), i);
    if (role === 'statistic')
      return inState(this.statistics + defined(this.#statistics.get(name)), i);
    // The gradient of `w` is called `w'`.
    if (role === 'weight-gradient')
      return inScratch(defined(this.#weights.get(name.slice(0, -1))), i);
    const saved = this.#savedAt.get(root);
    if (saved !== undefined) return inScratch(saved, i);
    const shared = this.#sharedAt.get(root);
    if (shared !== undefined) return `arena[${parameter(shared)} + ${i}]`;
    const offset = this.shared + defined(this.#arenaAt.get(root));
    return `arena[lane * ARENA + ${parameter(offset)} + ${i}]`;
  }
}

/** @param shared floats between the batches of two steps of a dispatch */
export function constantsOf(state: number, scratch: number, arena: number, shared: number): string {
  const values = { STATE: state, SCRATCH: scratch, ARENA: arena, SHARED: shared };
  return Object.entries(values)
    .map(([name, value]) => `const ${name} = ${String(value)}u;`)
    .join(' ');
}

/** Lifetimes of the memory that a step's kernels touch; every element has four bytes. */
function extentsOf(plan: Plan, fusion: Fusion): Extent[] {
  const extents = new Map<number, Extent>();
  for (const { time, reads, writes } of fusion.touches()) {
    for (const { root } of [...reads, ...writes]) {
      const size = 4 * elements(defined(plan.buffers[root]).shape);
      const first = extents.get(root)?.first ?? time;
      extents.set(root, { id: root, size, first, last: time });
    }
  }
  return [...extents.values()];
}

/** Key of an op's sums in parts among the lifetimes of buffers. */
function partId(op: number): number {
  return -1 - op;
}

/** Lifetimes of sums in parts: from the product that computes them to the op that needs them. */
function partsOf({ buffers, batch }: Plan, fusion: Fusion): Extent[] {
  return Array.from(fusion.summed, ([head, { op }]) => {
    const { shape } = defined(buffers[op.inputs[0] ?? -1]);
    const floats = partFloats(shape, batch);
    const size = 4 * Math.ceil(floats / batch);
    return { id: partId(op.id), size, first: head.id, last: op.id };
  });
}

/** Floats of two sums for each channel and block of columns. */
export function partFloats(shape: readonly number[], batch: number): number {
  const [channels = 1, ...plane] = shape;
  return 2 * channels * Math.ceil((batch * elements(plane)) / COLUMNS);
}

export function inState(offset: number, i: string): string {
  return `state[lane * STATE + ${parameter(offset)} + ${i}]`;
}

export function inScratch(offset: number, i: string): string {
  return `scratch[lane * SCRATCH + ${parameter(offset)} + ${i}]`;
}

function roundUp(floats: number): number {
  return 4 * Math.ceil(floats / 4);
}
