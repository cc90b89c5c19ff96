/**
 * Random search spaces for property tests: every kind of parameter, with satisfiable conditions on
 * earlier ones.
 */
import fc from 'fast-check';
import { checkSearchSpace } from '../../../src/core/search-space/check.ts';
import { axesOf, valueOfCell } from '../../../src/core/search-space/axis.ts';
import type {
  Distribution,
  ParamValue,
  SearchSpace,
} from '../../../src/core/search-space/distribution.ts';

const decimal = fc.integer({ min: -5000, max: 5000 }).map((n) => n / 100);
const continuous: fc.Arbitrary<Distribution> = fc
  .tuple(decimal, decimal)
  .map(([a, b]) => ({ type: 'float', low: Math.min(a, b), high: Math.max(a, b) }));
const logarithmic: fc.Arbitrary<Distribution> = fc
  .tuple(fc.integer({ min: -9, max: 2 }), fc.integer({ min: 1, max: 6 }))
  .map(([exponent, decades]) => ({
    type: 'float',
    low: Number(`1e${exponent}`),
    high: Number(`1e${exponent + decades}`),
    log: true,
  }));
const stepped: fc.Arbitrary<Distribution> = fc
  .tuple(decimal, fc.constantFrom(0.01, 0.1, 0.25, 0.3, 2), fc.integer({ min: 1, max: 12 }))
  .map(([low, step, steps]) => ({
    type: 'float',
    low,
    high: Number((low + step * steps).toFixed(4)),
    step,
  }));
const int: fc.Arbitrary<Distribution> = fc
  .tuple(
    fc.integer({ min: -20, max: 20 }),
    fc.integer({ min: 0, max: 12 }),
    fc.constantFrom(undefined, 1, 3),
  )
  .map(([low, range, step]) => ({ type: 'int', low, high: low + range + (step ?? 0), step }));
const logInt: fc.Arbitrary<Distribution> = fc
  .tuple(fc.integer({ min: 1, max: 8 }), fc.integer({ min: 0, max: 600 }))
  .map(([low, range]) => ({ type: 'int', low, high: low + range, log: true }));
const categorical: fc.Arbitrary<Distribution> = fc
  .uniqueArray(fc.constantFrom<ParamValue>('relu', 'tanh', true, null, 3, 'sgd', 0.5), {
    minLength: 1,
    maxLength: 4,
  })
  .map((choices) => ({ type: 'categorical', choices }));

export const finiteDistribution = fc.oneof(stepped, int, categorical);
export const anyDistribution = fc.oneof(continuous, logarithmic, stepped, int, logInt, categorical);

/** Up to six parameters; about half of the later ones depend on one or two earlier ones. */
export function spaceOf(
  distribution: fc.Arbitrary<Distribution>,
  maxParams = 6,
): fc.Arbitrary<SearchSpace> {
  const choice = fc.record({
    distribution,
    depends: fc.boolean(),
    on: fc.array(fc.nat(), { minLength: 1, maxLength: 2 }),
    values: fc.nat(),
  });
  return fc.array(choice, { minLength: 1, maxLength: maxParams }).map((choices) => {
    const space: Record<string, Distribution> = {};
    for (const [index, { distribution: own, depends, on, values }] of choices.entries()) {
      const when: Record<string, ParamValue[]> = {};
      for (const pick of depends && index > 0 ? on : []) {
        const parent = `p${pick % index}`;
        const allowed = someValues(space[parent]!, values);
        if (allowed.length > 0) when[parent] = allowed;
      }
      space[`p${index}`] = Object.keys(when).length === 0 ? own : { ...own, when };
    }
    if (checkSearchSpace(space).length > 0)
      throw new Error(`not a legal space: ${JSON.stringify(checkSearchSpace(space))}`);
    return space;
  });
}

function someValues(parent: Distribution, pick: number): ParamValue[] {
  const [axis] = axesOf({ parent: { ...parent, when: undefined } });
  if (axis === undefined || axis.kind === 'continuous') return [];
  const cells = [...new Set([pick % axis.cells, (pick * 7 + 1) % axis.cells])];
  return cells.map((cell) =>
    parent.type === 'categorical' ? parent.choices[cell]! : valueOfCell(axis, cell),
  );
}
