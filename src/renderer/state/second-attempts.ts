/** Trials that run twice at once: on a node that is away or slow, and on another one. Pure. */
import type { SlotRow } from '../../protocol/window/lab-stream.ts';

type Slot = Pick<SlotRow, 'slot' | 'running'>;

/** Slots of a trial's running attempts, the earlier first. */
export function slotsOfTrial<Row extends Slot>(
  slots: readonly Row[],
  study: string | null,
  trial: number,
): readonly Row[] {
  return slots
    .flatMap((row) => {
      const own = row.running.find((one) => one.study === study && one.trial === trial);
      return own === undefined ? [] : [{ row, attemptNumber: own.attemptNumber }];
    })
    .sort((a, b) => a.attemptNumber - b.attemptNumber)
    .map(({ row }) => row);
}

/** Slot of the later of a trial's two running attempts; null: it runs once, or not at all. */
export function laterSlot<Row extends Slot>(
  slots: readonly Row[],
  study: string | null,
  trial: number,
): Row | null {
  return slotsOfTrial(slots, study, trial)[1] ?? null;
}
