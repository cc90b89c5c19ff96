/** Ops of form A that have kernels of their own: dense layers, losses, clipping by the norm. */
import type { Op, Plan } from '../../../plan/plan.ts';
import { u } from '../kernel.ts';
import { column, sizeOf, type Lowering } from '../lower/lowering.ts';
import { sampleLoss } from '../lower/loss.ts';
import { eachOf } from './conv.ts';
import type { ChipPlaces } from './memory.ts';

export function dense(op: Op, plan: Plan, places: ChipPlaces): string {
  const [input, weight, bias] = op.inputs;
  const [output] = op.outputs;
  const [features, units] = [sizeOf(plan, input), sizeOf(plan, output)];
  const w = places.at(weight, `i * ${u(features)} + k`);
  return eachOf(
    places,
    units,
    `var sum = ${bias === undefined ? '0.0' : places.at(bias, 'i')};
    // Each unit starts at another feature: threads that start alike would wait for one bank.
    for (var n = 0u; n < ${u(features)}; n++) {
      let k = (n + i) % ${u(features)};
      sum = fma(${w}, ${places.at(input, `s * ${u(features)} + k`)}, sum);
    }
    ${places.at(output, `s * ${u(units)} + i`)} = sum;`,
  );
}

export function denseInputGradient(op: Op, plan: Plan, places: ChipPlaces): string {
  const [gradient, weight] = op.inputs;
  const [input] = op.outputs;
  const [features, units] = [sizeOf(plan, input), sizeOf(plan, gradient)];
  const w = places.at(weight, `k * ${u(features)} + i`);
  return eachOf(
    places,
    features,
    `var sum = 0.0;
    for (var k = 0u; k < ${u(units)}; k++) {
      sum = fma(${w}, ${places.at(gradient, `s * ${u(units)} + k`)}, sum);
    }
    ${places.at(input, `s * ${u(features)} + i`)} ${op.accumulate[0] === true ? '+=' : '='} sum;`,
  );
}

export function denseWeightGradient(op: Op, plan: Plan, places: ChipPlaces): string {
  const [input, gradient] = op.inputs;
  const [weight, bias] = op.outputs;
  const [features, units] = [sizeOf(plan, input), sizeOf(plan, gradient)];
  const g = places.at(gradient, `s * ${u(units)} + unit`);
  const overSamples = (term: string): string =>
    `var sum = 0.0; for (var s = 0u; s < live; s++) { ${term} }`;
  const loop = (items: number, body: string): string =>
    `for (var i = t; i < ${u(items)}; i += ${u(places.shape.threads)}) { ${body} }`;
  const toWeight = `let unit = i / ${u(features)}; let k = i % ${u(features)};
    ${overSamples(`sum = fma(${g}, ${places.at(input, `s * ${u(features)} + k`)}, sum);`)}
    ${places.at(weight, 'i')} += sum;`;
  const toBias = (id: number): string =>
    `let unit = i; ${overSamples(`sum += ${g};`)} ${places.at(id, 'i')} += sum;`;
  return `${loop(units * features, toWeight)}
  ${bias === undefined ? '' : loop(units, toBias(bias))}
  workgroupBarrier();`;
}

/** Adds to the thread's `sum` and `hits`. */
export function loss(op: Op, to: Lowering, places: ChipPlaces): string {
  return `for (var b = t; b < live; b += ${u(places.shape.threads)}) { ${sampleLoss(op, to)} }
  workgroupBarrier();`;
}

/** Scales the lane's gradients, if their norm is above the limit. */
export function clipByNorm(op: Op, to: Lowering, places: ChipPlaces, block: number): string {
  const { threads } = places.shape;
  const part = (i: string): string => `m[${u(places.region)} + ${i}]`;
  const own = places.gradient('i');
  const loop = `for (var i = t; i < ${u(block)}; i += ${u(threads)})`;
  return `{ var squares = 0.0;
  ${loop} { squares = fma(${own}, ${own}, squares); }
  ${part('t')} = squares;
  workgroupBarrier();
  for (var half = ${u(threads / 2)}; half > 0u; half >>= 1u) {
    if (t < half) { ${part('t')} += ${part('t + half')}; }
    workgroupBarrier();
  }
  let factor = min(1.0, ${column(to, op, 0)} / (sqrt(${part('0u')}) + 1e-6));
  ${loop} { ${own} *= factor; } }
  workgroupBarrier();`;
}
