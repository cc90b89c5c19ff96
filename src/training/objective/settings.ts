/**
 * Reads an objective's training settings and collects all problems. Structural settings are
 * resolved, per-lane ones stay expressions.
 */
import { isFields, Reader } from '../models/reader.ts';
import type { Scope } from '../models/scope.ts';
import type { Scheme } from '../plan/initialiser.ts';
import type { Augment, Clip, Numeric, OptimizerSettings, Schedule } from './objective.ts';
import { readOptimizer } from './optimizer-settings.ts';
import { quote } from './problem.ts';
import { readSchedule } from './schedule-settings.ts';

/** Settings with every default filled in. */
export interface ResolvedSettings {
  readonly batch: number;
  readonly epochs: Numeric;
  readonly optimizer: OptimizerSettings;
  readonly schedule: Schedule;
  /** Absent: gradients are not clipped. */
  readonly clip?: Clip;
  readonly augment: Augment;
  readonly shuffle: boolean;
  readonly remainder: 'keep' | 'drop';
  readonly validation: number;
  readonly initialise: Scheme;
  readonly sameStart: boolean;
  readonly keep: 'best' | 'last';
}

const SCHEMES = ['pytorch', 'he-normal', 'he-uniform', 'glorot-normal', 'glorot-uniform'] as const;

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
  const batch = reader.integer('batch', { low: 1, high: 65536 });
  const epochs = reader.perLaneInteger('epochs', { low: 1, high: 1e6 });
  const optimizer = readOptimizer(reader);
  const schedule = readSchedule(reader);
  const clip = readClip(reader);
  const augment = readAugment(reader);
  const shuffle = reader.boolean('shuffle', true);
  const remainder = reader.choice('remainder', ['keep', 'drop'], 'keep');
  const validation = readShare(reader);
  const initialise = reader.choice('initialise', SCHEMES, 'pytorch');
  const sameStart = reader.boolean('sameStart', false);
  const keep = reader.choice('keep', ['best', 'last'], 'best');
  reader.finish();
  if (scope.problems.length > before) return undefined;
  if (
    batch === undefined ||
    epochs === undefined ||
    optimizer === undefined ||
    schedule === undefined
  )
    return undefined;
  if (
    augment === undefined ||
    remainder === undefined ||
    initialise === undefined ||
    keep === undefined
  )
    return undefined;
  const clipped = clip === undefined ? {} : { clip };
  return {
    batch,
    epochs,
    optimizer,
    schedule,
    ...clipped,
    augment,
    shuffle,
    remainder,
    validation,
    initialise,
    sameStart,
    keep,
  };
}

function readClip(outer: Reader): Clip | undefined {
  const reader = outer.optionalObject('clip', '{"norm": …} or {"value": …}');
  if (reader === undefined) return undefined;
  const [hasNorm, hasValue] = [reader.has('norm'), reader.has('value')];
  const norm = hasNorm ? reader.perLane('norm', { above: 0 }) : undefined;
  const value = hasValue ? reader.perLane('value', { above: 0 }) : undefined;
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
  const crop = reader.integer('crop', { low: 0 }, 0);
  const flip = reader.boolean('flip', false);
  reader.finish();
  return crop === undefined ? undefined : { crop, flip };
}

/** Must be a literal, because the split belongs to the study, not to a trial. */
function readShare(reader: Reader): number {
  const value = reader.raw('validation') ?? 0;
  if (typeof value === 'number' && value >= 0 && value < 1) return value;
  reader.report(
    typeof value === 'number' ? 'out-of-range' : 'wrong-type',
    'validation',
    'a share, at least 0 and below 1',
    quote(value),
  );
  return 0;
}
