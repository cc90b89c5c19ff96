/**
 * Decides which results form B does not store. A *view* is a function of stored values that its
 * readers compute. A *link* is an element-wise op that the kernel before it applies to each element
 * as it stores it. Ops keep their order: a link moves to the time of the kernel that applies it, so
 * its other operands must be there, and its memory free.
 */
import { defined } from '../../../core/at.ts';
import { bufferAt, pairOf, type Op, type OpKind, type Plan } from '../../plan/plan.ts';
import { Flow, type Value } from './flow.ts';
import { Fusion, NEED_SUMS } from './fusion.ts';
import { isCheap, mainOutput, operandsOf } from './lower/pointwise.ts';
import { convWindows, isDepthwise, poolWindows, type Windows } from './lower/windows.ts';

/** Ops that store what other kernels do not. */
const NO_LINKS: ReadonlySet<OpKind> = new Set<OpKind>([
  'gather',
  'softmax-cross-entropy',
  'mean-squared-error',
]);
/** Pixels of a window that a convolution may pool: those that a thread has. */
const POOLED = 4;
/** Layers that run in the kernel of a sum over planes. */
const MOST_LAYERS = 2;
/** Weights of such a layer, which the workgroup of each sample reads. */
const MOST_WEIGHTS = 65_536;
/** Channels of samples whose scales a text lists. */
const MOST_CHANNELS = 4;
/** Size of the sources of a view, in elements for each of its own, that windows may read. */
const MOST_PER_TAP = 1.6;

/** @param training whether `ops` are those of the training step, which may move the samples */
export function fuse(plan: Plan, ops: readonly Op[], training: boolean): Fusion {
  return new Fuser(new Flow(plan, ops)).run(training);
}

/** Stores every result. */
export function unfused(plan: Plan, ops: readonly Op[]): Fusion {
  return new Fusion(new Flow(plan, ops));
}

class Fuser {
  readonly #flow: Flow;
  readonly #fusion: Fusion;
  /** Op whose kernel computes a value. */
  readonly #heads = new Map<Value, Op>();
  /** Ops that an op's kernel applies to its result. */
  readonly #applied = new Map<Op, readonly Op[]>();

  constructor(flow: Flow) {
    this.#flow = flow;
    this.#fusion = new Fusion(flow);
  }

