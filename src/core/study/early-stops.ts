/** Savings of early stopping in a study, in one sentence for window, command line and reports. */
import type { Reporting } from '../pruners/pruner.ts';
import { THIN } from './score.ts';

export interface EarlyStops {
  /** Number of trials that were stopped early. */
  readonly stopped: number;
  /** Number of those and of the complete ones. */
  readonly of: number;
  /** Share of the epochs of all these trials that was not trained, 0 … 1; null: unknown. */
  readonly epochsSaved: number | null;
}

/**
 * @param epochs that the stopped trials trained, together
 * @returns undefined: no trial was stopped early
 */
export function earlyStops(
  { pruned, complete }: { readonly pruned: number; readonly complete: number },
  epochs: number,
  reporting: Pick<Reporting, 'length'> | undefined,
): EarlyStops | undefined {
  if (pruned === 0) return undefined;
  const of = pruned + complete;
  const length = reporting?.length ?? null;
  const epochsSaved = length === null ? null : (pruned * length - epochs) / (of * length);
  return { stopped: pruned, of, epochsSaved };
}

/** `31 of 64 trials stopped early: 28 % of epochs saved`. */
export function earlyStopsText({ stopped, of, epochsSaved }: EarlyStops): string {
  const trials = `${stopped} of ${of} ${of === 1 ? 'trial' : 'trials'} stopped early`;
  if (epochsSaved === null) return trials;
  return `${trials}: ${Math.round(epochsSaved * 100)}${THIN}% of epochs saved`;
}
