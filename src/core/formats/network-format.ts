/**
 * The fields of `galapagos-network/1`: layer types, losses and blocks, with kinds, ranges, defaults
 * and meanings. The reader (`training/models`), its types and the published schema derive from
 * these tables. Not the rules of shapes, which stand with each layer's reader.
 */
import type { Field, Fields, FieldsOf, SettledFields } from './field.ts';

export const NETWORK_FORMAT = 'galapagos-network/1';

/** The name of a layer or a block. */
export const LAYER_ID = /^[A-Za-z0-9_.-]+$/;

/** Layers that one layer reads, as its `from` lists them. */
export interface Sources {
  readonly least: number;
  readonly most?: number;
  /** The count in words, for errors. */
  readonly expected: string;
  readonly says: string;
}

export interface LayerFormat {
  /** Meaning of a type without fields, for editors. */
  readonly says?: string;
  /** Absent: the layer reads one layer, by default the one before. */
  readonly from?: Sources;
  /** A parameter may choose between these types: each takes any shape and keeps it. */
  readonly activation?: true;
  readonly fields: Fields;
}

const size = { kind: 'pair', range: { low: 1 }, says: 'The window, or [rows, columns].' } as const;
const bias = { kind: 'flag', default: true, says: 'Default %.' } as const;
const epsilon = { kind: 'real', range: { above: 0 }, default: 1e-5, says: 'Default %.' } as const;
const stride = {
  kind: 'pair',
  range: { low: 1 },
  optional: true,
  says: 'Default: the size.',
} as const;

const pool = (pads: string) =>
  ({
    size,
    stride,
    padding: {
      kind: 'pair',
      range: { low: 0 },
      default: 0,
      says: `${pads}; at most half the size; default %.`,
    },
  }) as const;

export const LAYERS = {
  conv: {
    fields: {
      filters: {
        kind: 'whole',
        range: { low: 1 },
        optional: true,
        says: 'Output channels; with groups "depthwise" the default is those of the input.',
      },
      kernel: size,
      stride: { kind: 'pair', range: { low: 1 }, default: 1, says: 'Default %.' },
      padding: {
        kind: 'pair',
        range: { low: 0 },
        or: 'same',
        default: 0,
        says: 'Zeros around the image, or "same"; default %.',
      },
      groups: {
        kind: 'whole',
        range: { low: 1 },
        or: 'depthwise',
        default: 1,
        says: 'Default %; "depthwise": one for each channel.',
      },
      bias,
    },
  },
  dense: { fields: { units: { kind: 'whole', range: { low: 1 }, says: 'Outputs.' }, bias } },
  'max-pool': { fields: pool('Pads never win') },
  'average-pool': { fields: pool('Pads are not counted') },
  'global-average-pool': { says: 'The mean of each channel.', fields: {} },
  relu: { activation: true, says: 'max(x, 0).', fields: {} },
  'leaky-relu': {
    activation: true,
    fields: {
      slope: { kind: 'real', range: { low: 0 }, default: 0.01, says: 'Below 0; default %.' },
    },
  },
  gelu: { activation: true, says: 'x·Φ(x).', fields: {} },
  silu: { activation: true, says: 'x·σ(x).', fields: {} },
  sigmoid: { activation: true, says: '1/(1 + e⁻ˣ).', fields: {} },
  tanh: { activation: true, says: 'The hyperbolic tangent.', fields: {} },
  identity: { activation: true, says: 'Its input, under another name.', fields: {} },
  flatten: { says: 'An image as a vector.', fields: {} },
  dropout: {
    fields: {
      rate: {
        kind: 'lane',
        range: { low: 0, below: 1 },
        says: 'The share of elements that are dropped.',
      },
    },
  },
  'batch-norm': {
    fields: {
      momentum: {
        kind: 'real',
        range: { low: 0, high: 1 },
        default: 0.1,
        says: 'The weight of a new statistic; default %.',
      },
      epsilon,
    },
  },
  'layer-norm': {
    fields: {
      epsilon,
      over: {
        kind: 'word',
        words: ['all', 'channels'],
        default: 'all',
        says: 'What a mean is taken over; default "%".',
      },
    },
  },
  add: {
    from: { least: 2, expected: 'two layers or more', says: 'The layers that are read.' },
    fields: {},
  },
  multiply: {
    from: {
      least: 2,
      most: 2,
      expected: 'two layers',
      says: 'Two layers; one may be C×1×1.',
    },
    fields: {},
  },
  concat: {
    from: {
      least: 1,
      expected: 'one layer or more',
      says: 'The layers that are read, one after another.',
    },
    fields: {
      zeros: {
        kind: 'pair',
        range: { low: 0 },
        default: 0,
        says: 'Channels of zeros before and after, or [before, after]; default %.',
      },
    },
  },
} as const satisfies Readonly<Record<string, LayerFormat>>;

export type LayerType = keyof typeof LAYERS;

export type JoiningType = {
  [Type in LayerType]: (typeof LAYERS)[Type] extends { from: Sources } ? Type : never;
}[LayerType];

/** A layer whose choices are all made. */
export type SettledLayer<Type extends LayerType> = { readonly type: Type } & SettledFields<
  (typeof LAYERS)[Type]['fields']
>;

/** Types without fields of their own. */
export type PlainType = {
  [Type in LayerType]: keyof (typeof LAYERS)[Type]['fields'] extends never ? Type : never;
}[LayerType];

/** Number of times that the layers of a block follow one another. */
export const REPEAT = {
  kind: 'whole',
  range: { low: 0, high: 1000 },
  says: 'How often the layers follow one another.',
} as const satisfies Field;

export const LOSS_TYPES = ['softmax-cross-entropy', 'mean-squared-error'] as const;

/** Fields of `loss`. */
export const LOSS = {
  smoothing: {
    kind: 'lane',
    range: { low: 0, high: 1 },
    default: 0,
    of: ['softmax-cross-entropy'],
    says: 'Of the labels; default %.',
  },
} as const satisfies Fields;

export type SettledLoss = {
  [Type in (typeof LOSS_TYPES)[number]]: { readonly type: Type } & SettledFields<
    FieldsOf<typeof LOSS, Type>
  >;
}[(typeof LOSS_TYPES)[number]];

/** Condition on each number of `input`'s deviation and shape; a mean may be any number. */
export const INPUT = {
  shape: { low: 1 },
  mean: {},
  deviation: { above: 0 },
};
