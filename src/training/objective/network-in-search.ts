/**
 * Summary of an objective's network over the search space: every layer with its shapes and weights
 * at the corners. For display only.
 */
import { at } from '../../core/at.ts';
import type { Numeric, Pair } from '../../core/formats/field.ts';
import type { Catalogue } from '../../datasets/catalogue.ts';
import { weightsByLayer } from '../models/count-weights.ts';
import { scaled } from '../models/expression.ts';
import { extremesOf } from '../models/extremes.ts';
import { sizeOf, type LayerFields, type Network, type Shape } from '../models/network.ts';
import { atCorners } from './at-corners.ts';
import type { SearchSpaceLike, TrainObjective } from './objective.ts';

interface Range {
  readonly low: number;
  readonly high: number;
}

export interface LayerInSearch {
  readonly name: string;
  /** Several types where a parameter selects the activation: `relu or gelu`. */
  readonly type: string;
  /** Distinguishing fields, for example `3×3, 16 to 64`; may be empty. */
  readonly detail: string;
  /** Shape of the output, smallest and largest. */
  readonly shape: { readonly low: Shape; readonly high: Shape };
  readonly weights: Range;
  /** Parameters of the search that determine the layer. */
  readonly searched: readonly string[];
}

export interface NetworkInSearch {
  /** Layers in reading order, including those that exist at some corners only. */
  readonly layers: readonly LayerInSearch[];
  readonly weights: Range;
}

/** Returns null if no corner gives a valid network; `check-objective.ts` reports the problems. */
export function networkInSearch(
  objective: TrainObjective,
  space: SearchSpaceLike,
  datasets: Catalogue,
): NetworkInSearch | null {
  const networks = atCorners(objective, space, datasets).scopes.flatMap(
    ({ resolved }) => resolved?.network ?? [],
  );
  if (networks.length === 0) return null;
  const counts = networks.map(weightsByLayer);
  const seen = new Map<string, Seen>();
  networks.forEach((network, n) => {
    network.layers.forEach(({ id, fields, output, searched = [] }, i) => {
      const all = seen.get(id) ?? { fields: [], shapes: [], weights: [], searched };
      all.fields.push(fields);
      all.shapes.push(output);
      all.weights.push(at(at(counts, n), i));
      seen.set(id, all);
    });
  });
  const layers = inReadingOrder(networks).flatMap((name) => {
    const found = seen.get(name);
    return found === undefined ? [] : [layerOf(name, found, space)];
  });
  return {
    layers,
    weights: rangeOf(counts.map((each) => each.reduce((sum, count) => sum + count, 0))),
  };
}

interface Seen {
  readonly fields: LayerFields[];
  readonly shapes: Shape[];
  readonly weights: number[];
  readonly searched: readonly string[];
}

function layerOf(
  name: string,
  { fields, shapes, weights, searched }: Seen,
  space: SearchSpaceLike,
): LayerInSearch {
  const bySize = [...shapes].sort((a, b) => sizeOf(a) - sizeOf(b));
  return {
    name,
    type: distinct(fields.map(({ type }) => type)).join(' or '),
    detail: detailOf(fields, space),
    shape: { low: bySize[0] ?? [], high: bySize.at(-1) ?? [] },
    weights: rangeOf(weights),
    searched,
  };
}

/**
 * Names of the longest network's layers; the other layers follow the name after which they occur.
 */
function inReadingOrder(networks: readonly Network[]): string[] {
  const byLength = [...networks].sort((a, b) => b.layers.length - a.layers.length);
  const names: string[] = [];
  for (const { layers } of byLength) {
    layers.forEach(({ id }, i) => {
      if (names.includes(id)) return;
      const before = layers[i - 1]?.id;
      names.splice(before === undefined ? 0 : names.indexOf(before) + 1, 0, id);
    });
  }
  return names;
}

function detailOf(fields: readonly LayerFields[], space: SearchSpaceLike): string {
  const [first] = fields;
  if (first === undefined) return '';
  switch (first.type) {
    case 'conv': {
      const convs = fields.filter((each) => each.type === 'conv');
      const strides = distinct(convs.map(({ stride }) => pairText(stride)));
      const stride =
        strides.join() === '1×1'
          ? []
          : [`stride ${strides.map((text) => text.replace(/^(\d+)×\1$/, '$1')).join(' or ')}`];
      return [
        distinct(convs.map(({ kernel }) => pairText(kernel))).join(' or '),
        span(convs.map(({ filters }) => filters)),
        ...stride,
      ].join(', ');
    }
    case 'dense':
      return span(fields.flatMap((each) => (each.type === 'dense' ? each.units : [])));
    case 'max-pool':
    case 'average-pool':
      return distinct(fields.flatMap((each) => ('size' in each ? pairText(each.size) : []))).join(
        ' or ',
      );
    case 'dropout':
      return span(
        fields.flatMap((each) => (each.type === 'dropout' ? valuesOf(each.rate, space) : [])),
      );
    case 'leaky-relu':
    case 'batch-norm':
    case 'layer-norm':
    case 'concat':
    case 'relu':
    case 'gelu':
    case 'silu':
    case 'sigmoid':
    case 'tanh':
    case 'flatten':
    case 'identity':
    case 'global-average-pool':
    case 'add':
    case 'multiply':
      return '';
    default:
      return first satisfies never;
  }
}

/** The literal, or the values at the parameter's extremes. */
function valuesOf(numeric: Numeric, space: SearchSpaceLike): number[] {
  if (typeof numeric === 'number') return [numeric];
  const { $param, times = 1, over = 1 } = numeric;
  const distribution = space[$param];
  if (distribution === undefined) return [];
  return extremesOf(distribution).flatMap((value) =>
    typeof value === 'number' ? scaled(value, { $param, times, over }) : [],
  );
}

function span(values: readonly number[]): string {
  const { low, high } = rangeOf(values);
  return low === high ? String(low) : `${String(low)} to ${String(high)}`;
}

function rangeOf(values: readonly number[]): Range {
  return {
    low: values.reduce((a, b) => Math.min(a, b), Infinity),
    high: values.reduce((a, b) => Math.max(a, b), -Infinity),
  };
}

function pairText([rows, columns]: Pair): string {
  return `${String(rows)}×${String(columns)}`;
}

function distinct(texts: readonly string[]): string[] {
  return [...new Set(texts)];
}
