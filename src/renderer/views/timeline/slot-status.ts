/**
 * Status beside the name of workers: the running trial, the idle time, or how many of them are
 * busy. Pure.
 */
import type { SlotRow } from '../../../protocol/window/lab-stream.ts';
import { roughly } from '../../format.ts';
import { text } from '../../text.ts';
import type { Status } from './draw.ts';

/**
 * Returns whether a worker has neither a trial that counts nor an idle reason: it was told to stop
 * a trial and has not answered, for example because its machine is not heard of.
 */
export function isStopping({ running, idle, state }: SlotRow): boolean {
  return running.length === 0 && idle === null && state === 'ready';
}

export function slotStatus(slots: readonly SlotRow[], together: boolean, now: number): Status {
  const trials = slots.flatMap(({ running }) => running.map(({ trial }) => trial));
  if (together && slots.length > 1) {
    const busy = slots.filter(({ running }) => running.length > 0).length;
    return { words: text.lab.busyOf({ busy, of: slots.length }), strong: false };
  }
  const [first] = slots;
  if (first === undefined) return { words: text.lab.slotStates.absent, strong: false };
  const [trial] = trials;
  if (trial !== undefined)
    return {
      words:
        trials.length === 1
          ? text.lab.runningTrial({ trial })
          : text.lab.runningTrials({ trials: trials.length }),
      strong: false,
    };
  if (first.state !== 'ready')
    return { words: text.lab.slotStates[first.state], strong: first.state === 'quarantined' };
  if (slots.every(isStopping)) return { words: text.lab.stopping, strong: false };
  const since = Math.min(...slots.map(({ idle }) => idle?.since ?? now));
  return { words: text.lab.idleFor({ time: roughly(now - since) }), strong: true };
}
