/**
 * Test functions with known optima, to be minimised. Points are not rescaled: choose the search
 * space's bounds accordingly. Each takes any dimension unless noted. Sources: Surjanovic & Bingham,
 * "Virtual Library of Simulation Experiments"; Branin: Dixon & Szegő, 1978.
 */
import type { SyntheticObjective } from '../protocol/objective.ts';

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

export const functions: Readonly<Record<SyntheticObjective['function'], (point: Point) => number>> =
  {
    sphere,
    rosenbrock,
    rastrigin,
    ackley,
    branin,
    griewank,
    levy,
    step,
  };
