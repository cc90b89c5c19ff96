/**
 * The schema of a network's description, `galapagos-network/1`, as it is published for editors,
 * made from the fields in `core/formats/network-format.ts`. Training reads and judges networks
 * itself, against the search space: shapes, names and parameters are not this schema's.
 */
import { z } from 'zod';
import { fieldsOf } from '../core/formats/field.ts';
import {
  INPUT,
  LAYER_ID,
  LAYERS,
  LOSS,
  LOSS_TYPES,
  NETWORK_FORMAT,
  REPEAT,
  type LayerFormat,
  type Sources,
} from '../core/formats/network-format.ts';
import type { Range } from '../core/formats/range.ts';
import { strict } from './problems.ts';
import { schemaOf, schemasOf, within } from './schema-of-fields.ts';
import { paramValue } from './search-space.ts';

const id = z
  .string()
  .regex(LAYER_ID)
  .describe('The name others call it by; default: its type and a number.')
  .exactOptional();
const when = z
  .record(z.string(), z.array(paramValue))
  .describe('The layer is there only where each parameter named has one of the listed values.')
  .exactOptional();
const one = z
  .union([z.string(), z.tuple([z.string()])])
  .describe('The layer that is read; default: the one before.')
  .exactOptional();

function layerSchema(type: string, { says, from, fields }: LayerFormat): z.ZodType {
  return strict({
    type: says === undefined ? z.literal(type) : z.literal(type).describe(says),
    id,
    when,
    from: from === undefined ? one : several(from),
    ...schemasOf(fields, 'layer'),
  });
}

function several({ least, most, says }: Sources): z.ZodType {
  const list = z.array(z.string()).min(least);
  const names = most === undefined ? list : list.max(most);
  return (least > 1 ? names : z.union([z.string(), names])).describe(says);
}

const layers: readonly z.ZodType[] = [
  ...Object.entries(LAYERS).map(([type, format]) => layerSchema(type, format)),
  strict({
    type: strict({ $param: z.string() }).describe(
      'A parameter whose choices are activations or "identity".',
    ),
    id,
    when,
    from: one,
    ...schemasOf(LAYERS['leaky-relu'].fields, 'layer'),
  }),
  strict({
    id,
    when,
    repeat: schemaOf(REPEAT, 'layer'),
    layers: z.array(z.lazy((): z.ZodType => layer)),
  }),
];

const layer: z.ZodType = z.union(layers);

const normalisation = (range: Range, says: string): z.ZodType =>
  z.array(within(z.number(), range)).min(1).exactOptional().describe(says);

const size = within(z.int(), INPUT.shape);

export const networkFile = strict({
  $schema: z.string().exactOptional(),
  format: z.literal(NETWORK_FORMAT),
  name: z.string(),
  input: strict({
    shape: z
      .union([z.tuple([size]), z.tuple([size, size, size])])
      .exactOptional()
      .describe("[channels, rows, columns] of an image, or [features]; default: the dataset's."),
    mean: normalisation(INPUT.mean, "Of each channel, in images of 0 … 1; default: the dataset's."),
    deviation: normalisation(INPUT.deviation, "Of each channel; default: the dataset's."),
  })
    .exactOptional()
    .describe("What is read; default: the dataset's samples, by its statistics."),
  layers: z
    .array(layer)
    .min(1)
    .describe('Read from top to bottom; each reads the one before unless "from" says otherwise.'),
  loss: z.union(
    LOSS_TYPES.map((type) =>
      strict({ type: z.literal(type), ...schemasOf(fieldsOf(LOSS, type), 'settings') }),
    ),
  ),
}).meta({ title: 'Galapagos network' });
