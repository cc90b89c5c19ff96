/**
 * Runs an attempt on the card of its worker: when the card has room for it, and with what its end
 * says about the memory of the card.
 */
import type { Device } from '../../../core/device.ts';
import type { LaneEnd } from '../../evaluate.ts';
import { readCard } from './card-memory.ts';
import { CardShare } from './card-share.ts';
import type { CardTimes } from './card-share.ts';
import { runAttempt } from '../attempt/run-attempt.ts';
import type { AttemptParts } from '../attempt/run-attempt.ts';

/** Null: the memory of the worker's card cannot be read, as of cards other than NVIDIA's. */
export function cardOf({ kind, id, name }: Device, times?: CardTimes): CardShare | null {
  const uuid = process.env['CUDA_VISIBLE_DEVICES'] ?? '';
  if (kind !== 'gpu' || !/^GPU-[\w-]+$/.test(uuid)) return null;
  return new CardShare(`${id} (${name})`, () => readCard(uuid), times);
}

/** @param alone whether the study wants the card for each attempt alone */
export async function runOnCard(
  parts: AttemptParts,
  card: CardShare | null,
  alone: boolean,
): Promise<LaneEnd> {
  const { study, lane } = parts;
  if (card === null) {
    const end = await runAttempt(parts);
    return end.outcome === 'finished' && !alone ? { ...end, lanesWanted: 1 } : end;
  }
  // A further attempt runs alone: the one before may have run out of memory.
  const again = lane.attempt.attemptNumber > 1;
  const entry = await card.enter(study.study, alone || again, lane.signal);
  if ('stopped' in entry) return { outcome: 'stopped' };
  if ('held' in entry)
    return { outcome: 'failed', as: 'outOfMemory', byNeighbour: true, error: entry.held };
  const { run } = entry;
  let end: LaneEnd | null = null;
  try {
    end = await runAttempt({ ...parts, started: (group) => run.started(group) });
  } finally {
    run.end({ outOfMemory: end?.outcome === 'failed' && end.as === 'outOfMemory' });
  }
  if (end.outcome === 'failed' && end.as === 'outOfMemory' && run.hadNeighbours)
    return { ...end, byNeighbour: true };
  if (end.outcome !== 'finished') return end;
  const measured =
    run.peakBytes === 0 ? {} : { metrics: { gpuMemoryGb: run.peakBytes / 1e9, ...end.metrics } };
  return { ...end, ...measured, ...(alone ? {} : { lanesWanted: card.fits(study.study) }) };
}
