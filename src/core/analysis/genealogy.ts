/**
 * Whom a trial descends from, in layers for drawing, and whom it brought forth. A parent's number
 * is always smaller than its child's, for it had ended when the child was born; everything here
 * rests on that.
 */
import { Heap } from '../scheduling/heap.ts';

/** `TrialColumns` is one. */
export interface Family {
  /** Numbers below this have been born. */
  readonly size: number;
  /** Empty for a founder. */
  parents(number: number): readonly number[];
}

export interface Link {
  readonly parent: number;
  readonly child: number;
}

export interface Genealogy {
  /**
   * Layer 0 is the trial itself; a trial is in the layer of its longest way down to it, so that
   * every link leads to a nearer layer. Within a layer in an order with few crossings.
   */
  readonly layers: readonly (readonly number[])[];
  /** Children in falling number order. */
  readonly links: readonly Link[];
  /** How many trials there are, the trial included. */
  readonly size: number;
  /**
   * Whether it reaches back to founders everywhere; else the oldest are left out, with the links to
   * them.
   */
  readonly complete: boolean;
}

/** Enough for anything that is drawn. */
const MOST = 500;

/**
 * The trial's ancestors, the youngest `most` of them. O(most · log most).
 * @param number a trial that was born
 */
export function genealogyOf(family: Family, number: number, most = MOST): Genealogy {
  const depths = new Map<number, number>([[number, 0]]);
  const links: Link[] = [];
  // Falling numbers: all children of a trial are seen before it, so its depth is settled when its
  // turn comes.
  const left = new Heap<number>((a, b) => a > b);
  left.push(number);
  let seen = 0;
  for (let child = left.pop(); child !== undefined && seen <= most; child = left.pop()) {
    seen += 1;
    const depth = depths.get(child) ?? 0;
    for (const parent of new Set(family.parents(child))) {
      if (parent >= child) continue;
      links.push({ parent, child });
      const known = depths.get(parent);
      if (known === undefined) left.push(parent);
      depths.set(parent, Math.max(known ?? 0, depth + 1));
    }
  }
  const kept = [...depths.keys()].sort((a, b) => b - a).slice(0, most + 1);
  const oldest = kept.at(-1) ?? number;
  const keptLinks = links.filter(({ parent }) => parent >= oldest);
  return {
    layers: layersOf(kept, depths, keptLinks),
    links: keptLinks,
    size: kept.length,
    complete: keptLinks.length === links.length,
  };
}

/** The trials of which it is a parent, in number order. O(size). */
export function childrenOf(family: Family, number: number): readonly number[] {
  const children: number[] = [];
  for (let child = number + 1; child < family.size; child++)
    if (family.parents(child).includes(number)) children.push(child);
  return children;
}

/**
 * Each layer in order of the mean place of its trials' children, which are all in nearer layers
 * (Sugiyama's barycentres).
 */
function layersOf(
  numbers: readonly number[],
  depths: ReadonlyMap<number, number>,
  links: readonly Link[],
): number[][] {
  const layers: number[][] = [];
  for (const number of numbers) (layers[depths.get(number) ?? 0] ??= []).push(number);
  const children = new Map<number, number[]>();
  for (const { parent, child } of links) {
    const known = children.get(parent);
    if (known === undefined) children.set(parent, [child]);
    else known.push(child);
  }
  /** 0 … 1, from one side of its layer to the other. */
  const places = new Map<number, number>();
  const wish = (number: number): number => {
    const wishes = (children.get(number) ?? []).map((child) => places.get(child) ?? 0.5);
    return wishes.reduce((sum, place) => sum + place, 0) / Math.max(1, wishes.length);
  };
  for (const layer of layers) {
    const wishes = new Map(layer.map((number) => [number, wish(number)]));
    layer.sort((a, b) => (wishes.get(a) ?? 0) - (wishes.get(b) ?? 0) || a - b);
    for (const [i, number] of layer.entries()) places.set(number, (i + 0.5) / layer.length);
  }
  return layers;
}
