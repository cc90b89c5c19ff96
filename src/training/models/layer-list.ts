/**
 * Reads the layers of a description in order: unrolls repeats, evaluates `when`, names layers,
 * resolves `from`. A shape is undefined after an error, so that layers that depend on it are not
 * reported as well.
 */
import { at } from '../../core/at.ts';
import {
  LAYER_ID,
  LAYERS,
  REPEAT,
  type LayerFormat,
  type Sources,
} from '../../core/formats/network-format.ts';
import type { ParamValue } from '../objective/objective.ts';
import { nearest, quote } from '../objective/problem.ts';
import { isActive } from './activity.ts';
import { ACTIVATION_TYPES, JOINING_TYPES, LAYER_TYPES, SINGLE_TYPES } from './layers/index.ts';
import type { LayerReading } from './layers/layer-type.ts';
import { namedParameters } from './named-parameters.ts';
import type { Layer, LayerFields, Shape } from './network.ts';
import { isFields, Reader, type Unread } from './reader.ts';
import type { Scope } from './scope.ts';

/** Fields that every layer type has. */
const COMMON = ['type', 'id', 'from', 'when'];
/**
 * Maximum number of layers and repetitions of a description: planning takes seconds at this size,
 * and its time grows faster than linearly.
 */
const MOST_READ = 5000;
const ONE_SOURCE = { least: 1, most: 1, expected: 'one layer' };
/** Prefixes of layer names: '' or `block3.0.`, the innermost block first. */
type Prefixes = readonly [string, ...string[]];

export class LayerList {
  readonly layers: Layer[] = [];
  readonly #scope: Scope;
  readonly #input: Shape | undefined;
  /** Name → index of every layer read so far, valid or not. */
  readonly #index = new Map<string, number>();
  readonly #blocks = new Set<string>();
  readonly #shapes: (Shape | undefined)[] = [];
  readonly #paths: string[] = [];
  /** Parameters named by the enclosing blocks. */
  #around: readonly string[] = [];
  #read = 0;

  constructor(scope: Scope, input: Shape | undefined) {
    this.#scope = scope;
    this.#input = input;
  }

