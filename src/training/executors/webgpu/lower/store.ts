/** Stores results, with the element-wise ops that a kernel applies to them. */
import type { Op } from '../../../plan/plan.ts';
import type { Value } from '../flow.ts';
import { channelOf, planesOf, readValue, type Lowering } from './lowering.ts';
import { computed } from './pointwise.ts';

/** Statement that stores a value in memory and nothing else. */
function toMemory({ places }: Lowering, { buffer }: Value, i: string, text: string): string {
  return `${places.access('>', buffer)}${places.at(buffer, i)} = ${text};`;
}

/** A variable that takes a value on the way. */
export interface Kept {
  readonly value: Value;
  readonly name: string;
}

/**
 * Statements that store `text` as element `i` of the op's n-th output, or add it, and compute the
 * element-wise ops that follow. `place` is known where one of them is a dropout.
 */
export function store(
  to: Lowering,
  op: Op,
  n: number,
  i: string,
  text: string,
  k?: string,
  keep?: Kept,
): string {
  const { fusion, plan } = to;
  let value = fusion.flow.output(op, n);
  const { old } = value;
  const { plane } = planesOf(plan, value.buffer);
  const sum = old === undefined ? text : `${readValue(to, old, 'element')} + ${text}`;
  const lines = [`let element = ${i}; let kept0 = ${sum};`];
  for (let count = 0; ; count++) {
    const name = `kept${String(count)}`;
    if (value === keep?.value) lines.push(`${keep.name} = ${name};`);
    if (fusion.isStored(value)) lines.push(toMemory(to, value, 'element', name));
    const link = fusion.next(value);
    if (link === undefined) break;
    const next = `kept${String(count + 1)}`;
    value = link.value;
    const same = planesOf(plan, value.buffer).plane === plane;
    const channel = k !== undefined && same ? k : channelOf(plan, value.buffer, 'element');
    const own = `${next}x`;
    const given = link.operand === null ? undefined : { operand: link.operand, name };
    lines.push(computed(link.op, to, own, { i: 'element', k: channel, given }));
    const added =
      link.operand === null
        ? `${name} + ${own}`
        : value.old === undefined
          ? own
          : `${readValue(to, value.old, 'element')} + ${own}`;
    lines.push(`let ${next} = ${added};`);
  }
  return `{ ${lines.join('\n    ')} }`;
}
