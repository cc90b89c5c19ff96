/**
 * The schema of a network's description, `galapagos-network/1`, as it is published for editors.
 * Training reads and judges networks itself, against the search space: shapes, names and parameters
 * are not this schema's.
 */
import { z } from 'zod';
import { flag, pairOfLayer, real, word, wholeOfLayer } from './numbers-in-search.ts';
import { strict } from './problems.ts';
import { paramValue } from './search-space.ts';

const id = z
  .string()
  .regex(/^[A-Za-z0-9_.-]+$/)
  .describe('The name others call it by; default: its type and a number.');
const when = z
  .record(z.string(), z.array(paramValue))
  .describe('The layer is there only where each parameter named has one of the listed values.');
const one = z
  .union([z.string(), z.tuple([z.string()])])
  .describe('The layer that is read; default: the one before.');
const several = z.array(z.string()).min(2).describe('The layers that are read.');

const common = { id: id.exactOptional(), when: when.exactOptional() };
const single = { ...common, from: one.exactOptional() };

const size = pairOfLayer(1).describe('The window, or [rows, columns].');
const stride = pairOfLayer(1);
const padding = pairOfLayer(0);
const slope = real({ low: 0 }).exactOptional().describe('Below 0; default 0.01.');
const epsilon = real({ above: 0 }).exactOptional().describe('Default 1e-5.');

const pool = (type: 'max-pool' | 'average-pool', pads: string): z.ZodType =>
  strict({
    type: z.literal(type),
    ...single,
    size,
    stride: stride.exactOptional().describe('Default: the size.'),
    padding: padding.exactOptional().describe(pads),
  });

/** Types without fields of their own. */
const plain = (type: string, says: string): z.ZodType =>
  strict({ type: z.literal(type).describe(says), ...single });

const layers: readonly z.ZodType[] = [
  strict({
    type: z.literal('conv'),
    ...single,
    filters: wholeOfLayer(1)
      .exactOptional()
      .describe('Output channels; with groups "depthwise" the default is those of the input.'),
    kernel: pairOfLayer(1).describe('The window, or [rows, columns].'),
    stride: stride.exactOptional().describe('Default 1.'),
    padding: z
      .union([padding, z.literal('same')])
      .exactOptional()
      .describe('Zeros around the image, or "same"; default 0.'),
    groups: z
      .union([wholeOfLayer(1), z.literal('depthwise')])
      .exactOptional()
      .describe('Default 1; "depthwise": one for each channel.'),
    bias: flag.exactOptional().describe('Default true.'),
  }),
  strict({
    type: z.literal('dense'),
    ...single,
    units: wholeOfLayer(1).describe('Outputs.'),
    bias: flag.exactOptional().describe('Default true.'),
  }),
  pool('max-pool', 'Pads never win; at most half the size; default 0.'),
  pool('average-pool', 'Pads are not counted; at most half the size; default 0.'),
  plain('global-average-pool', 'The mean of each channel.'),
  plain('relu', 'max(x, 0).'),
  strict({ type: z.literal('leaky-relu'), ...single, slope }),
  plain('gelu', 'x·Φ(x).'),
  plain('silu', 'x·σ(x).'),
  plain('sigmoid', '1/(1 + e⁻ˣ).'),
  plain('tanh', 'The hyperbolic tangent.'),
  plain('identity', 'Its input, under another name.'),
  strict({
    type: strict({ $param: z.string() }).describe(
      'A parameter whose choices are activations or "identity".',
    ),
    ...single,
    slope,
  }),
  plain('flatten', 'An image as a vector.'),
  strict({
    type: z.literal('dropout'),
    ...single,
    rate: real({ low: 0, below: 1 }).describe('The share of elements that are dropped.'),
  }),
  strict({
    type: z.literal('batch-norm'),
    ...single,
    momentum: real({ low: 0, high: 1 })
      .exactOptional()
      .describe('The weight of a new statistic; default 0.1.'),
    epsilon,
  }),
  strict({
    type: z.literal('layer-norm'),
    ...single,
    epsilon,
    over: word(['all', 'channels'])
      .exactOptional()
      .describe('What a mean is taken over; default "all".'),
  }),
  strict({ type: z.literal('add'), ...common, from: several }),
  strict({
    type: z.literal('multiply'),
    ...common,
    from: several.max(2).describe('Two layers; one may be C×1×1.'),
  }),
  strict({
    type: z.literal('concat'),
    ...common,
    from: z
      .union([z.string(), z.array(z.string()).min(1)])
      .describe('The layers that are read, one after another.'),
    zeros: pairOfLayer(0)
      .exactOptional()
      .describe('Channels of zeros before and after, or [before, after]; default 0.'),
  }),
  strict({
    id: id.exactOptional(),
    when: when.exactOptional(),
    repeat: wholeOfLayer(0).describe('How often the layers follow one another.'),
    layers: z.array(z.lazy((): z.ZodType => layer)),
  }),
];

const layer: z.ZodType = z.union(layers);

const normalisation = (says: string): z.ZodType =>
  z.array(z.number()).min(1).exactOptional().describe(says);

export const networkFile = strict({
  $schema: z.string().exactOptional(),
  format: z.literal('galapagos-network/1'),
  name: z.string(),
  input: strict({
    shape: z
      .union([z.tuple([z.int().min(1)]), z.tuple([z.int().min(1), z.int().min(1), z.int().min(1)])])
      .exactOptional()
      .describe("[channels, rows, columns] of an image, or [features]; default: the dataset's."),
    mean: normalisation("Of each channel, in images of 0 … 1; default: the dataset's."),
    deviation: normalisation("Of each channel; default: the dataset's."),
  })
    .exactOptional()
    .describe("What is read; default: the dataset's samples, by its statistics."),
  layers: z
    .array(layer)
    .min(1)
    .describe('Read from top to bottom; each reads the one before unless "from" says otherwise.'),
  loss: z.union([
    strict({
      type: z.literal('softmax-cross-entropy'),
      smoothing: real({ low: 0, high: 1 }).exactOptional().describe('Of the labels; default 0.'),
    }),
    strict({ type: z.literal('mean-squared-error') }),
  ]),
}).meta({ title: 'Galapagos network' });
