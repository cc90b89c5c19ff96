/**
 * The layers of a description in reading order while they are read: unrolls repeats, decides `when`, gives names, follows
 * `from`. A shape is undefined after an error, so that layers fed by it are not reported in turn.
 */
import type { ParamValue } from '../objective.ts';
import { nearest, quote } from '../problem.ts';
import { ACTIVATIONS, LAYER_TYPES, PLANNED_LAYER_TYPES } from './layers/index.ts';
import type { Layer, LayerFields, Shape } from './network.ts';
import { channelsOf, Reader, type Fields } from './reader.ts';
import type { Scope } from './scope.ts';

const ID = /^[A-Za-z0-9_.-]+$/;

export class LayerList {
  readonly layers: Layer[] = [];
  readonly #scope: Scope;
  readonly #input: Shape | undefined;
  /** Name → index, of every layer read so far, good or not. */
  readonly #index = new Map<string, number>();
  readonly #shapes: (Shape | undefined)[] = [];
  readonly #paths: string[] = [];

  constructor(scope: Scope, input: Shape | undefined) {
    this.#scope = scope;
    this.#input = input;
  }

  /** @param prefix of names: '' or `block3.0.` */
  read(list: readonly unknown[], path: string, prefix = ''): void {
    const ordinals = new Map<string, number>();
    list.forEach((value, i) => {
      const at = `${path}[${String(i)}]`;
      if (typeof value !== 'object' || value === null || Array.isArray(value)) {
        this.#scope.report({ code: 'wrong-type', path: at, expected: 'a layer: {"type", …}', found: quote(value) });
        return;
      }
      const fields = value as Fields;
      if (!this.#active(fields, at)) return;
      if (fields['repeat'] === undefined) this.#layer(fields, at, prefix, ordinals);
      else this.#repeat(fields, at, prefix, ordinals);
    });
  }

  /** Layers, other than the last, that nothing reads. */
  reportUnused(): void {
    const read = new Set(this.layers.flatMap((layer) => layer.from));
    this.layers.forEach((layer, i) => {
      if (i === this.layers.length - 1 || read.has(i)) return;
      this.#scope.report({
        code: 'unused-layer',
        path: this.#paths[i] ?? '',
        layer: layer.id,
        expected: 'a layer that something reads',
        found: `${layer.id}, read by none`,
      });
    });
  }

  #active(fields: Fields, path: string): boolean {
    const when = fields['when'];
    if (when === undefined) return true;
    const reader = new Reader(fields, path, this.#scope);
    if (typeof when !== 'object' || when === null || Array.isArray(when)) {
      reader.report('wrong-type', 'when', '{"parameter": [values]}', quote(when));
      return false;
    }
    return Object.entries(when).every(([name, values]: [string, unknown]) => {
      if (!Array.isArray(values)) {
        reader.report('wrong-type', 'when', `a list of values of ${JSON.stringify(name)}`, quote(values));
        return false;
      }
      this.#scope.structural.add(name);
      const known = this.#scope.space;
      if (known !== undefined && known[name] === undefined) reader.structural('when', name);
      return (values as readonly unknown[]).includes(this.#scope.params[name]);
    });
  }

  #repeat(fields: Fields, path: string, prefix: string, ordinals: Map<string, number>): void {
    const name = `${prefix}${this.#name('block', fields['id'], ordinals)}`;
    const reader = new Reader(fields, path, this.#scope, { layer: name, asked: ['when', 'id'] });
    const times = reader.integer('repeat', { low: 0, high: 1000 });
    const layers = reader.raw('layers');
    reader.finish();
    if (!Array.isArray(layers)) {
      reader.report(layers === undefined ? 'missing-field' : 'wrong-type', 'layers', 'a list of layers', quote(layers));
      return;
    }
    for (let i = 0; i < (times ?? 1); i++) this.read(layers, `${path}.layers`, `${name}.${String(i)}.`);
  }

  #layer(fields: Fields, path: string, prefix: string, ordinals: Map<string, number>): void {
    const anonymous = new Reader(fields, path, this.#scope);
    const type = this.#type(anonymous);
    const id = `${prefix}${this.#name(typeof type === 'string' ? type : 'layer', fields['id'], ordinals)}`;
    const from = this.#from(fields['from'], new Reader(fields, path, this.#scope, { layer: id }), prefix);
    const input = from.length === 1 ? this.#shapeAt(from[0]) : undefined;
    const reader = new Reader(fields, path, this.#scope, {
      layer: id,
      asked: ['type', 'id', 'from', 'when'],
      channels: (reference) => {
        if (reference === true) return input === undefined ? undefined : channelsOf(input);
        const at = this.#find(reference, prefix);
        if (at === undefined)
          reader.report(
            'unknown-layer',
            undefined,
            'the id of an earlier layer',
            JSON.stringify(reference),
            nearest(reference, this.#index.keys()),
          );
        const shape = at === undefined ? undefined : this.#shapeAt(at);
        return shape === undefined ? undefined : channelsOf(shape);
      },
    });
    if (this.#index.has(id)) reader.report('duplicate-id', 'id', 'a name used once', JSON.stringify(id));
    if (fields['id'] !== undefined && (typeof fields['id'] !== 'string' || !ID.test(fields['id'])))
      reader.report('wrong-type', 'id', 'letters, digits, _ . -', quote(fields['id']));
    this.#index.set(id, this.layers.length);
    const read = typeof type === 'string' ? LAYER_TYPES.get(type) : undefined;
    if (typeof type === 'string' && read === undefined) this.#refuse(reader, type);
    const reading = read?.(reader, input);
    if (read !== undefined) reader.finish();
    const placeholder: LayerFields = { type: 'identity' };
    this.layers.push({ id, from, fields: reading?.fields ?? placeholder, output: reading?.output ?? [] });
    this.#shapes.push(reading?.output);
    this.#paths.push(path);
  }

  #type(reader: Reader): ParamValue | undefined {
    const type = reader.raw('type');
    if (typeof type === 'string') return type;
    if (typeof type === 'object' && type !== null && '$param' in type && typeof type.$param === 'string') {
      const chosen = reader.structural('type', type.$param);
      if (chosen === undefined || (typeof chosen === 'string' && ACTIVATIONS.includes(chosen))) return chosen;
      reader.report(
        'out-of-range',
        'type',
        `an activation (${ACTIVATIONS.join(', ')}) from parameter ${JSON.stringify(type.$param)}`,
        quote(chosen),
      );
      return undefined;
    }
    reader.report(type === undefined ? 'missing-field' : 'wrong-type', 'type', `one of ${[...LAYER_TYPES.keys()].join(', ')}`, quote(type));
    return undefined;
  }

  #refuse(reader: Reader, type: string): void {
    const supported = [...LAYER_TYPES.keys()];
    const code = PLANNED_LAYER_TYPES.includes(type) ? 'unsupported' : 'unknown-type';
    const hint = code === 'unsupported' ? 'in the format, but not in this version' : nearest(type, supported);
    reader.report(code, 'type', `one of ${supported.join(', ')}`, JSON.stringify(type), hint);
  }

  #name(type: string, id: unknown, ordinals: Map<string, number>): string {
    const ordinal = (ordinals.get(type) ?? 0) + 1;
    ordinals.set(type, ordinal);
    return typeof id === 'string' ? id : `${type}${String(ordinal)}`;
  }

  #from(from: unknown, reader: Reader, prefix: string): number[] {
    if (from === undefined) return [this.layers.length - 1];
    const names: readonly unknown[] = Array.isArray(from) ? from : [from];
    if (names.length !== 1)
      reader.report('wrong-type', 'from', 'one layer (layers that join several are not in this version)', quote(from));
    return names.flatMap((name) => {
      const at = typeof name === 'string' ? this.#find(name, prefix) : undefined;
      if (at !== undefined) return [at];
      reader.report(
        'unknown-layer',
        'from',
        'the id of an earlier layer',
        quote(name),
        typeof name === 'string' ? nearest(name, this.#index.keys()) : undefined,
      );
      return [];
    });
  }

  /** A name as seen from inside `prefix`: the innermost block first. */
  #find(name: string, prefix: string): number | undefined {
    for (let scope = prefix; ; scope = scope.replace(/[^.]+\.\d+\.$/, '')) {
      const at = this.#index.get(`${scope}${name}`);
      if (at !== undefined || scope === '') return at;
    }
  }

  #shapeAt(index: number | undefined): Shape | undefined {
    if (index === undefined) return undefined;
    return index < 0 ? this.#input : this.#shapes[index];
  }
}
