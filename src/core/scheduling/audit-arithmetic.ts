/**
 * Decides whether two evaluations of a trial agree. Executors whose results do not depend on the
 * machine, and others on equal devices, give equal values if their releases compute alike; all
 * others must agree within one per cent.
 */
import { arithmeticNumber } from '../arithmetic.ts';
import type { Arithmetic, Evaluation } from './events.ts';
import type { LabState } from './state.ts';
import type { SlotName } from './words.ts';

/** Greatest difference of two values, relative to the larger, where arithmetic differs. */
const TOLERANCE = 0.01;

/** @param executor label of the attempt's executor; undefined: nothing was trained */
export function arithmeticOf(
  lab: LabState,
  slot: SlotName,
  executor: string | undefined,
): Arithmetic {
  if (executor === undefined) return { label: '', known: true };
  const { node, model = '' } = lab.slots.get(slot) ?? {};
  const numbers = node?.arithmetic ?? lab.options.arithmetic;
  const label = `${executor}/${arithmeticNumber(numbers, executor)}`;
  if (/^(wasm|reference)/.test(executor)) return { label, known: true };
  return { label: `${label} on ${model}`, known: model !== '' };
}

export function agree(a: Evaluation, b: Evaluation): boolean {
  if (a.value === b.value) return true;
  const alike = a.arithmetic.known && a.arithmetic.label === b.arithmetic.label;
  const difference = Math.abs(a.value - b.value);
  return !alike && difference <= TOLERANCE * Math.max(Math.abs(a.value), Math.abs(b.value));
}
