/**
 * Reads `schedule`, the course of the learning rate. A parameter may select the kind, as for the
 * optimizer.
 */
import { fieldsOf } from '../../core/formats/field.ts';
import { SCHEDULE, SCHEDULE_TYPES } from '../../core/formats/settings-format.ts';
import type { Reader } from '../models/reader.ts';
import type { Schedule } from './objective.ts';

/** @returns undefined if problems were reported */
export function readSchedule(outer: Reader): Schedule | undefined {
  const reader = outer.optionalObject('schedule', '{"type": "constant"}');
  if (reader === undefined) return { type: 'constant' };
  const type = reader.choice('type', SCHEDULE_TYPES, undefined, 'unknown-type');
  if (type === undefined) return undefined;
  const fields = reader.readAll(fieldsOf(SCHEDULE, type));
  reader.allowIfChosen(Object.keys(SCHEDULE));
  reader.finish();
  return fields === undefined ? undefined : { type, ...fields };
}
