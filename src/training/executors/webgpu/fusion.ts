/** Which results form B does not store, and what its kernels read and write therefore. */
import { defined } from '../../../core/at.ts';
import type { Op, OpKind } from '../../plan/plan.ts';
import type { Flow, Value } from './flow.ts';

/** An element-wise op that a kernel applies to a value as it stores it. */
export interface Link {
  readonly op: Op;
  /** Its result. */
  readonly value: Value;
  /** Index among the op's inputs of what it is applied to; null: what the op adds to. */
  readonly operand: number | null;
}

/** Ops whose results depend on sums over the batch, which a kernel of theirs computes first. */
export const NEED_SUMS: ReadonlySet<OpKind> = new Set<OpKind>([
  'batch-norm',
  'batch-norm-gradient',
]);

/** Accesses of the kernels of one op to the activations of a lane. */
export interface Touch {
  readonly op: Op;
  /** Id of the op whose kernel it is. */
  readonly time: number;
  readonly reads: ReadonlySet<Value>;
  readonly writes: ReadonlySet<Value>;
  /** Ops whose sums its views need. */
  readonly sums: ReadonlySet<Op>;
}

interface Draft {
  readonly reads: Set<Value>;
  readonly writes: Set<Value>;
  readonly sums: Set<Op>;
}

/** A value that a product sums in parts as it computes it, for a batch norm or its gradient. */
export interface Summed {
  readonly op: Op;
  readonly value: Value;
}

export class Fusion {
  readonly flow: Flow;
  /** Values that readers compute. */
  readonly views = new Set<Value>();
  /** Values that exist only while a kernel stores what follows from them. */
  readonly passed = new Set<Value>();
  readonly links = new Map<Value, Link>();
  /** Ops without kernels of their own. */
  readonly absorbed = new Set<Op>();
  /** Max pools that a convolution computes, by the convolution. */
  readonly pools = new Map<Op, Op>();
  /**
   * Ops that run in the kernel of an earlier op, after it: a workgroup computes all of them for one
   * sample.
   */
  readonly samplewise = new Map<Op, readonly Op[]>();
  /** By the op whose product sums a value. */
  readonly summed = new Map<Op, Summed>();

  constructor(flow: Flow) {
    this.flow = flow;
  }

  isView(value: Value): boolean {
    return this.views.has(value);
  }

  /** Results that nothing reads are not stored either. */
  isStored(value: Value): boolean {
    return value.readers.length > 0 && !this.views.has(value) && !this.passed.has(value);
  }

  /** Returns whether the sums that an op needs are there in parts. */
  hasParts(op: Op): boolean {
    return [...this.summed.values()].some((summed) => summed.op === op);
  }

  next(value: Value): Link | undefined {
    return this.links.get(value);
  }

  /** Stored values that a value is computed from, or itself. */
  sources(value: Value): readonly Value[] {
    if (!this.isView(value)) return this.flow.inArena(value) ? [value] : [];
    return this.flow.inputs(defined(value.op)).flatMap((input) => this.sources(input));
  }

  /** Ops whose sums a value is computed from. */
  sums(value: Value): readonly Op[] {
    if (!this.isView(value)) return [];
    const op = defined(value.op);
    const deeper = this.flow.inputs(op).flatMap((input) => this.sums(input));
    return NEED_SUMS.has(op.kind) ? [op, ...deeper] : deeper;
  }

  /** Returns whether a value is stored among a lane's activations. */
  writes(value: Value): boolean {
    return this.flow.inArena(value) && this.isStored(value);
  }

  touches(): readonly Touch[] {
    const members = new Set([...this.samplewise.values()].flat());
    return this.flow.ops
      .filter((op) => op.kind !== 'flatten' && !this.absorbed.has(op) && !members.has(op))
      .flatMap((head) =>
        [head, ...(this.samplewise.get(head) ?? [])].map((op) => ({ op, time: head.id })),
      )
      .map(({ op, time }) => {
        const touch = {
          op,
          time,
          reads: new Set<Value>(),
          writes: new Set<Value>(),
          sums: new Set<Op>(),
        };
        this.#touch(op, touch);
        const pool = this.pools.get(op);
        if (pool !== undefined) this.#touch(pool, touch);
        return touch;
      });
  }

  /** @param given operand that the kernel has already */
  #touch(op: Op, touch: Draft, given?: number | null): void {
    const { reads, writes, sums } = touch;
    const read = (value: Value): void => {
      for (const source of this.sources(value)) reads.add(source);
      for (const needed of this.sums(value)) sums.add(needed);
    };
    const idle = this.hasParts(op) && this.flow.outputs(op).every((value) => !this.writes(value));
    if (!idle)
      this.flow.inputs(op).forEach((value, n) => {
        if (n !== given && !this.passed.has(value)) read(value);
      });
    const summed = this.summed.get(op);
    if (summed?.op.kind === 'batch-norm-gradient') read(this.flow.input(summed.op, 1));
    for (const value of this.flow.outputs(op)) {
      if (this.isView(value)) continue;
      if (value.old !== undefined && given !== null) read(value.old);
      if (this.writes(value)) writes.add(value);
      const link = this.next(value);
      if (link !== undefined) this.#touch(link.op, touch, link.operand);
    }
  }
}

/**
 * Checks that each kernel finds the values that it reads in memory.
 * @returns the first op that does not; null: all do
 */
export function faultOf(fusion: Fusion): string | null {
  const held = new Map<number, Value>();
  const done = new Set<Op>();
  for (const { op, reads, writes, sums } of fusion.touches()) {
    for (const needed of sums)
      if (!done.has(needed))
        return `${op.layer} ${op.kind} would read the sums of ${needed.layer} too early`;
    done.add(op);
    for (const value of reads) {
      const found = held.get(value.root);
      if (found !== value)
        return `${op.layer} ${op.kind} would read ${nameOf(value)} where ${nameOf(found)} lies`;
    }
    for (const value of writes) held.set(value.root, value);
  }
  return null;
}

function nameOf(value: Value | undefined): string {
  return `the result of ${value?.op?.layer ?? ''} ${value?.op?.kind ?? 'no op'}`;
}
