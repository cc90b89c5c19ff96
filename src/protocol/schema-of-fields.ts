/**
 * Schemas of described fields (`core/formats`), for editors. A number, a word or a flag may stand
 * as `{"$param": name}` where the search decides it. Training reads and judges the fields itself.
 */
import { z } from 'zod';
import type { Field, Fields } from '../core/formats/field.ts';
import type { Range } from '../core/formats/range.ts';
import { strict } from './problems.ts';

const scale = {
  times: z.number().positive().exactOptional().describe('Multiplies the value.'),
  over: z.number().positive().exactOptional().describe('Divides the value.'),
};

const parameter = strict({
  $param: z.string().describe("A parameter of the study's search space."),
  ...scale,
});
const channels = strict({
  $channels: z
    .union([z.literal(true), z.string()])
    .describe('The channels of what the layer reads (true), or of the layer named.'),
  ...scale,
});

/** Whose fields they are: numbers of a layer may follow the channels of what it reads. */
type Place = 'layer' | 'settings';

const made: Readonly<Record<Place, WeakMap<Field, z.ZodType>>> = {
  layer: new WeakMap(),
  settings: new WeakMap(),
};

/** The schema of each field, by name. A field that several types share is one schema. */
export function schemasOf<F extends Fields>(
  fields: F,
  place: Place,
): { [K in keyof F]: z.ZodType } {
  const entries = Object.entries(fields).map(([name, field]) => [name, schemaOf(field, place)]);
  // The names are those of `fields`, which TypeScript does not follow through entries.
  return Object.fromEntries(entries) as { [K in keyof F]: z.ZodType };
}

export function schemaOf(field: Field, place: Place): z.ZodType {
  const known = made[place].get(field);
  if (known !== undefined) return known;
  const value = valueSchema(field, place);
  const schema = mayBeAbsent(field) ? value.exactOptional() : value;
  const described = field.says === undefined ? schema : schema.describe(saysOf(field, field.says));
  made[place].set(field, described);
  return described;
}

/** A number within a range. */
export function within(number: z.ZodNumber, { low, above, high, below }: Range): z.ZodNumber {
  let schema = number;
  if (low !== undefined) schema = schema.min(low);
  if (above !== undefined) schema = schema.gt(above);
  if (high !== undefined) schema = schema.max(high);
  if (below !== undefined) schema = schema.lt(below);
  return schema;
}

/** One of these words, or a parameter of them. */
export function word(words: readonly string[]): z.ZodType {
  return z.union([z.enum(words), parameter]);
}

function valueSchema(field: Field, place: Place): z.ZodType {
  switch (field.kind) {
    case 'whole':
      return orWord(whole(field.range, place), field.or);
    case 'pair': {
      const one = whole(field.range, place);
      return orWord(z.union([one, z.tuple([one, one])]), field.or);
    }
    case 'real':
      return searched(within(z.number(), field.range), place);
    case 'lane':
      return searched(within(z.number(), field.range), 'settings');
    case 'whole-lane':
      return whole(field.range, 'settings');
    case 'literal':
      return within(z.number(), field.range);
    case 'flag':
      return z.union([z.boolean(), parameter]);
    case 'word':
      return word(field.words);
  }
}

function whole(range: Range, place: Place): z.ZodType {
  return searched(within(z.int(), range), place);
}

function searched(number: z.ZodType, place: Place): z.ZodType {
  return z.union(place === 'layer' ? [number, parameter, channels] : [number, parameter]);
}

function orWord(number: z.ZodType, alternative: string | undefined): z.ZodType {
  return alternative === undefined ? number : z.union([number, z.literal(alternative)]);
}

function mayBeAbsent(field: Field): boolean {
  const ofOneType = field.of !== undefined || 'defaultOf' in field;
  return field.optional === true || field.default !== undefined || ofOneType;
}

function saysOf(field: Field, says: string): string {
  return says.replace('%', shown(field.default));
}

function shown(value: Field['default']): string {
  return typeof value === 'number' && value > 0 && value < 0.001
    ? value.toExponential()
    : String(value);
}