  run(training: boolean): Fusion {
    for (const op of this.#flow.ops) {
      if (op.kind === 'flatten') continue;
      if (op.kind === 'gather') this.#viewBatch(op, training);
      else if (!this.#absorb(op))
        for (const value of this.#flow.outputs(op))
          if (!this.#fusion.isView(value)) this.#heads.set(value, op);
    }
    for (const op of this.#flow.ops) if (NEED_SUMS.has(op.kind)) this.#sum(op);
    for (const op of this.#flow.ops) this.#samplewise(op);
    return this.#fusion;
  }

  /** Lets the kernel of a sum over planes compute the small layers that follow, of each sample. */
  #samplewise(op: Op): void {
    const backward = op.kind === 'multiply-gradient' && operandsOf(op, this.#flow) === null;
    if (this.#fusion.absorbed.has(op) || !(backward || op.kind === 'global-average-pool')) return;
    const suffix = backward ? '-input-gradient' : '';
    const kinds = [`conv${suffix}`, `dense${suffix}`];
    const group = [op];
    for (let last: Op = op; group.length <= MOST_LAYERS;) {
      const results = [last, ...(this.#applied.get(last) ?? [])].map((each) =>
        this.#flow.output(each, mainOutput(each)),
      );
      const next = results
        .flatMap(({ readers }) => readers)
        .find(
          (reader) =>
            kinds.includes(reader.kind) &&
            results.includes(this.#flow.input(reader, 0)) &&
            this.#isVector(reader) &&
            this.#movable(reader, group),
        );
      if (next === undefined) break;
      group.push(next);
      last = next;
    }
    if (group.length > 1) this.#fusion.samplewise.set(op, group.slice(1));
  }

  /** Returns whether an op computes a vector from a vector, and nothing but that. */
  #isVector(op: Op): boolean {
    const { plan } = this.#flow;
    const { absorbed, pools, summed } = this.#fusion;
    if (absorbed.has(op) || pools.has(op) || summed.has(op)) return false;
    const { c, o, taps, plane, out, groups } = convWindows(plan, op, op.inputs[0], op.outputs[0]);
    const ones = [taps, plane, out, groups].every((count) => count === 1);
    return ones && c * o <= MOST_WEIGHTS;
  }

  /** Returns whether an op may run in the kernel of the first op of a group, after the others. */
  #movable(op: Op, group: readonly Op[]): boolean {
    const head = defined(group[0]);
    const appliedTo = (each: Op): readonly Op[] => [each, ...(this.#applied.get(each) ?? [])];
    const inGroup = group.flatMap(appliedTo);
    const own = appliedTo(op);
    const made = new Set([...inGroup, ...own].flatMap((each) => this.#flow.outputs(each)));
    const read = own.flatMap((each) => [
      ...this.#flow.inputs(each),
      ...this.#flow.outputs(each).flatMap(({ old }) => old ?? []),
    ]);
    const ready = this.#ready(
      read.filter((value) => !made.has(value)),
      head,
    );
    const roots = own.flatMap((each) => this.#flow.outputs(each)).map((value) => value.root);
    return (
      ready &&
      roots.every((root) => own.every((each) => !this.#elsewhere(each).has(root))) &&
      this.#flow.ops
        .slice(head.id + 1, op.id)
        .filter((other) => !inGroup.includes(other))
        .every((other) => {
          const touched = appliedTo(other).map((each) => this.#roots(each));
          return roots.every((root) => touched.every((some) => !some.has(root)));
        })
    );
  }

  /** Lets the product that computes an op's first input sum it as well. */
  #sum(op: Op): void {
    const { plan } = this.#flow;
    const value = this.#flow.input(op, 0);
    const head = this.#heads.get(value);
    if (head === undefined || this.#fusion.summed.has(head) || this.#fusion.pools.has(head)) return;
    const forward = op.kind === 'batch-norm';
    if (
      !(forward ? ['conv', 'dense'] : ['conv-input-gradient', 'dense-input-gradient']).includes(
        head.kind,
      )
    )
      return;
    const [large, small] = forward
      ? [head.inputs[0], head.outputs[0]]
      : [head.outputs[0], head.inputs[0]];
    if (isDepthwise(convWindows(plan, head, large, small))) return;
    const shapeOf = (id: number | undefined): string => bufferAt(plan, [id ?? -1], 0).shape.join();
    if (shapeOf(head.outputs[0]) !== shapeOf(op.inputs[0])) return;
    if (!forward && !this.#ready([this.#flow.input(op, 1)], head)) return;
    this.#fusion.summed.set(head, { op, value });
  }

  /** Returns whether the op has no kernel of its own. */
  #absorb(op: Op): boolean {
    const output = op.outputs[mainOutput(op)];
    if (output === undefined) return false;
    const value = this.#flow.output(op, mainOutput(op));
    if (!this.#flow.inArena(value)) return false;
    if (op.kind === 'max-pool') return this.#pool(op);
    const operands = operandsOf(op, this.#flow);
    const pixels = op.kind === 'max-pool-gradient' && isPartition(this.#poolOf(op));
    if (operands === null && !pixels) return false;
    if (operands !== null && this.#link(op, value, operands, true)) return true;
    if (this.#view(op, value)) {
      if (NEED_SUMS.has(op.kind)) return false;
      this.#fusion.absorbed.add(op);
      return true;
    }
    return operands !== null && this.#link(op, value, operands, false);
  }

  #poolOf(op: Op): Windows {
    return poolWindows(this.#flow.plan, op, op.outputs[0], op.inputs[0]);
  }

  /** @param alone whether the op is the only reader of what it is applied to */
  #link(op: Op, value: Value, operands: readonly number[], alone: boolean): boolean {
    if (NEED_SUMS.has(op.kind)) return false;
    const { old } = value;
    const inputs = this.#flow.inputs(op);
    const candidates = [
      ...operands.map((n) => [n, defined(inputs[n])] as const),
      ...(old === undefined ? [] : [[null, old] as const]),
    ];
    for (const [operand, from] of candidates) {
      const head = this.#heads.get(from);
      if (head === undefined || NO_LINKS.has(head.kind) || this.#fusion.links.has(from)) continue;
      if (this.#fusion.pools.get(head)?.outputs[1] === from.buffer) continue;
      const times = [...inputs, old].filter((each) => each === from).length;
      if (times !== 1 || (from.readers.length === 1) !== alone) continue;
      if (!alone && from.root === value.root) continue;
      const others = [
        ...inputs.filter((_, n) => n !== operand),
        ...(operand === null ? [] : [old]),
      ];
      if (!this.#ready(others, head) || !this.#free(value, head, op)) continue;
      if (alone) this.#fusion.passed.add(from);
      this.#fusion.links.set(from, { op, value, operand });
      this.#absorbInto(head, op);
      this.#heads.set(value, head);
      return true;
    }
    return false;
  }

  /** Returns whether values are complete before an op's kernel starts. */
  #ready(values: readonly (Value | undefined)[], head: Op): boolean {
    return values.every((value) => {
      if (value === undefined) return true;
      const parts = this.#fusion.isView(value) ? this.#fusion.sources(value) : [value];
      const written = parts.flatMap((part) => this.#heads.get(part) ?? part.op ?? []);
      return [...written, ...this.#fusion.sums(value)].every(({ id }) => id < head.id);
    });
  }

  /**
   * Returns whether the memory of an op's result is free from the time of the kernel that applies
   * the op.
   */
  #free(value: Value, head: Op, op: Op): boolean {
    const own = this.#applied.get(head) ?? [];
    if ([head, ...own].some((each) => this.#elsewhere(each).has(value.root))) return false;
    return this.#flow.ops
      .slice(head.id + 1, op.id)
      .every((other) => own.includes(other) || !this.#roots(other).has(value.root));
  }

  /** Memory that an op reads or writes. */
  #roots(op: Op): Set<number> {
    const outputs = this.#flow.outputs(op);
    const read = [...this.#flow.inputs(op), ...outputs.flatMap(({ old }) => old ?? [])];
    const values = [...outputs, ...read.flatMap((value) => this.#fusion.sources(value))];
    return new Set(values.map(({ root }) => root));
  }

  /** Memory that an op reads at other indices than that of the element it writes. */
  #elsewhere(op: Op): Set<number> {
    const operands = operandsOf(op, this.#flow) ?? [];
    const values = this.#flow
      .inputs(op)
      .filter((value, n) => !operands.includes(n) || this.#fusion.isView(value))
      .flatMap((value) => this.#fusion.sources(value));
    return new Set(values.map(({ root }) => root));
  }

  /** Leaves an op's result to its readers, if reading its sources costs less than storing it. */
  #view(op: Op, value: Value): boolean {
    if (value.old !== undefined || value.readers.length === 0) return false;
    if (!isCheap(op) && op.kind !== 'max-pool-gradient') return false;
    const sources = [...new Set(this.#flow.inputs(op).flatMap((v) => this.#fusion.sources(v)))];
    const ratio =
      sources.reduce((sum, source) => sum + this.#flow.size(source), 0) / this.#flow.size(value);
    const readers = value.readers.length;
    if (readers * ratio >= ratio + 1 + readers) return false;
    if (ratio > MOST_PER_TAP && value.readers.some((reader) => hasWindows(reader))) return false;
    const roots = new Set(sources.map(({ root }) => root));
    const last = Math.max(...value.readers.map(({ id }) => id));
    const kept = this.#flow.ops
      .slice(op.id + 1, last + 1)
      .every(
        (other) =>
          other.kind === 'flatten' ||
          this.#flow.outputs(other).every((output) => !roots.has(output.root)),
      );
    if (kept) this.#fusion.views.add(value);
    return kept;
  }

  /** Lets a convolution compute the max pool that is its only reader. */
  #pool(op: Op): boolean {
    const { plan } = this.#flow;
    const from = this.#flow.input(op, 0);
    const head = this.#heads.get(from);
    if (head?.kind !== 'conv' || from.op !== head || from.readers.length !== 1) return false;
    if (isDepthwise(convWindows(plan, head, head.inputs[0], head.outputs[0]))) return false;
    const s = poolWindows(plan, op, op.inputs[0], op.outputs[0]);
    const inside = s.rows * s.kernel[0] <= s.h && s.columns * s.kernel[1] <= s.w;
    if (s.taps !== POOLED || !isPartition(s) || !inside) return false;
    const values = this.#flow.outputs(op);
    if (!values.every((value) => this.#free(value, head, op))) return false;
    this.#fusion.pools.set(head, op);
    this.#fusion.passed.add(from);
    this.#absorbInto(head, op);
    for (const value of values) this.#heads.set(value, head);
    return true;
  }

  /** Lets products read the samples themselves, if nothing moves them first. */
  #viewBatch(op: Op, training: boolean): void {
    const { plan } = this.#flow;
    const { crop, flip, shape } = plan.input;
    const [batch, label] = this.#flow.outputs(op);
    if (batch === undefined || label === undefined) return;
    if (training && (crop > 0 || flip)) return;
    if ((shape[0] ?? 1) > MOST_CHANNELS) return;
    if (!batch.readers.every(({ kind }) => /^(?:conv|dense)(?:-weight-gradient)?$/.test(kind)))
      return;
    for (const value of [batch, label]) this.#fusion.views.add(value);
    this.#fusion.absorbed.add(op);
  }

  #absorbInto(head: Op, op: Op): void {
    this.#fusion.absorbed.add(op);
    this.#applied.set(head, [...(this.#applied.get(head) ?? []), op]);
  }
}

/** Returns whether windows neither overlap nor reach over the image's edge. */
function isPartition({ kernel, stride, padding }: Windows): boolean {
  const meet = kernel.every((size, axis) => size === stride[axis]);
  return meet && padding.every((size) => size === 0);
}

/** Returns whether an op reads an element once for each tap of a window. */
function hasWindows(op: Op): boolean {
  if (!op.kind.startsWith('conv')) return false;
  return pairOf(op, 'kernel').some((size) => size > 1);
}
