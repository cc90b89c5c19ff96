/**
 * State of a trial for display: the scheduler's, except that a complete trial without a finite
 * value is `diverged`. Pure.
 */
import { outcomeCodes, trialStates } from '../../../protocol/window/codes.ts';
import type { TrialTable } from '../../state/trial-table.ts';

/** The index of a kind is its code. */
export const kinds = [...trialStates, 'diverged'] as const;
export type Kind = (typeof kinds)[number];

const DIVERGED = kinds.indexOf('diverged');
const DIVERGED_OUTCOME = outcomeCodes.indexOf('diverged') + 1;

export function kindOf(table: TrialTable, number: number): Kind {
  return table.columns.outcome[number] === DIVERGED_OUTCOME ? 'diverged' : table.state(number);
}

/** One code for each trial; 255 when it has not arrived. */
export function kindCodes(table: TrialTable): Uint8Array {
  const { state, outcome } = table.columns;
  const codes = state.slice(0, table.size);
  for (let i = 0; i < codes.length; i++) if (outcome[i] === DIVERGED_OUTCOME) codes[i] = DIVERGED;
  return codes;
}
