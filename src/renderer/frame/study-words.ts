/** A study's state as glyph and word. Null: another program's study. */
import type { StudyRow } from '../../protocol/window/study-stream.ts';
import type { GlyphState } from '../shared/glyph-state.ts';
import { text } from '../text.ts';

export function glyphOf(state: StudyRow['state']): GlyphState {
  switch (state) {
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

export function stateWord(state: StudyRow['state']): string {
  return text.studyStates[state ?? 'foreign'];
}
