/**
 * exp, log, σ, tanh and the normal distribution of four float32, from IEEE operations only, so that
 * all machines get equal bits. Relative errors of exp and log: 1.1e-7 and 1.0e-7.
 */
import { at } from '../../../../core/at.ts';
import type { Body, Local } from '../instructions.ts';

const EXP = [1, 1, 0.49999991059, 0.16666419804, 0.04166822508, 0.0083747888, 0.0013836727];
const LN2_HIGH = 0.693359375;
const LN2_LOW = -2.1219444e-4;

/**
 * Replaces the vector on the stack by its exponential. Arguments are clamped to [−87.3, 88.7]; NaN
 * stays NaN.
 */
export function pushExp(body: Body): void {
  const [x, n, r, p] = body.locals('v128', 4) as [Local, Local, Local, Local];
  body.f32x4(88.7).vector('f32x4.min').f32x4(-87.3).vector('f32x4.max').set(x);
  body.get(x).f32x4(1.44269504).vector('f32x4.mul').vector('f32x4.nearest').set(n);
  body.get(x).get(n).f32x4(LN2_HIGH).vector('f32x4.mul').vector('f32x4.sub');
  body.get(n).f32x4(LN2_LOW).vector('f32x4.mul').vector('f32x4.sub').set(r);
  horner(body, EXP, r, p);
  body
    .get(p)
    .get(n)
    .vector('i32x4.trunc_sat_f32x4_s')
    .i32x4(127, 127, 127, 127)
    .vector('i32x4.add')
    .i32(23)
    .vector('i32x4.shl')
    .vector('f32x4.mul');
  body.release('v128', x, n, r, p);
}

/**
 * Replaces the vector on the stack by its natural logarithm. Values must be positive and normal.
 */
export function pushLog(body: Body): void {
  const [x, k, m, s, z, p] = body.locals('v128', 6) as [Local, Local, Local, Local, Local, Local];
  // m in [√½, √2): subtract the bits of √½ before splitting off the exponent
  const sqrtHalf = 0x3f3504f3;
  body
    .set(x)
    .get(x)
    .i32x4(sqrtHalf, sqrtHalf, sqrtHalf, sqrtHalf)
    .vector('i32x4.sub')
    .i32(23)
    .vector('i32x4.shr_s')
    .set(k);
  body.get(x).get(k).i32(23).vector('i32x4.shl').vector('i32x4.sub').set(m);
  body.get(k).vector('f32x4.convert_i32x4_s').set(k);
  body
    .get(m)
    .f32x4(1)
    .vector('f32x4.sub')
    .get(m)
    .f32x4(1)
    .vector('f32x4.add')
    .vector('f32x4.div')
    .set(s);
  body.get(s).get(s).vector('f32x4.mul').set(z);
  horner(body, [0.666666985, 0.399878889, 0.295838773], z, p);
  body.get(k).f32x4(LN2_HIGH).vector('f32x4.mul');
  body
    .get(k)
    .f32x4(LN2_LOW)
    .vector('f32x4.mul')
    .get(s)
    .get(z)
    .vector('f32x4.mul')
    .get(p)
    .vector('f32x4.mul')
    .vector('f32x4.add');
  body.get(s).get(s).vector('f32x4.add').vector('f32x4.add').vector('f32x4.add');
  // NaN and infinity are passed through: they have no exponent to split off
  body
    .get(x)
    .get(x)
    .get(x)
    .vector('f32x4.sub')
    .f32x4(0)
    .vector('f32x4.eq')
    .vector('v128.bitselect');
  body.release('v128', x, k, m, s, z, p);
}

/** Replaces the vector on the stack by σ(x) = x ≥ 0 ? 1/(1+e^−x) : e^x/(1+e^x). */
export function pushSigmoid(body: Body): void {
  const [x, power] = body.locals('v128', 2) as [Local, Local];
  body.tee(x).vector('f32x4.abs').vector('f32x4.neg');
  pushExp(body);
  body.set(power);
  body.get(power).f32x4(1).get(x).f32x4(0).vector('f32x4.lt').vector('v128.bitselect');
  body.f32x4(1).get(power).vector('f32x4.add').vector('f32x4.div');
  body.release('v128', x, power);
}

/**
 * Taylor coefficients of tanh: x − x³/3 + 2x⁵/15 − 17x⁷/315 + 62x⁹/2835, divided by x, in powers of
 * x².
 */
const TANH = [1, -1 / 3, 2 / 15, -17 / 315, 62 / 2835];

/**
 * Replaces the vector on the stack by tanh: (1−e)/(1+e) with e = e^−2|x| and the sign of x; an odd
 * polynomial where |x| < .3.
 */
export function pushTanh(body: Body): void {
  const [x, size, far, near] = body.locals('v128', 4) as [Local, Local, Local, Local];
  body.tee(x).vector('f32x4.abs').tee(size).f32x4(-2).vector('f32x4.mul');
  pushExp(body);
  body.set(far);
  body
    .f32x4(1)
    .get(far)
    .vector('f32x4.sub')
    .f32x4(1)
    .get(far)
    .vector('f32x4.add')
    .vector('f32x4.div');
  body.get(x).f32x4(-0).vector('v128.and').vector('v128.or').set(far);
  body.get(x).get(x).vector('f32x4.mul').set(near);
  horner(body, TANH, near, near);
  body
    .get(near)
    .get(x)
    .vector('f32x4.mul')
    .get(far)
    .get(size)
    .f32x4(0.3)
    .vector('f32x4.lt')
    .vector('v128.bitselect');
  body.release('v128', x, size, far, near);
}

/**
 * Coefficients of Abramowitz and Stegun 7.1.26: erf z = 1 − t(a₁ + t(a₂ + …))e^−z², t = 1/(1+pz), z
 * ≥ 0; absolute error 1.5e-7.
 */
const ERF = [0.254829592, -0.284496736, 1.421413741, -1.453152027, 1.061405429];
const ERF_P = 0.3275911;

/** Computes Φ(x), the normal distribution, from erf, and e^(−x²/2), its density times √(2π). */
export function normalDistribution(body: Body, x: Local, distribution: Local, power: Local): void {
  const [t, tail] = body.locals('v128', 2) as [Local, Local];
  body.get(x).get(x).vector('f32x4.mul').f32x4(-0.5).vector('f32x4.mul');
  pushExp(body);
  body.set(power);
  body.f32x4(1).f32x4(1);
  body
    .get(x)
    .vector('f32x4.abs')
    .f32x4(ERF_P * Math.SQRT1_2)
    .vector('f32x4.mul');
  body.vector('f32x4.add').vector('f32x4.div').set(t);
  horner(body, ERF, t, tail);
  body
    .get(tail)
    .get(t)
    .vector('f32x4.mul')
    .get(power)
    .vector('f32x4.mul')
    .f32x4(0.5)
    .vector('f32x4.mul')
    .set(tail);
  // Φ(x) = ½(1 − erf) for x < 0, 1 minus that otherwise
  body
    .get(tail)
    .f32x4(1)
    .get(tail)
    .vector('f32x4.sub')
    .get(x)
    .f32x4(0)
    .vector('f32x4.lt')
    .vector('v128.bitselect')
    .set(distribution);
  body.release('v128', t, tail);
}

function horner(body: Body, coefficients: readonly number[], x: Local, sum: Local): void {
  body.f32x4(at(coefficients, coefficients.length - 1));
  for (const c of coefficients.slice(0, -1).reverse())
    body.get(x).vector('f32x4.mul').f32x4(c).vector('f32x4.add');
  body.set(sum);
}
