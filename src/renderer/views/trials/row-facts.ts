/**
 * Facts of a study that the table's rows depend on besides their trials. The head is replaced with
 * each result, and depending on it would re-evaluate every cell; facts are replaced only when they
 * differ. Pure.
 */
import type { Axis } from '../../../core/search-space/axis.ts';
import type { ScoreKind } from '../../../core/study/score.ts';
import type { StudyHead } from '../../../protocol/window/study-stream.ts';

export interface RowFacts {
  readonly kind: ScoreKind;
  /** Epochs of a trial; null when unknown or not applicable. */
  readonly epochs: number | null;
  /** Names of workers, by their index in the table's column. */
  readonly slots: readonly string[];
  readonly axes: readonly Axis[];
}

export const NO_FACTS: RowFacts = {
  kind: { metric: 'value', split: null },
  epochs: null,
  slots: [],
  axes: [],
};

export function rowFacts(
  head: Pick<StudyHead, 'metric' | 'split' | 'epochs' | 'slots'>,
  axes: readonly Axis[],
): RowFacts {
  return {
    kind: { metric: head.metric, split: head.split },
    epochs: head.epochs,
    slots: head.slots,
    axes,
  };
}

export function sameFacts(one: RowFacts, other: RowFacts): boolean {
  return (
    one.kind.metric === other.kind.metric &&
    one.kind.split === other.kind.split &&
    one.epochs === other.epochs &&
    one.axes === other.axes &&
    one.slots.length === other.slots.length &&
    one.slots.every((slot, i) => slot === other.slots[i])
  );
}
