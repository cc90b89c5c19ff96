/**
 * Finds the fastest form of a plan on a card by trying: form A against form B, the shape of A, and
 * the tiles of B's products. Results are stored beside the calibrations. `search-bench.ts`
 * measures.
 */
import type { Calibrations, Measurement } from '../../calibration/calibrations.ts';
import { planHash } from '../../plan/hash.ts';
import type { Plan } from '../../plan/plan.ts';
import { lowerChip } from './chip/lower.ts';
import type { ChipShape } from './chip/memory.ts';
import { chipShapes, type ChipLimits } from './chip/rule.ts';
import type { Kernel } from './kernel.ts';
import { lower, type Lowered } from './program.ts';
import { cardTiles, softwareTiles, type Tile } from './tiles.ts';

export interface Bench {
  /** Lanes that are trained for a measurement. */
  readonly lanes: number;
  /** Lane-samples per second; 0: the plan cannot run so. */
  train(lowered: Lowered, budgetMs: number): Promise<number>;
  /** Returns whether two forms train to the same weights within rounding. */
  agree(one: Lowered, other: Lowered): Promise<boolean>;
  /** Runs per second of each candidate's kernels; 0: they cannot run. */
  run(candidates: readonly Kernels[]): Promise<readonly number[]>;
}

/** Some of the kernels of a training step. */
export interface Kernels {
  readonly lowered: Lowered;
  readonly kernels: readonly Kernel[];
}

export interface SearchCard {
  readonly name: string;
  readonly driver: string;
  readonly software: boolean;
  readonly limits: ChipLimits & { readonly bindingBytes: number };
}

export interface SearchOptions {
  readonly calibrations: Calibrations;
  /** Milliseconds of a monotonic clock. */
  readonly now: () => number;
  /** Forms that are allowed; default: both. */
  readonly form?: Lowered['form'] | undefined;
}

/** Increase it when a change of the kernels invalidates what was found before. */
const VERSION = 2;
/** Milliseconds after which no other candidate is tried. */
const BUDGET_MS = 2_000;
const CANDIDATE_MS = 100;
/** Share of a step's products below which the tile of one does not matter. */
const WORTH = 0.05;

/** The plan in the fastest form found. */
export async function searched(
  plan: Plan,
  card: SearchCard,
  bench: Bench,
  { calibrations, now, form }: SearchOptions,
): Promise<Lowered> {
  const candidates = new Candidates(plan, card, form);
  const key = {
    plan: planHash(plan),
    device: `${card.name}, ${card.driver}`,
    lanes: bench.lanes,
    labels: [`webgpu search ${String(VERSION)}`, ...(form === undefined ? [] : [form])],
  };
  try {
    return candidates.best(
      await calibrations.get(key, () => measureAll(candidates, bench, now() + BUDGET_MS, now)),
    );
  } catch (error) {
    // By the rule, and not stored, so that the next search tries again.
    if (error instanceof NothingRanError) return candidates.best([]);
    throw error;
  }
}

class NothingRanError extends Error {}

/** Everything that may be chosen, by the label of its measurement. */
class Candidates {
  /** Shapes of form A, the default first; none: it cannot run the plan, or is not allowed. */
  readonly shapes: readonly ChipShape[];
  readonly b: boolean;
  readonly #plan: Plan;
  readonly #card: SearchCard;
  readonly #tiles: (m: number, n: number) => readonly Tile[];
  readonly #tiled = new Map<number, Lowered>();

  constructor(plan: Plan, card: SearchCard, form: Lowered['form'] | undefined) {
    const shapes = form === 'B' ? '' : chipShapes(plan, card.limits, card.software);
    this.shapes = typeof shapes === 'string' ? [] : shapes;
    this.b = form !== 'A' || this.shapes.length === 0;
    this.#plan = plan;
    this.#card = card;
    this.#tiles = card.software ? softwareTiles : cardTiles;
  }

  onChip(shape: ChipShape): Lowered {
    return lowerChip(this.#plan, shape, this.#card.limits.bindingBytes);
  }

  /** Form B with the n-th tile for every product. */
  tiled(n: number): Lowered {
    const known = this.#tiled.get(n);
    if (known !== undefined) return known;
    const lowered = lower(this.#plan, (m, columns) => {
      const tiles = this.#tiles(m, columns);
      return tiles[n] ?? first(tiles);
    });
    this.#tiled.set(n, lowered);
    return lowered;
  }

  tilesOf(m: number, n: number): readonly Tile[] {
    return this.#tiles(m, n);
  }

  /** The fastest of what was measured; where nothing was, form A if the plan fits, by its rule. */
  best(measured: readonly Measurement[]): Lowered {
    const speeds = new Map(measured.map((each) => [each.label, each.samplesPerSecond]));
    const speed = (label: string): number => speeds.get(label) ?? 0;
    const [byRule] = measured.length === 0 ? this.shapes : [];
    const shape = byRule ?? fastest(this.shapes, (each) => speed(shapeLabel(each)));
    const fits = !this.b || measured.length === 0 || speed(AGREEMENT) > 0;
    if (shape !== undefined && fits) return this.onChip(shape);
    return lower(this.#plan, (m, n) => {
      const tiles = this.#tiles(m, n);
      return fastest(tiles, (tile) => speed(tileLabel(m, n, tile))) ?? first(tiles);
    });
  }
}

