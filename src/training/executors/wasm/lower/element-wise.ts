/** Lowers activations, dropout and joins: one kernel per op, tile by tile. */
import { numberOf, rootOf, type Op } from '../../../plan/plan.ts';
import { activation, activationGradient, type ActivationKind } from '../kernels/activations.ts';
import { channelDots, copy, product, scaleChannels, sum } from '../kernels/arithmetic.ts';
import { dropoutMask } from '../kernels/dropout-mask.ts';
import { zeros } from '../kernels/zeros.ts';
import { step, type Operand, type Place, type KernelStep } from '../steps.ts';
import {
  adds,
  column,
  count,
  imageOf,
  input,
  output,
  type Lower,
  type Lowering,
} from './lowering.ts';

const VECTOR = 16;

function slopeOf(op: Op): { readonly slope?: number } {
  return 'slope' in op.attributes ? { slope: numberOf(op, 'slope') } : {};
}

export function activate(kind: ActivationKind): Lower {
  return (lowering, op) => [
    step(
      'tile',
      activation({ kind, ...slopeOf(op), count: count(lowering.plan, op.outputs) }),
      input(lowering, op),
      output(lowering, op),
    ),
  ];
}

export function activateBackwards(kind: ActivationKind): Lower {
  return (lowering, op) => {
    const kernel = activationGradient({
      kind,
      ...slopeOf(op),
      count: count(lowering.plan, op.outputs),
      add: adds(op),
    });
    return [
      step('tile', kernel, input(lowering, op), input(lowering, op, 1), output(lowering, op)),
    ];
  };
}

/** flatten and identity: no step if input and output share their memory. */
export function sameValues(lowering: Lowering, op: Op): KernelStep[] {
  const { plan } = lowering;
  const [from = -1] = op.inputs;
  const [to = -1] = op.outputs;
  if (rootOf(plan, from).id === rootOf(plan, to).id) return [];
  return [
    step(
      'tile',
      copy({ count: count(plan, op.outputs), add: adds(op) }),
      input(lowering, op),
      output(lowering, op),
    ),
  ];
}

export function add(lowering: Lowering, op: Op): KernelStep[] {
  const kernel = sum({ inputs: op.inputs.length, count: count(lowering.plan, op.outputs) });
  return [
    step('tile', kernel, ...op.inputs.map((_, n) => input(lowering, op, n)), output(lowering, op)),
  ];
}

export function multiply(lowering: Lowering, op: Op): KernelStep[] {
  const { plan } = lowering;
  const total = count(plan, op.outputs);
  const operands = [input(lowering, op), input(lowering, op, 1), output(lowering, op)] as const;
  if (count(plan, op.inputs, 1) === total)
    return [step('tile', product({ count: total, add: false }), ...operands)];
  const channels = count(plan, op.inputs, 1);
  return [
    step('tile', scaleChannels({ channels, plane: total / channels, add: false }), ...operands),
  ];
}

/** Operands: y' and the other factor. */
export function multiplyGradient(lowering: Lowering, op: Op): KernelStep[] {
  const { plan } = lowering;
  const [incoming, factor, result] = [
    count(plan, op.inputs),
    count(plan, op.inputs, 1),
    count(plan, op.outputs),
  ];
  const operands = [input(lowering, op), input(lowering, op, 1), output(lowering, op)] as const;
  if (result < incoming) {
    return [
      step(
        'tile',
        channelDots({ channels: result, plane: incoming / result, add: adds(op) }),
        ...operands,
      ),
    ];
  }
  if (factor < incoming) {
    return [
      step(
        'tile',
        scaleChannels({ channels: factor, plane: incoming / factor, add: adds(op) }),
        ...operands,
      ),
    ];
  }
  return [step('tile', product({ count: incoming, add: adds(op) }), ...operands)];
}

export function concat(lowering: Lowering, op: Op): KernelStep[] {
  const { plan } = lowering;
  const [, rows, columns] = imageOf(plan, op.outputs);
  const total = count(plan, op.outputs);
  const result = output(lowering, op);
  let first = numberOf(op, 'before') * rows * columns;
  const given = op.inputs.reduce((all, _, n) => all + count(plan, op.inputs, n), 0);
  const steps = given < total ? [step('tile', zeros({ bytes: total * VECTOR }), result)] : [];
  op.inputs.forEach((_, n) => {
    const part = count(plan, op.inputs, n);
    const to: Operand = { place: result, offset: first * VECTOR };
    steps.push(step('tile', copy({ count: part, add: false }), input(lowering, op, n), to));
    first += part;
  });
  return steps;
}

export function concatGradient(lowering: Lowering, op: Op): KernelStep[] {
  const from: Operand = { place: input(lowering, op), offset: numberOf(op, 'first') * VECTOR };
  return [
    step(
      'tile',
      copy({ count: count(lowering.plan, op.outputs), add: adds(op) }),
      from,
      output(lowering, op),
    ),
  ];
}

/** Factors of a dropout layer, kept from the forward to the backward pass. */
function mask(op: Op): Place {
  return {
    name: `${op.layer} mask`,
    bytes: Math.ceil(numberOf(op, 'features') / 4) * 4 * VECTOR,
    each: 'tile',
  };
}

export function dropout(lowering: Lowering, op: Op): KernelStep[] {
  const features = numberOf(op, 'features');
  return [
    step(
      'tile',
      dropoutMask({ features, ordinal: numberOf(op, 'ordinal') }),
      mask(op),
      column(op, 0),
      column(op, 1),
    ),
    step(
      'tile',
      product({ count: features, add: false }),
      input(lowering, op),
      mask(op),
      output(lowering, op),
    ),
  ];
}

export function dropoutGradient(lowering: Lowering, op: Op): KernelStep[] {
  const kernel = product({ count: numberOf(op, 'features'), add: adds(op) });
  return [step('tile', kernel, input(lowering, op), mask(op), output(lowering, op))];
}
