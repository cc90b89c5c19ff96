/**
 * Ancestors of a trial in layers, for drawing, and its children. Relies on one invariant: a
 * parent's number is smaller than its child's, because the parent ended before the child was
 * proposed.
 */
import { Heap } from '../scheduling/heap.ts';

/** Trials and their parents; `TrialColumns` implements it. */
export interface Family {
  /** Number of trials proposed so far; trials are numbered from 0. */
  readonly size: number;
  /** Numbers of a trial's parents; empty for a founder. */
  parents(number: number): readonly number[];
}

export interface Link {
  readonly parent: number;
  readonly child: number;
}

export interface Genealogy {
  /**
   * Trials by layer. Layer 0 is the trial itself; every other trial is in the layer given by its
   * longest path to it, so every link leads to a lower layer. The order within a layer keeps
   * crossings few.
   */
  readonly layers: readonly (readonly number[])[];
  /** Links by descending number of the child. */
  readonly links: readonly Link[];
  /** Number of trials, including the trial itself. */
  readonly size: number;
  /**
   * True if all ancestors back to the founders are included; otherwise the oldest ones and their
   * links were omitted.
   */
  readonly complete: boolean;
}

/** Default limit on the number of ancestors. */
const MOST = 500;

/**
 * Returns the trial's ancestors, at most the `most` youngest. O(most · log most).
 * @param number an existing trial
 */
export function genealogyOf(family: Family, number: number, most = MOST): Genealogy {
  const depths = new Map<number, number>([[number, 0]]);
  const links: Link[] = [];
  // Numbers descend, so all children of a trial are visited before it and its depth is final when
  // it is visited.
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

/** Returns the children of a trial in ascending order. O(size). */
export function childrenOf(family: Family, number: number): readonly number[] {
  const children: number[] = [];
  for (let child = number + 1; child < family.size; child++)
    if (family.parents(child).includes(number)) children.push(child);
  return children;
}

/**
 * Orders each layer by the mean position of its trials' children, which are all in lower layers
 * (Sugiyama's barycentre method).
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
  /** Position of each trial within its layer, 0 … 1. */
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
