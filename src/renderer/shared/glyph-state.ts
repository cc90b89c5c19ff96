/** States that have a glyph: of trials, of studies, of workers. */
import type { TrialOutcome } from '../../core/scheduling/words.ts';
import type { RowState } from '../../protocol/window/codes.ts';

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
export function glyphOfTrial(state: RowState, outcome: TrialOutcome | null): GlyphState {
  return outcome === 'diverged' ? 'diverged' : state;
}
