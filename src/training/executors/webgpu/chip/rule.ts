/** The rule of form A: which plans fit in the workgroup memory of a card, and in which shapes. */
import type { OpKind, Plan } from '../../../plan/plan.ts';
import type { CardLimits } from '../device.ts';
import { ChipPlaces, type ChipShape } from './memory.ts';

/** Norms need the whole batch, or sums over samples that no tile has. */
const MISSING: ReadonlySet<OpKind> = new Set([
  'batch-norm',
  'batch-norm-evaluation',
  'batch-norm-gradient',
  'layer-norm',
  'layer-norm-gradient',
]);
/** Choices for the search; the first of each that fits is the default. */
const THREADS = [256, 512, 128, 1024];
const TILES = [16, 12, 8, 4];
const FILTERS = [4, 2];
/** Registers suffice for few filters only where a workgroup has many threads. */
const MANY_THREADS = 512;
/** On adapters that compute on the CPU, threads take turns. */
const SOFTWARE_THREADS = 32;

export type ChipLimits = Pick<CardLimits, 'workgroupBytes' | 'threads' | 'subgroup'>;

/** Reason why form A cannot run a plan, or the shapes in which it can; the default first. */
export function chipShapes(
  plan: Plan,
  { workgroupBytes, threads: mostThreads, subgroup: [smallest, largest] }: ChipLimits,
  software: boolean,
): readonly ChipShape[] | string {
  const missing = [...plan.train, ...plan.evaluate].find(({ kind }) => MISSING.has(kind));
  if (missing !== undefined) return `${missing.layer}: ${missing.kind} needs more than a tile`;
  // A sum over a subgroup needs its size when the kernel is written.
  const subgroup = smallest === largest ? smallest : 0;
  const counts = software ? [SOFTWARE_THREADS] : THREADS;
  const shapes = counts
    .filter((threads) => threads <= mostThreads && threads % Math.max(1, subgroup) === 0)
    .flatMap((threads) => {
      const filters = threads >= MANY_THREADS ? [...FILTERS].reverse() : FILTERS;
      return filters.flatMap((each) =>
        TILES.flatMap((tile) => {
          const shape = { threads, tile: Math.min(tile, plan.batch), filters: each, subgroup };
          return [
            { ...shape, vectors: true },
            { ...shape, vectors: false },
          ];
        }),
      );
    });
  const distinct = shapes.filter(
    (shape, k) => shapes.findIndex((other) => keyOf(other) === keyOf(shape)) === k,
  );
  const bytes = (shape: ChipShape): number => new ChipPlaces(plan, shape, true).bytes;
  const least = bytes(smallestOf(distinct));
  const kib = (value: number): string => String(Math.ceil(value / 1024));
  if (least > workgroupBytes)
    return `a lane needs ${kib(least)} KiB of workgroup memory; the card has ${kib(workgroupBytes)}`;
  const fitting = distinct.filter((shape) => bytes(shape) <= workgroupBytes);
  // Vectors save loads; they never cost samples of a tile.
  return fitting.filter(
    (shape) =>
      shape.vectors ||
      !fitting.some((other) => keyOf(other) === keyOf({ ...shape, vectors: true })),
  );
}

/** Of the choices, the least threads and samples, and the most filters a word of codes. */
function smallestOf(shapes: readonly ChipShape[]): ChipShape {
  const least = (of: (shape: ChipShape) => number): number => Math.min(...shapes.map(of));
  const filters = Math.max(...shapes.map((shape) => shape.filters));
  return {
    threads: least(({ threads }) => threads),
    tile: least(({ tile }) => tile),
    subgroup: least(({ subgroup }) => subgroup),
    filters,
    vectors: false,
  };
}

function keyOf({ threads, tile, filters, subgroup, vectors }: ChipShape): string {
  return [threads, tile, filters, subgroup, vectors].map(String).join(' × ');
}
