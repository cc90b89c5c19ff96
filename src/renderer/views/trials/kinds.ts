/**
 * The state of a trial as people count it: that of the scheduler, except that a complete one
 * without a finite value diverged. Pure.
 */
import { outcomeCodes, trialStates } from '../../../protocol/window/codes.ts';
import type { TrialTable } from '../../state/trial-table.ts';

/** A kind's place is its code. */
export const kinds = [...trialStates, 'diverged'] as const;
export type Kind = (typeof kinds)[number];

const DIVERGED = kinds.indexOf('diverged');
const DIVERGED_OUTCOME = outcomeCodes.indexOf('diverged') + 1;

export function kindOf(table: TrialTable, number: number): Kind {
  return table.columns.outcome[number] === DIVERGED_OUTCOME ? 'diverged' : table.state(number);
}

/** One code a trial; 255: it has not arrived. */
export function kindCodes(table: TrialTable): Uint8Array {
  const { state, outcome } = table.columns;
  const codes = state.slice(0, table.size);
  for (let i = 0; i < codes.length; i++) if (outcome[i] === DIVERGED_OUTCOME) codes[i] = DIVERGED;
  return codes;
}
