/**
 * Reads `optimizer`. A parameter may select the kind: then the fields of all kinds are allowed, and
 * those of the selected one are used.
 */
import type { Reader } from '../models/reader.ts';
import type { AdamSettings, OptimizerSettings, RmspropSettings, SgdSettings } from './objective.ts';

const OPTIMIZERS = ['sgd', 'adam', 'adamw', 'rmsprop'] as const;
const FIELDS = [
  'learningRate',
  'momentum',
  'nesterov',
  'beta1',
  'beta2',
  'alpha',
  'epsilon',
  'weightDecay',
  'decay',
];

/** @returns settings with PyTorch's defaults; undefined if problems were reported */
export function readOptimizer(outer: Reader): OptimizerSettings | undefined {
  const reader = outer.object('optimizer', '{"type": "sgd", "learningRate": …}');
  if (reader === undefined) return undefined;
  const type = reader.choice('type', OPTIMIZERS, undefined, 'unknown-type');
  const settings = type === undefined ? undefined : readKind(reader, type);
  if (typeof reader.raw('type') === 'object') for (const field of FIELDS) reader.has(field);
  if (type !== undefined) reader.finish();
  return settings;
}

function readKind(
  reader: Reader,
  type: (typeof OPTIMIZERS)[number],
): OptimizerSettings | undefined {
  switch (type) {
    case 'sgd':
      return readSgd(reader);
    case 'adam':
    case 'adamw':
      return readAdam(reader, type);
    case 'rmsprop':
      return readRmsprop(reader);
  }
}

function readSgd(reader: Reader): SgdSettings | undefined {
  const shared = readShared(reader, 0);
  const momentum = readMomentum(reader);
  const nesterov = reader.boolean('nesterov', false);
  if (nesterov && !reader.has('momentum'))
    reader.report('missing-field', 'momentum', 'a momentum, as nesterov is true', 'nothing');
  return shared === undefined ? undefined : { type: 'sgd', ...shared, ...momentum, nesterov };
}

function readAdam(reader: Reader, type: AdamSettings['type']): AdamSettings | undefined {
  const shared = readShared(reader, type === 'adamw' ? 0.01 : 0);
  const beta1 = reader.perLane('beta1', { low: 0, below: 1 }, 0.9);
  const beta2 = reader.perLane('beta2', { low: 0, below: 1 }, 0.999);
  const epsilon = reader.perLane('epsilon', { above: 0 }, 1e-8);
  if (shared === undefined || beta1 === undefined || beta2 === undefined || epsilon === undefined)
    return undefined;
  return { type, ...shared, beta1, beta2, epsilon };
}

function readRmsprop(reader: Reader): RmspropSettings | undefined {
  const shared = readShared(reader, 0);
  const alpha = reader.perLane('alpha', { low: 0, below: 1 }, 0.99);
  const epsilon = reader.perLane('epsilon', { above: 0 }, 1e-8);
  const momentum = readMomentum(reader);
  if (shared === undefined || alpha === undefined || epsilon === undefined) return undefined;
  return { type: 'rmsprop', ...shared, alpha, epsilon, ...momentum };
}

/** Reads the fields that every kind has. */
function readShared(
  reader: Reader,
  defaultDecay: number,
): Required<Pick<SgdSettings, 'learningRate' | 'weightDecay' | 'decay'>> | undefined {
  const learningRate = reader.perLane('learningRate', { low: 0 });
  const weightDecay = reader.perLane('weightDecay', { low: 0 }, defaultDecay);
  const decay = reader.choice('decay', ['all', 'kernels'], 'all');
  return learningRate === undefined || weightDecay === undefined || decay === undefined
    ? undefined
    : { learningRate, weightDecay, decay };
}

/** Reads the momentum. It stays absent if omitted, so that the plan has no slot for it. */
function readMomentum(reader: Reader): Pick<SgdSettings, 'momentum'> {
  const momentum = reader.has('momentum')
    ? reader.perLane('momentum', { low: 0, high: 1 })
    : undefined;
  return momentum === undefined ? {} : { momentum };
}
