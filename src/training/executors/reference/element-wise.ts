/**
 * Loop of element-wise ops: y[i] = f(a[i], b[i]), stored or added. The result may share the memory
 * of the first operand.
 */
import { defined } from '../../../core/at.ts';
import type { Op } from '../../plan/plan.ts';
import type { Tensors } from './tensors.ts';

/** @param f function of the op's first input and, if it has one, its second */
export function each(op: Op, tensors: Tensors, f: (a: number, b: number) => number): void {
  const a = tensors.at(op.inputs[0]);
  const b = op.inputs[1] === undefined ? a : tensors.at(op.inputs[1]);
  const y = tensors.at(op.outputs[0]);
  const add = op.accumulate[0] === true;
  for (let i = 0; i < y.length; i++) {
    const value = f(defined(a[i]), defined(b[i]));
    y[i] = add ? defined(y[i]) + value : value;
  }
}
