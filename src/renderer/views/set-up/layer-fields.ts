/**
 * Layer types with their fields, for the rows of the layer editor. A test compares the table with
 * the fields that training reads.
 */
import { objectOf } from './study-edits.ts';
import type { Json, JsonObject } from './study-edits.ts';

export interface LayerField {
  readonly name: string;
  /**
   * `value`: number, pair or reference; `flag`: true or false; `words`: one of `choices`; `list`:
   * names of layers.
   */
  readonly kind: 'value' | 'flag' | 'words' | 'list';
  /** Shown while the field is absent; empty when the field is required. */
  readonly usual: string;
  /** Words that are valid values of the field. */
  readonly choices: readonly string[];
  /** Value in a new layer; undefined when it is absent there. */
  readonly first?: Json;
}

const value = (name: string, usual: string, choices: readonly string[] = []): LayerField => ({
  name,
  kind: 'value',
  usual,
  choices,
});
const required = (name: string, first: Json): LayerField => ({
  name,
  kind: 'value',
  usual: '',
  choices: [],
  first,
});
const bias: LayerField = { name: 'bias', kind: 'flag', usual: 'true', choices: [] };
const pool = [required('size', 2), value('stride', 'size'), value('padding', '0')];
const from: LayerField = { name: 'from', kind: 'list', usual: '', choices: [] };

export const layerTypes: Readonly<Record<string, readonly LayerField[]>> = {
  conv: [
    required('filters', 16),
    required('kernel', 3),
    value('stride', '1'),
    value('padding', '0', ['same']),
    value('groups', '1', ['depthwise']),
    bias,
  ],
  dense: [required('units', 64), bias],
  'max-pool': pool,
  'average-pool': pool,
  'global-average-pool': [],
  relu: [],
  'leaky-relu': [value('slope', '0.01')],
  gelu: [],
  silu: [],
  sigmoid: [],
  tanh: [],
  identity: [],
  flatten: [],
  dropout: [required('rate', 0.25)],
  'batch-norm': [value('momentum', '0.1'), value('epsilon', '1e-5')],
  'layer-norm': [
    value('epsilon', '1e-5'),
    { name: 'over', kind: 'words', usual: 'all', choices: ['all', 'channels'] },
  ],
  add: [from],
  multiply: [from],
  concat: [from, value('zeros', '0')],
};

/** Type of a layer; empty when it has none, for example a block of layers. */
export function typeOf(layer: Json): string {
  const { type } = objectOf(layer);
  return typeof type === 'string' ? type : '';
}

/** Fields of a layer that its row does not show. */
export function hiddenFields(layer: Json): readonly string[] {
  const shown = new Set(['type', ...(layerTypes[typeOf(layer)] ?? []).map(({ name }) => name)]);
  return Object.keys(objectOf(layer)).filter((name) => !shown.has(name));
}

/** Changes the type of a layer: keeps the fields that both types have, and adds required ones. */
export function withType(layer: Json, type: string): JsonObject {
  const before = objectOf(layer);
  const gone = new Set((layerTypes[typeOf(before)] ?? []).map(({ name }) => name));
  const fields = layerTypes[type] ?? [];
  const kept = Object.entries(before).filter(
    ([name]) => !gone.has(name) || fields.some((field) => field.name === name),
  );
  const added = fields.flatMap(({ name, first }) =>
    first === undefined || name in before ? [] : [[name, first] as const],
  );
  return { ...Object.fromEntries(kept), type, ...Object.fromEntries(added) };
}
