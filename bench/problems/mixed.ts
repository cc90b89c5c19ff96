/**
 * Synthetic problems over continuous, ordinal and categorical parameters: a function on a line for
 * each parameter, on which the values of ordinal and categorical parameters have fixed places; the
 * places of categories are in no order. The optimum is a point of the space and has the value 0.
 */
import { at } from '../../src/core/at.ts';
import type { Distribution, EncodedParams } from '../../src/core/search-space/distribution.ts';
import { constants } from './constants.ts';
import type { MixedAxis, MixedConstants } from './constants.ts';
import { apply } from './bbob-instances.ts';
import type { SearchProblem } from './problem.ts';

export function mixedProblems(): readonly SearchProblem[] {
  return constants.mixed.map((problem) => ({
    name: problem.name,
    family: 'mixed',
    space: Object.fromEntries(
      problem.axes.map((axis, index) => [`x${index}`, distributionOf(axis)]),
    ),
    direction: 'minimize',
    optimum: 0,
    median: problem.median,
    truth: (params) => valueOf(problem, params),
  }));
}

function distributionOf({ kind, places = [] }: MixedAxis): Distribution {
  if (kind === 'continuous') return { type: 'float', low: -5, high: 5 };
  if (kind === 'ordinal') return { type: 'int', low: 0, high: places.length - 1 };
  return { type: 'categorical', choices: places.map((_, choice) => choice) };
}

function valueOf(
  { axes, rotation, function: name }: MixedConstants,
  params: EncodedParams,
): number {
  const offsets = axes.map(
    ({ places, optimum }, i) =>
      (places === undefined ? at(params, i) : at(places, at(params, i))) - optimum,
  );
  const z = rotation === null ? offsets : apply(rotation, offsets);
  const sum = (term: (value: number, weight: number) => number): number =>
    z.reduce((total, value, i) => total + term(value, at(axes, i).weight), 0);
  switch (name) {
    case 'ell':
      return sum((value, weight) => weight * value * value);
    case 'abs':
      return sum((value, weight) => Math.sqrt(weight) * Math.abs(value));
    case 'rast':
      return (
        sum((value, weight) => Math.sqrt(weight) * value * value) +
        4 * sum((value) => 1 - Math.cos(Math.PI * value))
      );
    case 'inter':
      return (
        sum((value, weight) => Math.sqrt(weight) * value * value) +
        3 * z.slice(1).reduce((total, next, i) => total + Math.abs(at(z, i) * next), 0)
      );
  }
}
