/**
 * The fields of a training objective's settings: their kinds, ranges, defaults and meanings. The
 * reader (`training/objective`), its types and the published schema derive from these tables.
 */
import type { Fields } from './field.ts';

const share = { low: 0, below: 1 };

/** Fields of the settings themselves; the objects among them have tables of their own. */
export const SETTINGS = {
  batch: { kind: 'whole', range: { low: 1, high: 65536 }, says: 'Samples per step.' },
  epochs: {
    kind: 'whole-lane',
    range: { low: 1, high: 1e6 },
    says: 'Passes over the training set.',
  },
  shuffle: { kind: 'flag', default: true, says: 'A new order in each epoch; default %.' },
  remainder: {
    kind: 'word',
    words: ['keep', 'drop'],
    default: 'keep',
    says: 'What becomes of a last, smaller batch; default %.',
  },
  validation: {
    kind: 'literal',
    range: share,
    expected: 'a share, at least 0 and below 1',
    default: 0,
    says: 'The share of the training set kept for selection; default %.',
  },
  initialise: {
    kind: 'word',
    words: ['pytorch', 'he-normal', 'he-uniform', 'glorot-normal', 'glorot-uniform'],
    default: 'pytorch',
    says: 'How weights start; default %.',
  },
  sameStart: {
    kind: 'flag',
    default: false,
    says: 'One fixed network seed for every trial, as in the published protocol; default %.',
  },
  keep: {
    kind: 'word',
    words: ['best', 'last'],
    default: 'best',
    says: 'Which epoch’s weights and value a trial keeps: the best on the images it is judged on (default), or the last.',
  },
} as const satisfies Fields;

export const OPTIMIZER_TYPES = ['sgd', 'adam', 'adamw', 'rmsprop'] as const;

const ADAMW_DECAY = 0.01;

/** Fields of `optimizer`. A momentum that is absent has no slot in the plan. */
export const OPTIMIZER = {
  learningRate: { kind: 'lane', range: { low: 0 } },
  momentum: {
    kind: 'lane',
    range: { low: 0, high: 1 },
    optional: true,
    of: ['sgd', 'rmsprop'],
    says: 'sgd, rmsprop; default none.',
  },
  nesterov: { kind: 'flag', default: false, of: ['sgd'], says: 'sgd; default %.' },
  beta1: {
    kind: 'lane',
    range: share,
    default: 0.9,
    of: ['adam', 'adamw'],
    says: 'adam, adamw; default %.',
  },
  beta2: {
    kind: 'lane',
    range: share,
    default: 0.999,
    of: ['adam', 'adamw'],
    says: 'adam, adamw; default %.',
  },
  alpha: {
    kind: 'lane',
    range: share,
    default: 0.99,
    of: ['rmsprop'],
    says: 'rmsprop; default %.',
  },
  epsilon: {
    kind: 'lane',
    range: { above: 0 },
    default: 1e-8,
    of: ['adam', 'adamw', 'rmsprop'],
    says: 'adam, adamw, rmsprop; default %.',
  },
  weightDecay: {
    kind: 'lane',
    range: { low: 0 },
    default: 0,
    defaultOf: { adamw: ADAMW_DECAY },
    says: `Default %; adamw: ${ADAMW_DECAY}.`,
  },
  decay: {
    kind: 'word',
    words: ['all', 'kernels'],
    default: 'all',
    says: 'Which weights decay; default %.',
  },
} as const satisfies Fields;

export const SCHEDULE_TYPES = ['constant', 'exponential', 'step', 'cosine'] as const;

const STAGE_FACTOR = 0.1;

/** Fields of `schedule`. */
export const SCHEDULE = {
  gamma: {
    kind: 'lane',
    range: { low: 0 },
    defaultOf: { step: STAGE_FACTOR },
    of: ['exponential', 'step'],
    says: `exponential: the factor of an epoch. step: of a stage; default ${STAGE_FACTOR}.`,
  },
  every: {
    kind: 'whole-lane',
    range: { low: 1 },
    of: ['step'],
    says: 'step: epochs of a stage.',
  },
  warmup: {
    kind: 'whole-lane',
    range: { low: 0 },
    default: 0,
    of: ['cosine'],
    says: 'cosine: steps over which the rate rises; default %.',
  },
  final: {
    kind: 'lane',
    range: { low: 0, high: 1 },
    default: 0,
    of: ['cosine'],
    says: 'cosine: the share that is left at the end; default %.',
  },
} as const satisfies Fields;

/** Fields of `clip`, of which exactly one stands. */
export const CLIP = {
  norm: { kind: 'lane', range: { above: 0 } },
  value: { kind: 'lane', range: { above: 0 } },
} as const satisfies Fields;

/** Fields of `augment`. */
export const AUGMENT = {
  crop: {
    kind: 'whole',
    range: { low: 0 },
    default: 0,
    says: 'Pixels of zeros around an image before it is cropped at random; default %.',
  },
  flip: { kind: 'flag', default: false, says: 'Mirrors half of the images; default %.' },
} as const satisfies Fields;
