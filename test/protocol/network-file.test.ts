import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { fieldsOf, type Field, type Fields } from '../../src/core/formats/field.ts';
import { LAYERS } from '../../src/core/formats/network-format.ts';
import {
  AUGMENT,
  CLIP,
  OPTIMIZER,
  OPTIMIZER_TYPES,
  SCHEDULE,
  SCHEDULE_TYPES,
  SETTINGS,
} from '../../src/core/formats/settings-format.ts';
import { networkFile } from '../../src/protocol/network-file.ts';
import { schemaFiles } from '../../src/protocol/published-schemas.ts';
import { trainSettings } from '../../src/protocol/train-settings.ts';
import { LAYER_TYPES } from '../../src/training/models/layers/index.ts';
import { resolveNetwork } from '../../src/training/models/resolve.ts';
import { Scope } from '../../src/training/models/scope.ts';
import { readSettings } from '../../src/training/objective/settings.ts';

interface JsonSchema {
  readonly $ref?: string;
  readonly $defs?: Readonly<Record<string, JsonSchema>>;
  readonly const?: unknown;
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly items?: JsonSchema;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
}

const NETWORK = schemaFiles().get('network.schema.json') as JsonSchema;
const followed = (schema: JsonSchema): JsonSchema =>
  schema.$ref === undefined
    ? schema
    : followed(NETWORK.$defs![schema.$ref.replace('#/$defs/', '')]!);
const layers = followed(followed(NETWORK.properties!['layers']!).items!).anyOf!.map(followed);

function layerSchema(type: string): JsonSchema {
  return layers.find(
    ({ properties }) =>
      properties?.['type'] !== undefined && followed(properties['type']).const === type,
  )!;
}

/** What training says it would read instead of a field that it does not know. */
function fieldsRead(problems: Scope['problems'], path: string): string[] {
  const [problem] = problems.filter(
    ({ code, path: at }) => code === 'unknown-field' && at === path,
  );
  return problem!.expected.replace('one of ', '').split(', ');
}

const describeLayers = (list: readonly object[]): object => ({
  format: 'galapagos-network/1',
  name: 'test',
  input: { shape: [4, 8, 8] },
  layers: list,
  loss: { type: 'softmax-cross-entropy' },
});

function accepts(list: readonly object[]): { training: boolean; schema: boolean } {
  const description = describeLayers(list);
  const training = resolveNetwork(description, new Scope({ width: 4, act: 'relu' })) !== undefined;
  return { training, schema: networkFile.safeParse(description).success };
}

describe('Published schema of networks', () => {
  it.each(LAYER_TYPES)('has the fields of %s that training reads', (type) => {
    const scope = new Scope({});
    resolveNetwork(describeLayers([{ type, bogus: 1, from: [] }]), scope);
    expect(Object.keys(layerSchema(type).properties!).sort()).toEqual(
      fieldsRead(scope.problems, 'layers[0].bogus').sort(),
    );
  });

  it('has no other layers than repeats and activations that a parameter chooses', () => {
    expect(layers).toHaveLength(LAYER_TYPES.length + 2);
  });

  it('accepts every built-in network', () => {
    const folder = new URL('../../resources/networks/', import.meta.url);
    for (const name of readdirSync(folder)) {
      const description = JSON.parse(readFileSync(new URL(name, folder), 'utf8')) as object;
      expect(networkFile.safeParse(description).error, name).toBeUndefined();
      expect(description).toHaveProperty('$schema', '../schemas/network.schema.json');
    }
  });

  it.each<[boolean, object[]]>([
    [
      true,
      [
        {
          type: 'conv',
          filters: { $param: 'width', times: 2, over: 3 },
          kernel: [1, 3],
          stride: 2,
          padding: 'same',
          bias: false,
        },
      ],
    ],
    [true, [{ type: 'conv', groups: 'depthwise', kernel: 3, padding: [1, 0] }]],
    [true, [{ repeat: { $param: 'width' }, layers: [{ id: 'a', type: { $param: 'act' } }] }]],
    [
      true,
      [
        { id: 'a', type: 'relu' },
        { type: 'tanh' },
        { type: 'concat', from: ['a', 'tanh1'], zeros: [1, { $channels: 'a' }] },
      ],
    ],
    [
      true,
      [
        { type: 'layer-norm', over: 'channels' },
        { type: 'batch-norm', momentum: 0.2 },
      ],
    ],
    [
      true,
      [
        { type: 'flatten' },
        { type: 'dense', units: 3 },
        { type: 'dropout', rate: { $param: 'width', over: 8 } },
      ],
    ],
    [true, [{ type: 'relu', when: { act: ['relu'] } }]],
    [false, [{ type: 'conv', filters: 2, kernel: 0 }]],
    [false, [{ type: 'conv', filters: 2, kernel: 1, padding: 'valid' }]],
    [false, [{ type: 'max-pool' }]],
    [false, [{ type: 'relu', slope: 0.1 }]],
    [false, [{ type: 'add', from: ['relu1'] }]],
    [false, [{ type: 'dropout', rate: 1 }]],
    [false, [{ type: 'dropout', rate: { $channels: true } }]],
    [false, [{ id: 'a b', type: 'relu' }]],
    [false, [{ repeat: 2 }]],
    [false, []],
  ])('agrees with training: %s of %j', (good, list) => {
    expect(accepts(list)).toEqual({ training: good, schema: good });
  });
});

