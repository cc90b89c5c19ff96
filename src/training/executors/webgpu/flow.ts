/**
 * Values of a step in static single assignment: each write of a buffer by an op makes a value, and
 * each op reads values. Buffers that share memory in the plan (a flatten, a copy that was removed)
 * hold the same value.
 */
import { defined } from '../../../core/at.ts';
import { elements, rootOf, type Op, type Plan } from '../../plan/plan.ts';

export interface Value {
  /** Id of a buffer that holds it. */
  readonly buffer: number;
  /** Id of the buffer whose memory holds it. */
  readonly root: number;
  /** Op that writes it, and the index of the op's output; undefined: not written in the step. */
  readonly op: Op | undefined;
  readonly output: number;
  /** Value that the op adds to. */
  readonly old: Value | undefined;
  /** Ops that read it as an input or add to it. */
  readonly readers: Op[];
}

export class Flow {
  readonly plan: Plan;
  readonly ops: readonly Op[];
  readonly #inputs = new Map<Op, readonly Value[]>();
  readonly #outputs = new Map<Op, readonly Value[]>();

  constructor(plan: Plan, ops: readonly Op[]) {
    this.plan = plan;
    this.ops = ops;
    const current = new Map<number, Value>();
    const valueOf = (buffer: number): Value => {
      const known = current.get(buffer);
      if (known !== undefined) return known;
      const { aliasOf } = defined(plan.buffers[buffer]);
      const value =
        aliasOf === undefined
          ? { buffer, root: buffer, op: undefined, output: 0, old: undefined, readers: [] }
          : valueOf(aliasOf);
      current.set(buffer, value);
      return value;
    };
    for (const op of ops) {
      const inputs = op.inputs.map(valueOf);
      this.#inputs.set(op, inputs);
      if (op.kind === 'flatten') {
        const [input] = inputs;
        const [output = -1] = op.outputs;
        current.set(output, defined(input));
        this.#outputs.set(op, inputs.slice(0, 1));
        continue;
      }
      const outputs = op.outputs.map((buffer, output): Value => {
        const old = op.accumulate[output] === true ? valueOf(buffer) : undefined;
        return { buffer, root: rootOf(plan, buffer).id, op, output, old, readers: [] };
      });
      for (const value of new Set([...inputs, ...outputs.map(({ old }) => old)]))
        value?.readers.push(op);
      for (const value of outputs) current.set(value.buffer, value);
      this.#outputs.set(op, outputs);
    }
  }

  input(op: Op, n: number): Value {
    return defined(this.#inputs.get(op)?.[n]);
  }

  inputs(op: Op): readonly Value[] {
    return defined(this.#inputs.get(op));
  }

  output(op: Op, n: number): Value {
    return defined(this.#outputs.get(op)?.[n]);
  }

  outputs(op: Op): readonly Value[] {
    return defined(this.#outputs.get(op));
  }

  /** Elements of one sample, or of all if the value has no samples. */
  size({ buffer }: Value): number {
    return elements(defined(this.plan.buffers[buffer]).shape);
  }

  /** Returns whether the value lies in a lane's activations. */
  inArena({ root }: Value): boolean {
    const { perLane, perSample } = defined(this.plan.buffers[root]);
    return perLane && perSample;
  }
}
