/**
 * Output of a step: its writes, which become one `persist` at the head of the list, and its
 * instructions in order.
 */
import type { Change, Instruction, LabChange, Write } from './instructions.ts';
import type { LabState, Study } from './state.ts';

export function write(lab: LabState, op: Write): void {
  lab.writes.push(op);
}

export function emit(lab: LabState, instruction: Instruction): void {
  lab.out.push(instruction);
}

export function show(lab: LabState, study: Study, change: Change): void {
  lab.out.push({ do: 'show', study: study.uid, change });
}

export function showLab(lab: LabState, change: LabChange): void {
  lab.out.push({ do: 'showLab', change });
}

/** Returns the step's instructions and empties the list. */
export function takeInstructions(lab: LabState): Instruction[] {
  const { writes, out } = lab;
  lab.writes = [];
  lab.out = [];
  if (writes.length > 0) out.unshift({ do: 'persist', writes });
  return out;
}