describe('Published schema of settings', () => {
  it('has the fields that training reads', () => {
    const scope = new Scope({});
    const inner = { bogus: 1 };
    readSettings({ bogus: 1, clip: inner, augment: inner }, scope);
    expect(Object.keys(trainSettings.shape).sort()).toEqual(
      fieldsRead(scope.problems, 'settings.bogus').sort(),
    );
    expect(fieldsRead(scope.problems, 'settings.clip.bogus')).toEqual(['norm', 'value']);
    expect(fieldsRead(scope.problems, 'settings.augment.bogus')).toEqual(['crop', 'flip']);
  });

  it.each(['optimizer', 'schedule'] as const)('has the fields of each %s', (field) => {
    const kinds = {
      optimizer: ['sgd', 'adam', 'adamw', 'rmsprop'],
      schedule: ['constant', 'exponential', 'step', 'cosine'],
    };
    const read = kinds[field].flatMap((type) => {
      const scope = new Scope({});
      readSettings({ [field]: { type, bogus: 1 } }, scope);
      return fieldsRead(scope.problems, `settings.${field}.bogus`);
    });
    const study = schemaFiles().get('study.schema.json') as JsonSchema;
    const { properties } = study.properties!['objective']!.oneOf![0]!.properties!['settings']!;
    expect(Object.keys(properties![field]!.properties!).sort()).toEqual([...new Set(read)].sort());
  });
});

/** Values on either side of each bound of a field, and each word with one that is none. */
function valuesAround(field: Field): readonly unknown[] {
  if (field.kind === 'flag') return [true, 0, 'yes'];
  if (field.kind === 'word') return [...field.words, 'other', 1];
  const { low, above, high, below } = field.range;
  const bounds = [low, above, high, below].filter((bound) => bound !== undefined);
  const word = 'or' in field ? [field.or] : [];
  return [...bounds.flatMap((bound) => [bound - 1, bound, bound + 1]), 'other', ...word];
}

/** Some value that each field takes. */
function sample(fields: Fields): Record<string, unknown> {
  const required = Object.entries(fields).filter(
    ([, field]) => field.default === undefined && field.optional !== true,
  );
  return Object.fromEntries(
    required.map(([name, field]) => [name, 'range' in field && field.range.below === 1 ? 0.5 : 1]),
  );
}

/** What a type needs beside its required fields. */
const others: Readonly<Record<string, object>> = {
  conv: { filters: 1 },
  concat: { from: ['input'] },
};

const settingsCases: [string, Fields, (fields: object) => object][] = [
  ['settings', SETTINGS, (fields) => fields],
  ['augment', AUGMENT, (augment) => ({ augment })],
  ...Object.entries(CLIP).map(([name, field]): [string, Fields, (fields: object) => object] => [
    `clip ${name}`,
    { [name]: field },
    (clip) => ({ clip }),
  ]),
  ...OPTIMIZER_TYPES.map((type): [string, Fields, (fields: object) => object] => [
    type,
    fieldsOf(OPTIMIZER, type),
    (fields) => ({ optimizer: { type, ...(type === 'sgd' ? { momentum: 0.5 } : {}), ...fields } }),
  ]),
  ...SCHEDULE_TYPES.map((type): [string, Fields, (fields: object) => object] => [
    type,
    fieldsOf(SCHEDULE, type),
    (fields) => ({ schedule: { type, ...fields } }),
  ]),
];

describe('Formats: one table of fields', () => {
  it.each(Object.entries(LAYERS))(
    'gives training and the schema the same bounds and words of %s',
    (type, { fields }: { fields: Fields }) => {
      for (const [name, field] of Object.entries(fields)) {
        for (const value of valuesAround(field)) {
          const description = describeLayers([
            { type, ...others[type], ...sample(fields), [name]: value },
          ]);
          const scope = new Scope({});
          resolveNetwork(description, scope);
          const refused = scope.problems.some(
            ({ code, path, expected }) =>
              path.startsWith(`layers[0].${name}`) &&
              (code === 'wrong-type' || code === 'out-of-range') &&
              // A rule of two fields, which a schema of single fields does not state.
              !expected.startsWith('at most half the size'),
          );
          expect({ name, value, good: networkFile.safeParse(description).success }).toEqual({
            name,
            value,
            good: !refused,
          });
        }
      }
    },
  );

  it.each(settingsCases)(
    'gives training and the schema the same bounds and words of %s',
    (_name, fields, placed) => {
      const base = { batch: 1, epochs: 1, optimizer: { type: 'sgd', learningRate: 1 } };
      for (const [name, field] of Object.entries(fields)) {
        for (const value of valuesAround(field)) {
          const settings = { ...base, ...placed({ ...sample(fields), [name]: value }) };
          const good = readSettings(settings, new Scope({})) !== undefined;
          expect({ name, value, good: trainSettings.safeParse(settings).success }).toEqual({
            name,
            value,
            good,
          });
        }
      }
    },
  );
});