const FORM_B = 'B';
/** 1 where form A is faster than form B and agrees with it. */
const AGREEMENT = 'A agrees with B';

function shapeLabel({ threads, tile, filters, subgroup, vectors }: ChipShape): string {
  return `A ${[threads, tile, filters, subgroup].join('×')}${vectors ? ' vectors' : ''}`;
}

function tileLabel(m: number, n: number, { bm, bn, bk, tm, tn }: Tile): string {
  return `B ${String(m)}×${String(n)}: ${[bm, bn, bk, tm, tn].join('×')}`;
}

async function measureAll(
  candidates: Candidates,
  bench: Bench,
  until: number,
  now: () => number,
): Promise<Measurement[]> {
  const measured = new Map<string, number>();
  const goesOn = (): boolean => measured.size === 0 || now() < until;
  const train = async (label: string, lowered: () => Lowered): Promise<number> => {
    if (!measured.has(label) && goesOn())
      measured.set(label, await bench.train(lowered(), CANDIDATE_MS));
    return measured.get(label) ?? 0;
  };
  const { shapes, b } = candidates;
  if (shapes.length === 0) await searchTiles(candidates, bench, measured, goesOn);
  else {
    const tiled = b ? await train(FORM_B, () => candidates.tiled(0)) : 0;
    const { best, speed } = await searchShapes(shapes, candidates, train);
    // A driver that lays subgroups out in another way would give wrong sums.
    const agrees = b && speed > tiled && (await bench.agree(best, candidates.tiled(0)));
    if (agrees) measured.set(AGREEMENT, 1);
    else if (b) await searchTiles(candidates, bench, measured, goesOn);
  }
  if (Math.max(0, ...measured.values()) === 0) throw new NothingRanError();
  return Array.from(measured, ([label, samplesPerSecond]) => ({ label, samplesPerSecond }));
}

/** Improves one number of the shape after the other. */
async function searchShapes(
  shapes: readonly ChipShape[],
  candidates: Candidates,
  train: (label: string, lowered: () => Lowered) => Promise<number>,
): Promise<{ readonly best: Lowered; readonly speed: number }> {
  const speedOf = (shape: ChipShape): Promise<number> =>
    train(shapeLabel(shape), () => candidates.onChip(shape));
  let best = first(shapes);
  let speed = await speedOf(best);
  for (const free of ['threads', 'tile', 'filters'] as const) {
    const from = best;
    for (const shape of shapes) {
      if (!isNeighbour(shape, from, free, shapes)) continue;
      const found = await speedOf(shape);
      if (found > speed) [best, speed] = [shape, found];
    }
  }
  return { best: candidates.onChip(best), speed };
}

/**
 * Returns whether a shape differs in one number only; with the threads go the filters that suit
 * them.
 */
function isNeighbour(
  shape: ChipShape,
  from: ChipShape,
  free: 'threads' | 'tile' | 'filters',
  shapes: readonly ChipShape[],
): boolean {
  const { threads, tile, filters } = from;
  if (free === 'tile') return shape.threads === threads && shape.filters === filters;
  if (free === 'filters') return shape.threads === threads && shape.tile === tile;
  const preferred = shapes.find((each) => each.threads === shape.threads && each.tile === tile);
  return shape === preferred;
}

/** Times each large product with each tile; products of equal sides share one. */
async function searchTiles(
  candidates: Candidates,
  bench: Bench,
  measured: Map<string, number>,
  goesOn: () => boolean,
): Promise<void> {
  for (const { m, n } of largeProducts(candidates.tiled(0).train)) {
    if (!goesOn()) return;
    const tiles = candidates.tilesOf(m, n);
    const speeds = await bench.run(
      tiles.map((_, k) => {
        const lowered = candidates.tiled(k);
        const own = lowered.train.filter(({ sides }) => sides?.m === m && sides.n === n);
        return { lowered, kernels: own };
      }),
    );
    for (const [k, tile] of tiles.entries()) measured.set(tileLabel(m, n, tile), speeds[k] ?? 0);
  }
}

/** Sides of the products with a share of the step's work that matters, the largest first. */
export function largeProducts(
  kernels: readonly Kernel[],
): readonly { readonly m: number; readonly n: number }[] {
  const products = new Map<string, { m: number; n: number; work: number }>();
  let all = 0;
  for (const { sides, flops = 0 } of kernels) {
    if (sides === undefined) continue;
    const key = `${String(sides.m)}×${String(sides.n)}`;
    all += flops;
    products.set(key, { ...sides, work: flops + (products.get(key)?.work ?? 0) });
  }
  return [...products.values()]
    .filter(({ work }) => work >= WORTH * all)
    .sort((a, b) => b.work - a.work);
}

/** The first of the largest; undefined: all are 0. */
function fastest<T>(items: readonly T[], speed: (item: T) => number): T | undefined {
  let best: T | undefined;
  let most = 0;
  for (const item of items) {
    if (speed(item) <= most) continue;
    most = speed(item);
    best = item;
  }
  return best;
}

function first<T>(items: readonly T[]): T {
  const [item] = items;
  if (item === undefined) throw new RangeError('there is no candidate');
  return item;
}
