/**
 * Ops whose output element depends on one element of each operand: how they compute it, whichever
 * kernel they end up in.
 */
import { PURPOSE } from '../../../../core/random.ts';
import { bufferAt, elements, numberOf, type Op, type OpKind } from '../../../plan/plan.ts';
import { parameter, u } from '../kernel.ts';
import { column, columnBits, f, read, sizeOf, type Lowering } from './lowering.ts';

/** Texts that an op computes from. */
interface Element {
  /** Element `i` of the op's first operand, of its second … */
  readonly x: (n: number) => string;
  /** Index of the element, and of its channel. */
  readonly i: string;
  readonly k: string;
}

interface Rule {
  readonly text: (op: Op, to: Lowering, element: Element) => string;
  /** Inputs that are read at the element's own index. */
  readonly operands: readonly number[];
  /** True if recomputing it for each reader costs less than storing and reading it. */
  readonly cheap: boolean;
}

function activation(text: string, cheap: boolean, operands: readonly number[] = [0]): Rule {
  return {
    operands,
    cheap,
    text: (op, _, { x }) => {
      const slope = op.attributes['slope'];
      return text
        .replaceAll('SLOPE', f(typeof slope === 'number' ? slope : 0))
        .replaceAll(/\bX\b/g, x(0))
        .replaceAll(/\bS\b/g, operands.length > 1 ? x(1) : '');
    },
  };
}

const gradient = (text: string, cheap: boolean): Rule => activation(text, cheap, [0, 1]);

/** The word of the element is one of four of a call of the generator; `place` is known. */
const dropout: Rule = {
  operands: [0],
  cheap: false,
  text: (op, to, { x, i }) => {
    const features = numberOf(op, 'features');
    const blocks = Math.ceil(features / 4);
    const stream = parameter(PURPOSE.dropout * 2 ** 24 + numberOf(op, 'ordinal'));
    const [sample, feature] = [`(${i}) / ${u(features)}`, `(${i}) % ${u(features)}`];
    const counter = `(${to.firstSample} + ${sample}) * ${u(blocks)} + ${feature} / 4u`;
    const words = `philox(${counter}, at.step, lanes[place + 1u], ${stream})`;
    const drop = `${words}[(${feature}) & 3u] < ${columnBits(to, op, 0)}`;
    return `select(${x(0)} * ${column(to, op, 1)}, 0.0, ${drop})`;
  },
};

