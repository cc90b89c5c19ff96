/** A study's state as glyph and word; null for a study of another program. */
import { stoppedEarly } from '../../core/study/stopped.ts';
import type { StudyRow } from '../../protocol/window/study-stream.ts';
import type { GlyphState } from '../shared/glyph-state.ts';
import { text } from '../text.ts';

export function glyphOf(study: StudyRow): GlyphState {
  if (stoppedEarly(study) !== null) return 'stopped';
  switch (study.state) {
    case 'running':
    case 'ending':
      return 'running';
    case 'pausing':
    case 'paused':
      return 'paused';
    case 'finished':
    case null:
      return 'complete';
  }
}

/** Word for a row with counts, for example `stopped`. */
export function stateWord(study: StudyRow): string {
  return text.studyStates[stoppedEarly(study) === null ? (study.state ?? 'foreign') : 'stopped'];
}