  read(list: readonly unknown[], path: string, prefixes: Prefixes = ['']): void {
    const ordinals = new Map<string, number>();
    list.forEach((value, i) => {
      const at = `${path}[${String(i)}]`;
      if (this.#isTooMany(at)) return;
      if (!isFields(value)) {
        this.#scope.report({
          code: 'wrong-type',
          path: at,
          expected: 'a layer: {"type", …}',
          found: quote(value),
        });
        return;
      }
      if (!isActive(new Reader(value, at, this.#scope))) return;
      if (value['repeat'] === undefined) this.#layer(value, at, prefixes, ordinals);
      else this.#repeat(value, at, prefixes, ordinals);
    });
  }

  /** Reports layers, other than the last, that no layer reads. */
  reportUnused(): void {
    const read = new Set(this.layers.flatMap((layer) => layer.from));
    this.layers.forEach((layer, i) => {
      if (i === this.layers.length - 1 || read.has(i)) return;
      this.#scope.report({
        code: 'unused-layer',
        path: at(this.#paths, i),
        layer: layer.id,
        expected: 'a layer that another layer reads',
        found: `${layer.id}, which no layer reads`,
      });
    });
  }

  /** Counts a layer or repetition; reports the first one over the limit. */
  #isTooMany(path: string): boolean {
    this.#read++;
    if (this.#read === MOST_READ + 1)
      this.#scope.report({
        code: 'too-large',
        path,
        expected: `at most ${String(MOST_READ)} layers in all`,
        found: 'more',
        hint: 'use fewer layers, or a smaller "repeat"',
      });
    return this.#read > MOST_READ;
  }

  #repeat(fields: Unread, path: string, prefixes: Prefixes, ordinals: Map<string, number>): void {
    const name = `${prefixes[0]}${this.#name('block', fields['id'], ordinals)}`;
    const channels = this.#channels(
      new Reader(fields, path, this.#scope, { layer: name }),
      [this.layers.length - 1],
      prefixes,
    );
    const reader = new Reader(fields, path, this.#scope, {
      layer: name,
      asked: ['when', 'id'],
      channels,
    });
    const isNew = this.#checkId(reader, name, this.#blocks.has(name));
    this.#blocks.add(name);
    const times = reader.read('repeat', REPEAT);
    const layers = reader.raw('layers');
    reader.finish();
    if (!Array.isArray(layers)) {
      reader.report(
        layers === undefined ? 'missing-field' : 'wrong-type',
        'layers',
        'a list of layers',
        quote(layers),
      );
      return;
    }
    if (!isNew) return;
    const outside = this.#around;
    this.#around = [
      ...outside,
      ...namedParameters({ repeat: fields['repeat'], when: fields['when'] }),
    ];
    for (let i = 0; i < (times ?? 1); i++) {
      if (this.#isTooMany(`${path}.repeat`)) break;
      this.read(layers, `${path}.layers`, [`${name}.${String(i)}.`, ...prefixes]);
    }
    this.#around = outside;
  }

  #layer(fields: Unread, path: string, prefixes: Prefixes, ordinals: Map<string, number>): void {
    const type = this.#type(new Reader(fields, path, this.#scope));
    const id = `${prefixes[0]}${this.#name(type ?? 'layer', fields['id'], ordinals)}`;
    const joining = JOINING_TYPES.get(type ?? '');
    const naming = new Reader(fields, path, this.#scope, { layer: id });
    const from = this.#from(fields['from'], naming, prefixes, sourcesOf(type));
    const reader = new Reader(fields, path, this.#scope, {
      layer: id,
      asked: COMMON,
      channels: this.#channels(naming, from, prefixes),
    });
    this.#checkId(reader, id, this.#index.has(id));
    this.#index.set(id, this.layers.length);
    const reading =
      joining === undefined
        ? this.#single(type, reader, from)
        : joining(reader, this.#sources(from));
    // The activation may depend on a parameter, and only one of them has a slope.
    if (typeof fields['type'] === 'object') reader.has('slope');
    if (type !== undefined) reader.finish();
    const placeholder: LayerFields = { type: 'identity' };
    const reversed = reading !== undefined && 'reversed' in reading;
    const searched = [...new Set([...namedParameters(fields), ...this.#around])];
    this.layers.push({
      id,
      from: reversed ? from.toReversed() : from,
      fields: reading?.fields ?? placeholder,
      output: reading?.output ?? [],
      ...(searched.length === 0 ? {} : { searched }),
    });
    this.#shapes.push(reading?.output);
    this.#paths.push(path);
  }

  #single(
    type: string | undefined,
    reader: Reader,
    from: readonly number[],
  ): LayerReading | undefined {
    return SINGLE_TYPES.get(type ?? '')?.(
      reader,
      from.length === 1 ? this.#shapeAt(from[0]) : undefined,
    );
  }

  #sources(from: readonly number[]): { id: string; shape: Shape }[] | undefined {
    const sources = from.flatMap((index) => {
      const shape = this.#shapeAt(index);
      return shape === undefined ? [] : [{ id: this.layers[index]?.id ?? 'the input', shape }];
    });
    return sources.length === from.length && from.length > 0 ? sources : undefined;
  }

  /** Returns the layer type, or undefined if it is unknown, which is reported. */
  #type(reader: Reader): string | undefined {
    const type = reader.raw('type');
    if (isFields(type) && typeof type['$param'] === 'string' && Object.keys(type).length === 1) {
      const chosen: ParamValue | undefined = reader.structural('type', type['$param']);
      if (chosen === undefined || (typeof chosen === 'string' && ACTIVATION_TYPES.includes(chosen)))
        return chosen ?? undefined;
      const expected = `an activation (${ACTIVATION_TYPES.join(', ')}) from parameter ${quote(type['$param'])}`;
      reader.report('out-of-range', 'type', expected, quote(chosen));
      return undefined;
    }
    if (typeof type === 'string' && LAYER_TYPES.includes(type)) return type;
    const code =
      type === undefined
        ? 'missing-field'
        : typeof type === 'string'
          ? 'unknown-type'
          : 'wrong-type';
    const hint = typeof type === 'string' ? nearest(type, LAYER_TYPES) : undefined;
    reader.report(code, 'type', `one of ${LAYER_TYPES.join(', ')}`, quote(type), hint);
    return undefined;
  }

  #name(type: string, id: unknown, ordinals: Map<string, number>): string {
    const ordinal = (ordinals.get(type) ?? 0) + 1;
    ordinals.set(type, ordinal);
    return typeof id === 'string' ? id : `${type}${String(ordinal)}`;
  }

  /** @returns whether the name is new */
  #checkId(reader: Reader, name: string, taken: boolean): boolean {
    const id = reader.raw('id');
    if (id !== undefined && (typeof id !== 'string' || !LAYER_ID.test(id)))
      reader.report('wrong-type', 'id', 'letters, digits, _ . -', quote(id));
    if (taken) reader.report('duplicate-id', 'id', 'a unique name', quote(name));
    return !taken;
  }

  /** Indices of the layers read; unknown ones are omitted. */
  #from(from: unknown, reader: Reader, prefixes: Prefixes, sources: Sources | undefined): number[] {
    if (from === undefined && sources === undefined) return [this.layers.length - 1];
    const names: readonly unknown[] = Array.isArray(from) ? from : from === undefined ? [] : [from];
    const { least, most = Infinity, expected } = sources ?? ONE_SOURCE;
    if (names.length < least || names.length > most) {
      reader.report(
        from === undefined ? 'missing-field' : 'wrong-type',
        'from',
        expected,
        quote(from),
      );
      return [];
    }
    const found = names.map((name, i) =>
      this.#named(name, reader, Array.isArray(from) ? `from[${String(i)}]` : 'from', prefixes),
    );
    return found.every((index) => index !== undefined) ? found : [];
  }

  #named(name: unknown, reader: Reader, field: string, prefixes: Prefixes): number | undefined {
    const at = typeof name === 'string' ? this.#find(name, prefixes) : undefined;
    if (at !== undefined) return at;
    const hint = typeof name === 'string' ? nearest(name, this.#namesSeen(prefixes)) : undefined;
    reader.report('unknown-layer', field, 'the id of an earlier layer', quote(name), hint);
    return undefined;
  }

  /** Value of `$channels`: channels of the first layer read, or of the named layer. */
  #channels(
    reader: Reader,
    from: readonly number[],
    prefixes: Prefixes,
  ): (reference: true | string, field: string) => number | undefined {
    return (reference, field) =>
      this.#shapeAt(
        reference === true ? from[0] : this.#named(reference, reader, field, prefixes),
      )?.[0];
  }

  #find(name: string, prefixes: Prefixes): number | undefined {
    return prefixes
      .map((prefix) => this.#index.get(`${prefix}${name}`))
      .find((index) => index !== undefined);
  }

  /** Names of the layers read so far, as seen from inside a block. */
  #namesSeen(prefixes: Prefixes): string[] {
    return [...this.#index.keys()].flatMap((name) =>
      prefixes
        .filter((prefix) => name.startsWith(prefix))
        .map((prefix) => name.slice(prefix.length)),
    );
  }

  #shapeAt(index: number | undefined): Shape | undefined {
    if (index === undefined) return undefined;
    return index < 0 ? this.#input : this.#shapes[index];
  }
}

/** Returns what a type that joins layers reads; undefined: one layer. */
function sourcesOf(type: string | undefined): Sources | undefined {
  const formats: Readonly<Partial<Record<string, LayerFormat>>> = LAYERS;
  return formats[type ?? '']?.from;
}
