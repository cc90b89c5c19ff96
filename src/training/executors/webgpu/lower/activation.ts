/** Element-wise ops: activations, their gradients and copies. */
import { each } from '../kernel.ts';
import { f, sizeOf, stores, type Lower } from './lowering.ts';

/**
 * x → f(x); for gradients x is the output's gradient and s the saved value.
 * @param expression WGSL of x, s and SLOPE
 */
export function elementwise(expression: string): Lower {
  return (op, { plan, places }) => {
    const [input, saved] = op.inputs;
    const [output] = op.outputs;
    const slope = op.attributes['slope'];
    const text = expression.replaceAll('SLOPE', f(typeof slope === 'number' ? slope : 0));
    const second = saved === undefined ? '' : `let s = ${places.at(saved, 'i')};`;
    const body = `let x = ${places.at(input, 'i')}; ${second}
  ${places.at(output, 'i')} ${stores(op)} ${text};`;
    return [each(op.kind, sizeOf(plan, output) * plan.batch, body)];
  };
}

export const copy = elementwise('x');
export const relu = elementwise('select(0.0, x, x > 0.0)');
export const reluGradient = elementwise('select(0.0, x, s > 0.0)');
export const leakyRelu = elementwise('select(SLOPE * x, x, x > 0.0)');
export const leakyReluGradient = elementwise('select(SLOPE * x, x, s > 0.0)');
export const gelu = elementwise('x * normalOf(x)');
export const geluGradient = elementwise(
  'x * fma(s, 0.39894228 * expOf(-0.5 * s * s), normalOf(s))',
);
export const silu = elementwise('x * sigmoidOf(x)');
export const siluGradient = elementwise('x * sigmoidOf(s) * (1.0 + s * (1.0 - sigmoidOf(s)))');
export const sigmoid = elementwise('sigmoidOf(x)');
export const sigmoidGradient = elementwise('x * s * (1.0 - s)');
export const tanh = elementwise('tanhOf(x)');
export const tanhGradient = elementwise('x * (1.0 - s * s)');
