/**
 * Activations and their gradients, element by element over a tile. Parameters: activation (x, y);
 * gradient (g, saved, x′).
 */
import type { Body, Local } from '../instructions.ts';
import { eachVector, storeVector } from './each-vector.ts';
import { normalDistribution, pushSigmoid, pushTanh } from './elementary.ts';
import { keyOf, type Kernel } from './kernel.ts';

export type ActivationKind = 'relu' | 'leaky-relu' | 'gelu' | 'silu' | 'sigmoid' | 'tanh';

interface Activation {
  readonly kind: ActivationKind;
  /** Slope of leaky-relu below 0. */
  readonly slope?: number;
  /** Elements per sample. */
  readonly count: number;
}

/** y = f(x). y may be x's buffer. NaN propagates, except through relu, because NaN > 0 is false. */
export function activation(shape: Activation): Kernel {
  return {
    key: keyOf('activation', shape),
    parameters: 2,
    emit(body, [from = 0, to = 0]) {
      eachVector(body, shape.count, [from, to], unrollOf(shape.kind), (offset) => {
        body.get(to).get(from).load('v128', offset);
        pushActivation(body, shape);
        body.store('v128', offset);
      });
    },
  };
}

/**
 * x′ (+)= g·f′. `saved` is y for relu, leaky-relu, sigmoid and tanh, x for gelu and silu. x′ may be
 * g's buffer.
 */
export function activationGradient(shape: Activation & { readonly add: boolean }): Kernel {
  return {
    key: keyOf('activation-gradient', shape),
    parameters: 3,
    emit(body, [g = 0, saved = 0, to = 0]) {
      eachVector(body, shape.count, [g, saved, to], unrollOf(shape.kind), (offset) => {
        body.get(to).get(g).load('v128', offset).get(saved).load('v128', offset);
        pushGradient(body, shape);
        storeVector(body, to, offset, shape.add);
      });
    },
  };
}

/** Number of vectors per iteration: one for kinds that compute an exponential. */
function unrollOf(kind: ActivationKind): number {
  return kind === 'relu' || kind === 'leaky-relu' ? 4 : 1;
}

function pushActivation(body: Body, { kind, slope = 0 }: Activation): void {
  const [x, distribution, power] = body.locals('v128', 3) as [Local, Local, Local];
  switch (kind) {
    case 'relu':
      body.set(x).f32x4(0).get(x).vector('f32x4.pmax');
      break;
    case 'leaky-relu':
      body
        .tee(x)
        .get(x)
        .f32x4(slope)
        .vector('f32x4.mul')
        .get(x)
        .f32x4(0)
        .vector('f32x4.gt')
        .vector('v128.bitselect');
      break;
    case 'gelu':
      body.set(x);
      normalDistribution(body, x, distribution, power);
      body.get(x).get(distribution).vector('f32x4.mul');
      break;
    case 'silu':
      body.tee(x).get(x);
      pushSigmoid(body);
      body.vector('f32x4.mul');
      break;
    case 'sigmoid':
      pushSigmoid(body);
      break;
    case 'tanh':
      pushTanh(body);
  }
  body.release('v128', x, distribution, power);
}

/** Replaces (g, saved) on the stack by g·f′. */
function pushGradient(body: Body, { kind, slope = 0 }: Activation): void {
  const [g, s, distribution, power] = body.locals('v128', 4) as [Local, Local, Local, Local];
  const rest = (value: Local): Body => body.f32x4(1).get(value).vector('f32x4.sub');
  switch (kind) {
    case 'relu':
      body.f32x4(0).vector('f32x4.gt').vector('v128.and');
      break;
    case 'leaky-relu':
      body
        .set(s)
        .tee(g)
        .get(g)
        .f32x4(slope)
        .vector('f32x4.mul')
        .get(s)
        .f32x4(0)
        .vector('f32x4.gt')
        .vector('v128.bitselect');
      break;
    case 'gelu': // g(Φ + xφ)
      body.set(s);
      normalDistribution(body, s, distribution, power);
      body
        .get(distribution)
        .get(s)
        .get(power)
        .f32x4(1 / Math.sqrt(2 * Math.PI))
        .vector('f32x4.mul')
        .vector('f32x4.mul')
        .vector('f32x4.add')
        .vector('f32x4.mul');
      break;
    case 'silu': // gσ(1 + x(1−σ))
      body.tee(s);
      pushSigmoid(body);
      body.tee(power).vector('f32x4.mul').f32x4(1).get(s);
      rest(power).vector('f32x4.mul').vector('f32x4.add').vector('f32x4.mul');
      break;
    case 'sigmoid': // gσ(1−σ)
      body.tee(s).vector('f32x4.mul');
      rest(s).vector('f32x4.mul');
      break;
    case 'tanh': // g(1−t²)
      body
        .set(s)
        .f32x4(1)
        .get(s)
        .get(s)
        .vector('f32x4.mul')
        .vector('f32x4.sub')
        .vector('f32x4.mul');
  }
  body.release('v128', g, s, distribution, power);
}
