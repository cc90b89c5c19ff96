/**
 * Reads `schedule`, the course of the learning rate. A parameter may select the kind, as for the
 * optimizer.
 */
import type { Reader } from '../models/reader.ts';
import type { Schedule } from './objective.ts';

const SCHEDULES = ['constant', 'exponential', 'step', 'cosine'] as const;
const FIELDS = ['gamma', 'every', 'warmup', 'final'];

/** @returns undefined if problems were reported */
export function readSchedule(outer: Reader): Schedule | undefined {
  const reader = outer.optionalObject('schedule', '{"type": "constant"}');
  if (reader === undefined) return { type: 'constant' };
  const type = reader.choice('type', SCHEDULES, undefined, 'unknown-type');
  const schedule = type === undefined ? undefined : readKind(reader, type);
  if (typeof reader.raw('type') === 'object') for (const field of FIELDS) reader.has(field);
  if (type !== undefined) reader.finish();
  return schedule;
}

function readKind(reader: Reader, type: Schedule['type']): Schedule | undefined {
  switch (type) {
    case 'constant':
      return { type };
    case 'exponential': {
      const gamma = reader.perLane('gamma', { low: 0 });
      return gamma === undefined ? undefined : { type, gamma };
    }
    case 'step': {
      const every = reader.perLaneInteger('every', { low: 1 });
      const gamma = reader.perLane('gamma', { low: 0 }, 0.1);
      return every === undefined || gamma === undefined ? undefined : { type, every, gamma };
    }
    case 'cosine': {
      const warmup = reader.perLaneInteger('warmup', { low: 0 }, 0);
      const final = reader.perLane('final', { low: 0, high: 1 }, 0);
      return warmup === undefined || final === undefined ? undefined : { type, warmup, final };
    }
  }
}
