/**
 * The BBOB functions of the development problems: 1, 2, 3, 6, 8, 10, 12, 15, 17, 20, 21 and 22
 * (Hansen, Finck, Ros, Auger: Real-Parameter Black-Box Optimization Benchmarking 2009, noiseless
 * functions), each a function of a point within [−5, 5]^D that is minimised.
 */
import { at } from '../../src/core/at.ts';
import {
  apply,
  dot,
  instanceSeed,
  optimumPoint,
  rotation,
  uniforms,
  valueOffset,
} from './bbob-instances.ts';
import type { Matrix } from './bbob-instances.ts';

type Point = readonly number[];

export interface BbobFunction {
  /** The smallest value. */
  readonly optimum: number;
  readonly value: (point: Point) => number;
}

interface Instance {
  readonly seed: number;
  readonly dimensions: number;
  readonly optimumPoint: Point;
  /** The rotation that the definitions call R, and the one that they call Q. */
  readonly first: () => Matrix;
  readonly second: () => Matrix;
}

type Definition = (instance: Instance) => (point: Point) => number;

const definitions: Readonly<Record<number, Definition>> = {
  1: sphere,
  2: ellipsoid,
  3: rastrigin,
  6: attractiveSector,
  8: rosenbrock,
  10: rotatedEllipsoid,
  12: bentCigar,
  15: rotatedRastrigin,
  17: schaffers,
  20: schwefel,
  21: (instance) => gallagher(instance, { peaks: 101, spread: 10, first: Math.sqrt(1000) }),
  22: (instance) => gallagher(instance, { peaks: 21, spread: 9.8, first: 1000 }),
};

/** @throws RangeError for a function that is not among the development problems */
export function bbobFunction(
  functionNumber: number,
  instance: number,
  dimensions: number,
): BbobFunction {
  const definition = definitions[functionNumber];
  if (definition === undefined) throw new RangeError(`no BBOB function ${functionNumber} here`);
  const seed = instanceSeed(functionNumber, instance);
  const shifted = functionNumber === 12 ? seed + 1_000_000 : seed;
  const optimum = valueOffset(seed);
  const raw = definition({
    seed,
    dimensions,
    optimumPoint: optimumPoint(dimensions, shifted),
    first: () => rotation(dimensions, seed + 1_000_000),
    second: () => rotation(dimensions, seed),
  });
  return { optimum, value: (point) => raw(point) + optimum };
}

function sphere({ optimumPoint }: Instance): (point: Point) => number {
  return (point) => sumOfSquares(difference(point, optimumPoint));
}

function ellipsoid({ optimumPoint }: Instance): (point: Point) => number {
  return (point) => conditioned(difference(point, optimumPoint).map(oscillate));
}

function rastrigin({ optimumPoint }: Instance): (point: Point) => number {
  return (point) =>
    rastriginOf(scaled(asymmetric(difference(point, optimumPoint).map(oscillate), 0.2), 10));
}

function attractiveSector({ optimumPoint, first, second }: Instance): (point: Point) => number {
  const [r, q] = [first(), second()];
  return (point) => {
    const z = apply(r, scaled(apply(q, difference(point, optimumPoint)), 10));
    const sum = z.reduce(
      (total, value, i) => total + (value * at(optimumPoint, i) > 0 ? 1e4 : 1) * value * value,
      0,
    );
    return oscillate(sum) ** 0.9;
  };
}

function rosenbrock({ optimumPoint, dimensions }: Instance): (point: Point) => number {
  const centre = optimumPoint.map((value) => 0.75 * value);
  const factor = Math.max(1, Math.sqrt(dimensions) / 8);
  return (point) => {
    const z = difference(point, centre).map((value) => factor * value + 1);
    return z
      .slice(1)
      .reduce((sum, next, i) => sum + 100 * (at(z, i) ** 2 - next) ** 2 + (at(z, i) - 1) ** 2, 0);
  };
}

function rotatedEllipsoid({ optimumPoint, first }: Instance): (point: Point) => number {
  const r = first();
  return (point) => conditioned(apply(r, difference(point, optimumPoint)).map(oscillate));
}

function bentCigar({ optimumPoint, first }: Instance): (point: Point) => number {
  const r = first();
  return (point) => {
    const z = apply(r, asymmetric(apply(r, difference(point, optimumPoint)), 0.5));
    return at(z, 0) ** 2 + 1e6 * sumOfSquares(z.slice(1));
  };
}

function rotatedRastrigin({ optimumPoint, first, second }: Instance): (point: Point) => number {
  const [r, q] = [first(), second()];
  return (point) => {
    const bent = asymmetric(apply(r, difference(point, optimumPoint)).map(oscillate), 0.2);
    return rastriginOf(apply(r, scaled(apply(q, bent), 10)));
  };
}