const RULES: Readonly<Partial<Record<OpKind, Rule>>> = {
  relu: activation('select(0.0, X, X > 0.0)', true),
  'relu-gradient': gradient('select(0.0, X, S > 0.0)', true),
  'leaky-relu': activation('select(SLOPE * X, X, X > 0.0)', true),
  'leaky-relu-gradient': gradient('select(SLOPE * X, X, S > 0.0)', true),
  gelu: activation('X * normalOf(X)', false),
  'gelu-gradient': gradient('X * fma(S, 0.39894228 * expOf(-0.5 * S * S), normalOf(S))', false),
  silu: activation('X * sigmoidOf(X)', false),
  'silu-gradient': gradient('X * sigmoidOf(S) * (1.0 + S * (1.0 - sigmoidOf(S)))', false),
  sigmoid: activation('sigmoidOf(X)', false),
  'sigmoid-gradient': gradient('X * S * (1.0 - S)', true),
  tanh: activation('tanhOf(X)', false),
  'tanh-gradient': gradient('X * (1.0 - S * S)', true),
  'add-gradient': activation('X', true),
  dropout,
  'dropout-gradient': dropout,
  'batch-norm': {
    operands: [0],
    cheap: true,
    text: (op, { places }, { x, k }) => {
      const scale = `${places.at(op.inputs[1], k)} * ${places.at(op.outputs[2], k)}`;
      return `fma(${scale}, ${x(0)} - ${places.at(op.outputs[1], k)}, ${places.at(op.inputs[2], k)})`;
    },
  },
  'batch-norm-evaluation': {
    operands: [0],
    cheap: true,
    text: (op, { places }, { x, k }) => {
      const root = `sqrt(${places.at(op.inputs[4], k)} + ${f(numberOf(op, 'epsilon'))})`;
      const scale = `${places.at(op.inputs[1], k)} / ${root}`;
      return `fma(${scale}, ${x(0)} - ${places.at(op.inputs[3], k)}, ${places.at(op.inputs[2], k)})`;
    },
  },
  'batch-norm-gradient': {
    operands: [0, 1],
    cheap: true,
    text: (op, { plan, places }, { x, i, k }) => {
      const [channels = 1, ...rest] = bufferAt(plan, op.inputs, 1).shape;
      const plane = elements(rest);
      const of = (id: number | undefined): string => places.at(id, k);
      const [weight, bias] = op.outputs;
      const inverse = of(op.inputs[4]);
      const normed = `(${x(1)} - ${of(op.inputs[3])}) * ${inverse}`;
      const mean = `(${of(bias)} + ${normed} * ${of(weight)}) / f32(at.n * ${u(plane)})`;
      const value = `${of(op.inputs[2])} * ${inverse} * (${x(0)} - ${mean})`;
      return `select(0.0, ${value}, ${i} < at.n * ${u(channels * plane)})`;
    },
  },
  add: {
    operands: [],
    cheap: true,
    text: (op, _, { x }) => op.inputs.map((_id, n) => x(n)).join(' + '),
  },
  multiply: {
    operands: [0],
    cheap: true,
    text: (op, to, { x, i }) => {
      const per = sizeOf(to.plan, op.inputs[0]) / sizeOf(to.plan, op.inputs[1]);
      return `${x(0)} * ${per === 1 ? x(1) : read(to, op, 1, `(${i}) / ${u(per)}`)}`;
    },
  },
  'multiply-gradient': {
    operands: [0],
    cheap: true,
    text: (op, to, { x, i }) => {
      const per = sizeOf(to.plan, op.inputs[0]) / sizeOf(to.plan, op.inputs[1]);
      return `${x(0)} * ${per === 1 ? x(1) : read(to, op, 1, `(${i}) / ${u(per)}`)}`;
    },
  },
  'global-average-pool-gradient': {
    operands: [],
    cheap: true,
    text: (op, to, { i }) => {
      const plane = sizeOf(to.plan, op.outputs[0]) / sizeOf(to.plan, op.inputs[0]);
      return `${read(to, op, 0, `(${i}) / ${u(plane)}`)} / ${String(plane)}.0`;
    },
  },
};

/** Index among the op's outputs of the one that has samples. */
export function mainOutput({ kind }: Op): number {
  return kind === 'batch-norm-gradient' || kind === 'layer-norm-gradient' ? 2 : 0;
}

/** Inputs that the op reads at the index of its output; null: the op is not element-wise. */
export function operandsOf(op: Op, to: Pick<Lowering, 'plan'>): readonly number[] | null {
  const rule = RULES[op.kind];
  const output = op.outputs[mainOutput(op)];
  if (rule === undefined || output === undefined) return null;
  // A sum over the plane.
  if (op.kind === 'multiply-gradient' && sizeOf(to.plan, output) !== sizeOf(to.plan, op.inputs[0]))
    return null;
  return op.kind === 'add' ? op.inputs.map((_, n) => n) : rule.operands;
}

export function isCheap({ kind }: Op): boolean {
  return RULES[kind]?.cheap === true;
}

/**
 * Statements that declare `name`, element `i` of the op's output.
 * @param given name of a variable that holds an operand; the others are read
 */
export function computed(
  op: Op,
  to: Lowering,
  name: string,
  { i, k, given }: { i: string; k: string; given?: { operand: number; name: string } | undefined },
): string {
  const rule = RULES[op.kind];
  if (rule === undefined) throw new RangeError(`${op.kind} is not element-wise`);
  const lines: string[] = [];
  const declared = new Map<number, string>();
  const x = (n: number): string => {
    const known = given?.operand === n ? given.name : declared.get(n);
    if (known !== undefined) return known;
    const operand = `${name}_${String(n)}`;
    lines.push(`let ${operand} = ${read(to, op, n, i, k)};`);
    declared.set(n, operand);
    return operand;
  };
  const text = rule.text(op, to, { x, i, k });
  return `${lines.join(' ')} let ${name} = ${text};`;
}
