/** Title and subtitle of a study's exported charts. */
import { scoreName } from '../../core/study/score.ts';
import type { StudyHead } from '../../protocol/window/study-stream.ts';
import { value } from '../format.ts';
import { endedOf } from '../state/counts.ts';
import { chartText } from '../text-of-charts.ts';
import type { Figure } from './figure.ts';

export function studyFigure(head: StudyHead): Pick<Figure, 'title' | 'subtitle'> {
  const best =
    head.best === null ? null : `${scoreName(head)} ${value(head.best.value, head.metric)}`;
  return {
    title: head.name,
    subtitle: chartText.figure.subtitle({ trials: endedOf(head.counts), best }),
  };
}

export function capitalised(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}