function schaffers({ optimumPoint, first, second }: Instance): (point: Point) => number {
  const [r, q] = [first(), second()];
  return (point) => {
    const z = scaled(apply(q, asymmetric(apply(r, difference(point, optimumPoint)), 0.5)), 10);
    const sum = z.slice(1).reduce((total, next, i) => {
      const s = at(z, i) ** 2 + next ** 2;
      return total + s ** 0.25 * (1 + Math.sin(50 * s ** 0.1) ** 2);
    }, 0);
    return (sum / (z.length - 1)) ** 2 + 10 * penalty(point);
  };
}

function schwefel({ seed, dimensions }: Instance): (point: Point) => number {
  const signs = uniforms(dimensions, seed).map((uniform) => (uniform < 0.5 ? -1 : 1));
  const place = 4.2096874633;
  return (point) => {
    const turned = point.map((value, i) => 2 * at(signs, i) * value);
    const chained = turned.map((value, i) =>
      i === 0 ? value : value + 0.25 * (at(turned, i - 1) - place),
    );
    const z = scaled(
      chained.map((value) => value - place),
      10,
    ).map((value) => 100 * (value + place));
    const sum = z.reduce((total, value) => total + value * Math.sin(Math.sqrt(Math.abs(value))), 0);
    return (
      4.189828872724339 - sum / (100 * dimensions) + 100 * penalty(z.map((value) => value / 100))
    );
  };
}

/** Many peaks at random places, each with its own condition number and rotation in common. */
function gallagher(
  { seed, dimensions, second }: Instance,
  {
    peaks,
    spread,
    first,
  }: { readonly peaks: number; readonly spread: number; readonly first: number },
): (point: Point) => number {
  const r = second();
  const order = ranks(uniforms(peaks - 1, seed));
  const places = uniforms(dimensions * peaks, seed);
  const all = Array.from({ length: peaks }, (_, peak) => {
    const condition = peak === 0 ? first : 1000 ** (at(order, peak - 1) / (peaks - 2));
    const height = peak === 0 ? 10 : 1.1 + ((peak - 1) / (peaks - 2)) * (9.1 - 1.1);
    const axes = ranks(uniforms(dimensions, seed + 1000 * peak));
    const place = places
      .slice(peak * dimensions, (peak + 1) * dimensions)
      .map((uniform) => (spread * uniform - spread / 2) * (peak === 0 ? 0.8 : 1));
    return {
      height,
      scales: axes.map((rank) => condition ** (rank / (dimensions - 1) - 0.5)),
      centre: apply(r, place),
    };
  });
  return (point) => {
    const turned = apply(r, point);
    const highest = all.reduce((best, { height, scales, centre }) => {
      const distance = turned.reduce(
        (sum, value, i) => sum + at(scales, i) * (value - at(centre, i)) ** 2,
        0,
      );
      return Math.max(best, height * Math.exp((-0.5 / dimensions) * distance));
    }, 0);
    return oscillate(10 - highest) ** 2 + penalty(point);
  };
}

function difference(a: Point, b: Point): number[] {
  return a.map((value, i) => value - at(b, i));
}

function sumOfSquares(point: Point): number {
  return dot(point, point);
}

/** Σ 10^(6 i/(D−1)) z². */
function conditioned(z: Point): number {
  return z.reduce((sum, value, i) => sum + 10 ** ((6 * i) / (z.length - 1)) * value * value, 0);
}

function rastriginOf(z: Point): number {
  const waves = z.reduce((sum, value) => sum + Math.cos(2 * Math.PI * value), 0);
  return 10 * (z.length - waves) + sumOfSquares(z);
}

/** The transformation Λ: stretches axis i by √alpha^(i/(D−1)). */
function scaled(z: Point, alpha: number): number[] {
  return z.map((value, i) => value * Math.sqrt(alpha) ** (i / (z.length - 1)));
}

/** The transformation T_osz. */
function oscillate(value: number): number {
  if (value === 0) return 0;
  const log = Math.log(Math.abs(value)) / 0.1;
  return value > 0
    ? Math.exp(log + 0.49 * (Math.sin(log) + Math.sin(0.79 * log))) ** 0.1
    : -(Math.exp(log + 0.49 * (Math.sin(0.55 * log) + Math.sin(0.31 * log))) ** 0.1);
}

/** The transformation T_asy. */
function asymmetric(z: Point, beta: number): number[] {
  return z.map((value, i) =>
    value > 0 ? value ** (1 + ((beta * i) / (z.length - 1)) * Math.sqrt(value)) : value,
  );
}

/** Sum of the squared distances beyond the bounds ±5. */
function penalty(point: Point): number {
  return point.reduce((sum, value) => sum + Math.max(0, Math.abs(value) - 5) ** 2, 0);
}

/** Indices of the values in ascending order. */
function ranks(values: Point): number[] {
  return values
    .map((value, index) => ({ value, index }))
    .sort((a, b) => a.value - b.value)
    .map(({ index }) => index);
}
