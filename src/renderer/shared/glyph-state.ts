/** States that have a glyph: of trials, of studies, of workers. */
import type { TrialOutcome, TrialState } from '../../core/scheduling/words.ts';

export type GlyphState =
  | 'waiting'
  | 'running'
  | 'complete'
  | 'pruned'
  | 'failed'
  | 'diverged'
  | 'quarantined'
  | 'paused'
  | 'stopped';

/** Glyph of a trial: a diverged trial is complete for the scheduler and gets its own glyph. */
export function glyphOfTrial(state: TrialState, outcome: TrialOutcome | null): GlyphState {
  return outcome === 'diverged' ? 'diverged' : state;
}
