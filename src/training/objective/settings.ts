/**
 * Reads an objective's training settings and collects all problems. Structural settings are
 * resolved, per-lane ones stay expressions.
 */
import type { SettledFields } from '../../core/formats/field.ts';
import { AUGMENT, CLIP, SETTINGS } from '../../core/formats/settings-format.ts';
import { isFields, Reader } from '../models/reader.ts';
import type { Scope } from '../models/scope.ts';
import type { Augment, Clip, OptimizerSettings, Schedule } from './objective.ts';
import { readOptimizer } from './optimizer-settings.ts';
import { quote } from './problem.ts';
import { readSchedule } from './schedule-settings.ts';

/** Settings with every default filled in. */
export type ResolvedSettings = SettledFields<typeof SETTINGS> & {
  readonly optimizer: OptimizerSettings;
  readonly schedule: Schedule;
  /** Absent: gradients are not clipped. */
  readonly clip?: Clip;
  readonly augment: Augment;
};

/** @returns undefined if problems were added to `scope.problems` */
export function readSettings(
  value: unknown,
  scope: Scope,
  path = 'settings',
): ResolvedSettings | undefined {
  const before = scope.problems.length;
  if (!isFields(value)) {
    scope.report({
      code: 'wrong-type',
      path,
      expected: '{"batch", "epochs", "optimizer", …}',
      found: quote(value),
    });
    return undefined;
  }
  const reader = new Reader(value, path, scope);
  const { batch, epochs, ...rest } = SETTINGS;
  const length = reader.readAll({ batch, epochs });
  const optimizer = readOptimizer(reader);
  const schedule = readSchedule(reader);
  const clip = readClip(reader);
  const augment = readAugment(reader);
  const others = reader.readAll(rest);
  reader.finish();
  if (
    scope.problems.length > before ||
    length === undefined ||
    optimizer === undefined ||
    schedule === undefined ||
    augment === undefined ||
    others === undefined
  )
    return undefined;
  const clipped = clip === undefined ? {} : { clip };
  return { ...length, optimizer, schedule, ...clipped, augment, ...others };
}

function readClip(outer: Reader): Clip | undefined {
  const reader = outer.optionalObject('clip', '{"norm": …} or {"value": …}');
  if (reader === undefined) return undefined;
  const [hasNorm, hasValue] = [reader.has('norm'), reader.has('value')];
  const norm = hasNorm ? reader.read('norm', CLIP.norm) : undefined;
  const value = hasValue ? reader.read('value', CLIP.value) : undefined;
  if (hasNorm === hasValue)
    outer.report(
      'wrong-type',
      'clip',
      'either {"norm": …} or {"value": …}',
      quote(outer.raw('clip')),
    );
  reader.finish();
  if (norm !== undefined) return { norm };
  return value === undefined ? undefined : { value };
}

function readAugment(outer: Reader): Augment | undefined {
  const reader = outer.optionalObject('augment', '{"crop": pixels, "flip": true or false}');
  if (reader === undefined) return { crop: 0, flip: false };
  const fields = reader.readAll(AUGMENT);
  reader.finish();
  return fields;
}
