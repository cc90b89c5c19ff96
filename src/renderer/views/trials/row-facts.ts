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
  /** Metrics of the listed objectives; empty: the study lists none. */
  readonly objectives: readonly string[];
}

export const NO_FACTS: RowFacts = {
  kind: { metric: 'value', split: null },
  epochs: null,
  slots: [],
  axes: [],
  objectives: [],
};

export function rowFacts(
  head: Pick<StudyHead, 'metric' | 'split' | 'epochs' | 'slots' | 'objectives'>,
  axes: readonly Axis[],
): RowFacts {
  return {
    kind: { metric: head.metric, split: head.split },
    epochs: head.epochs,
    slots: head.slots,
    axes,
    objectives: head.objectives ?? [],
  };
}

export function sameFacts(one: RowFacts, other: RowFacts): boolean {
  return (
    one.kind.metric === other.kind.metric &&
    one.kind.split === other.kind.split &&
    one.epochs === other.epochs &&
    one.axes === other.axes &&
    sameNames(one.slots, other.slots) &&
    sameNames(one.objectives, other.objectives)
  );
}

function sameNames(names: readonly string[], others: readonly string[]): boolean {
  return names.length === others.length && names.every((name, i) => name === others[i]);
}
