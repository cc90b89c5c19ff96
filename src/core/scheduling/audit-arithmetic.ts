/**
 * Decides whether two evaluations of a trial agree. Executors whose results do not depend on the
 * machine, and others on equal devices, give equal values if their releases compute alike; all
 * others must agree within one per cent.
 */
import { arithmeticNumber } from '../arithmetic.ts';
import type { Arithmetic, Difference, Evaluation } from './events.ts';
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

/** Returns the first number of the trial that the other evaluation contradicts; null: none. */
export function differenceOf(trial: Evaluation, other: Evaluation): Difference | null {
  const { figures } = trial;
  if (figures === null || other.figures === null) {
    if (figures === other.figures) return null;
    const [metric = 'value'] = Object.keys(figures ?? other.figures ?? {});
    return { metric, value: trial.value, found: other.value };
  }
  const alike = trial.arithmetic.known && trial.arithmetic.label === other.arithmetic.label;
  for (const [metric, value] of Object.entries(figures)) {
    const found = other.figures[metric];
    // Reports may be lost on the way.
    if (found !== undefined && !agree(value, found, alike)) return { metric, value, found };
  }
  return null;
}

function agree(a: number, b: number, alike: boolean): boolean {
  if (a === b) return true;
  return !alike && Math.abs(a - b) <= TOLERANCE * Math.max(Math.abs(a), Math.abs(b));
}
