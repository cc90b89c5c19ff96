/**
 * Test functions with known optima, to be minimised. Points are not rescaled: choose the search
 * space's bounds accordingly. Each takes any dimension unless noted. Sources: Surjanovic & Bingham,
 * "Virtual Library of Simulation Experiments"; Branin: Dixon & Szegő, 1978.
 */
import type { severalFunctions, syntheticFunctions } from '../protocol/objective.ts';

type Point = readonly number[];

/** Σᵢ f(xᵢ, i). */
function sum(point: Point, term: (x: number, i: number) => number): number {
  return point.reduce((total, x, i) => total + term(x, i), 0);
}

/** 0 at the origin. */
const sphere = (point: Point): number => sum(point, (x) => x * x);

/** 0 at (1, …, 1). */
function rosenbrock(point: Point): number {
  return sum(
    point,
    (x, i) =>
      (i === 0 ? 0 : 100 * (x - (point[i - 1] ?? 0) ** 2) ** 2) +
      (i < point.length - 1 || i === 0 ? (1 - x) ** 2 : 0),
  );
}

/** 0 at the origin; usual bounds ±5.12. */
const rastrigin = (point: Point): number =>
  sum(point, (x) => 10 + x * x - 10 * Math.cos(2 * Math.PI * x));

/** 0 at the origin; usual bounds ±32.768. */
function ackley(point: Point): number {
  const n = Math.max(1, point.length);
  const value =
    -20 * Math.exp(-0.2 * Math.sqrt(sphere(point) / n)) -
    Math.exp(sum(point, (x) => Math.cos(2 * Math.PI * x)) / n) +
    20 +
    Math.E;
  return Math.max(0, value);
}

/**
 * 0.397887 at (−π, 12.275), (π, 2.275) and (9.42478, 2.475); the first two coordinates, −5 … 10 and
 * 0 … 15.
 */
function branin([x = 0, y = 0]: Point): number {
  const curve = y - (5.1 / (4 * Math.PI ** 2)) * x * x + (5 / Math.PI) * x - 6;
  return curve * curve + 10 * (1 - 1 / (8 * Math.PI)) * Math.cos(x) + 10;
}

/** 0 at the origin; usual bounds ±600. */
function griewank(point: Point): number {
  return (
    1 +
    sphere(point) / 4000 -
    point.reduce((product, x, i) => product * Math.cos(x / Math.sqrt(i + 1)), 1)
  );
}

/** 0 at (1, …, 1); usual bounds ±10. */
function levy(point: Point): number {
  const w = point.map((x) => 1 + (x - 1) / 4);
  const last = w.length - 1;
  return sum(w, (x, i) => {
    const first = i === 0 ? Math.sin(Math.PI * x) ** 2 : 0;
    const tail =
      (x - 1) ** 2 *
      (i === last ? 1 + Math.sin(2 * Math.PI * x) ** 2 : 1 + 10 * Math.sin(Math.PI * x + 1) ** 2);
    return first + tail;
  });
}

/** 0 where every coordinate is in [−½, ½): plateaus. */
const step = (point: Point): number => sum(point, (x) => Math.floor(x + 0.5) ** 2);

export const functions: Readonly<
  Record<(typeof syntheticFunctions)[number], (point: Point) => number>
> = {
  sphere,
  rosenbrock,
  rastrigin,
  ackley,
  branin,
  griewank,
  levy,
  step,
};

/** A function of several values, which are minimised. */
interface Several {
  /** Names of its metrics; the first is the result's value too. */
  readonly metrics: readonly string[];
  readonly evaluate: (point: Point) => readonly number[];
}

/** Zitzler, Deb & Thiele 2000, on [0, 1]: the front is f2 = 1 − √f1, where all but x₁ are 0. */
function zdt1([x = 0, ...rest]: Point): readonly number[] {
  const g = 1 + (9 * sum(rest, (each) => each)) / Math.max(1, rest.length);
  return [x, g * (1 - Math.sqrt(x / g))];
}

/** Deb et al. 2002 with three values, on [0, 1]: the front is an eighth of the unit sphere. */
function dtlz2([x = 0, y = 0, ...rest]: Point): readonly number[] {
  const g = 1 + sum(rest, (each) => (each - 0.5) ** 2);
  const [a, b] = [(x * Math.PI) / 2, (y * Math.PI) / 2];
  return [g * Math.cos(a) * Math.cos(b), g * Math.cos(a) * Math.sin(b), g * Math.sin(a)];
}

/** Binh & Korn 1997, on [0, 5] × [0, 3]: c1 is at most 25, c2 at least 7.7. */
function binhKorn([x = 0, y = 0]: Point): readonly number[] {
  return [
    4 * x * x + 4 * y * y,
    (x - 5) ** 2 + (y - 5) ** 2,
    (x - 5) ** 2 + y * y,
    (x - 8) ** 2 + (y + 3) ** 2,
  ];
}

export const several: Readonly<Record<(typeof severalFunctions)[number], Several>> = {
  zdt1: { metrics: ['f1', 'f2'], evaluate: zdt1 },
  dtlz2: { metrics: ['f1', 'f2', 'f3'], evaluate: dtlz2 },
  'binh-korn': { metrics: ['f1', 'f2', 'c1', 'c2'], evaluate: binhKorn },
};
