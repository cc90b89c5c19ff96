/** Result of a pause or a stop so far, from the study's row. Pure. */
import { stoppedEarly } from '../../core/study/stopped.ts';
import type { StudyRow } from '../../protocol/window/study-stream.ts';
import { text } from '../text.ts';

const words = text.frame;

/** @param row undefined when the study is gone */
export function pauseWords(row: StudyRow | undefined): string {
  if (row?.state === 'running' || row?.state === 'pausing') return words.pausing(row.counts);
  return sentences(words.paused, row);
}

/** @param row undefined when the study is gone */
export function stopWords(row: StudyRow | undefined): string {
  if (row !== undefined && row.state !== 'finished') return words.stopping(row.counts);
  const stopped = row === undefined ? null : stoppedEarly(row);
  return sentences(stopped === null ? words.stoppedAll : words.stopped(stopped), row);
}

function sentences(first: string, row: StudyRow | undefined): string {
  const settled = row?.settled ?? null;
  return settled === null ? first : `${first} ${words.settled(settled)}`.trim();
}
