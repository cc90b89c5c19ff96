/** Reads an objective's training settings, collecting every problem. Structural ones are resolved, per-lane ones stay expressions. */
import { isFields } from './models/resolve.ts';
import { Reader } from './models/reader.ts';
import type { Scope } from './models/scope.ts';
import type { Numeric, SgdSettings } from './objective.ts';
import { nearest, quote } from './problem.ts';
import type { Scheme } from './plan/initialiser.ts';

export interface ResolvedSettings {
  readonly batch: number;
  readonly epochs: Numeric;
  readonly optimizer: SgdSettings;
  readonly shuffle: boolean;
  readonly remainder: 'keep' | 'drop';
  readonly validation: number;
  readonly initialise: Scheme;
  readonly sameStart: boolean;
}

const OPTIMIZERS = ['sgd', 'adam', 'adamw', 'rmsprop'] as const;
const SCHEDULES = ['constant', 'exponential', 'step', 'cosine'] as const;
const SCHEMES = ['pytorch', 'he-normal', 'he-uniform', 'glorot-normal', 'glorot-uniform'] as const;

/** @returns undefined if anything was reported into `scope.problems` */
export function readSettings(value: unknown, scope: Scope, path = 'settings'): ResolvedSettings | undefined {
  const before = scope.problems.length;
  if (!isFields(value)) {
    scope.report({ code: 'wrong-type', path, expected: '{"batch", "epochs", "optimizer", …}', found: quote(value) });
    return undefined;
  }
  const reader = new Reader(value, path, scope);
  const batch = reader.integer('batch', { low: 1, high: 65536 });
  const epochs = reader.perLane('epochs', { low: 1, high: 1e6 });
  if (typeof epochs === 'number' && !Number.isInteger(epochs)) reader.report('wrong-type', 'epochs', 'an integer', quote(epochs));
  const optimizer = readOptimizer(reader);
  readSchedule(reader);
  for (const field of ['clip', 'augment'] as const) {
    if (reader.has(field)) reader.report('unsupported', field, 'no such field: not in this version', quote(reader.raw(field)));
  }
  const shuffle = reader.boolean('shuffle', true);
  const remainder = reader.choice('remainder', ['keep', 'drop'], 'keep');
  const validation = readShare(reader);
  const initialise = reader.choice('initialise', SCHEMES, 'pytorch');
  const sameStart = reader.boolean('sameStart', false);
  reader.finish();
  if (scope.problems.length > before) return undefined;
  if (batch === undefined || epochs === undefined || optimizer === undefined || remainder === undefined || initialise === undefined)
    return undefined;
  return { batch, epochs, optimizer, shuffle, remainder, validation, initialise, sameStart };
}

function readOptimizer(outer: Reader): SgdSettings | undefined {
  const value = outer.raw('optimizer');
  if (!isFields(value)) {
    outer.report(value === undefined ? 'missing-field' : 'wrong-type', 'optimizer', '{"type": "sgd", "learningRate": …}', quote(value));
    return undefined;
  }
  const reader = new Reader(value, `${outer.path}.optimizer`, outer.scope);
  if (!supported(reader, OPTIMIZERS, 'sgd')) return undefined;
  const learningRate = reader.perLane('learningRate', { low: 0 });
  const momentum = reader.has('momentum') ? reader.perLane('momentum', { low: 0, high: 1 }) : undefined;
  const weightDecay = reader.has('weightDecay') ? reader.perLane('weightDecay', { low: 0 }) : undefined;
  const nesterov = reader.boolean('nesterov', false);
  if (nesterov && momentum === undefined) reader.report('missing-field', 'momentum', 'a momentum, as nesterov is true', 'nothing');
  const decay = reader.choice('decay', ['all', 'kernels'], 'all');
  reader.finish();
  if (learningRate === undefined || decay === undefined) return undefined;
  return {
    type: 'sgd',
    learningRate,
    ...(momentum === undefined ? {} : { momentum }),
    ...(weightDecay === undefined ? {} : { weightDecay }),
    nesterov,
    decay,
  };
}

function readSchedule(outer: Reader): void {
  const value = outer.raw('schedule');
  if (value === undefined) return;
  if (!isFields(value)) {
    outer.report('wrong-type', 'schedule', '{"type": "constant"}', quote(value));
    return;
  }
  const reader = new Reader(value, `${outer.path}.schedule`, outer.scope);
  if (supported(reader, SCHEDULES, 'constant')) reader.finish();
}

/** Whether `type` is the one this version has; reports what it is otherwise. */
function supported(reader: Reader, types: readonly string[], only: string): boolean {
  const type = reader.raw('type');
  if (type === only) return true;
  const known = typeof type === 'string' && types.includes(type);
  const code = type === undefined ? 'missing-field' : known ? 'unsupported' : 'unknown-type';
  const hint = known ? 'in the format, but not in this version' : typeof type === 'string' ? nearest(type, types) : undefined;
  reader.report(code, 'type', JSON.stringify(only), quote(type), hint);
  return false;
}

function readShare(reader: Reader): number {
  const value = reader.raw('validation') ?? 0;
  if (typeof value === 'number' && value >= 0 && value < 1) return value;
  reader.report(typeof value === 'number' ? 'out-of-range' : 'wrong-type', 'validation', 'a share, at least 0 and below 1', quote(value));
  return 0;
}
