/**
 * The complementary error function, plain and scaled, by the rational approximations of W. J. Cody
 * (Mathematics of Computation 23, 1969), relative error about 1e-16. The same bits on every engine,
 * as in `elementary.ts`.
 */
import { exp } from './elementary.ts';

const SMALL = 0.46875;
const SQRT_PI_INVERSE = 0.5641895835477563;

/** Numerator and denominator of erf on |x| ≤ .46875, in x². */
const NEAR_ZERO = [
  [
    0.18577770618460315, 3.1611237438705655, 113.86415415105016, 377.485237685302,
    3209.3775891384694,
  ],
  [1, 23.601290952344122, 244.02463793444417, 1282.6165260773723, 2844.236833439171],
] as const;
/** Numerator and denominator of erfcx on .46875 < x ≤ 4, in x. */
const MIDDLE = [
  [
    2.1531153547440383e-8, 0.5641884969886701, 8.883149794388377, 66.11919063714163,
    298.6351381974001, 881.952221241769, 1712.0476126340707, 2051.0783778260716, 1230.3393547979972,
  ],
  [
    1, 15.744926110709835, 117.6939508913125, 537.1811018620099, 1621.3895745666903,
    3290.7992357334597, 4362.619090143247, 3439.3676741437216, 1230.3393548037495,
  ],
] as const;
/** Numerator and denominator of the correction to 1/(x·√π) on x > 4, in 1/x². */
const FAR = [
  [
    0.016315387137302097, 0.30532663496123236, 0.36034489994980445, 0.12578172611122926,
    0.016083785148742275, 0.0006587491615298378,
  ],
  [
    1, 2.568520192289822, 1.8729528499234673, 0.5279051029514285, 0.06051834131244132,
    0.0023352049762686918,
  ],
] as const;

/** 2/√π·∫ₓ^∞ e^−t² dt, without the cancellation of 1 − erf(x) at large x. */
export function erfc(x: number): number {
  const magnitude = Math.abs(x);
  if (magnitude <= SMALL) return 1 - erfNearZero(x);
  const tail = exp(-magnitude * magnitude) * scaledTail(magnitude);
  return x < 0 ? 2 - tail : tail;
}

/** e^x²·erfc(x); finite for every x > −26.6. */
export function erfcx(x: number): number {
  const magnitude = Math.abs(x);
  if (magnitude <= SMALL) return exp(x * x) * (1 - erfNearZero(x));
  const tail = scaledTail(magnitude);
  return x < 0 ? 2 * exp(x * x) - tail : tail;
}

function erfNearZero(x: number): number {
  const square = x * x;
  return (x * horner(square, NEAR_ZERO[0])) / horner(square, NEAR_ZERO[1]);
}

/** erfcx(x) for x > .46875. */
function scaledTail(x: number): number {
  if (x <= 4) return horner(x, MIDDLE[0]) / horner(x, MIDDLE[1]);
  const inverse = 1 / (x * x);
  const correction = (inverse * horner(inverse, FAR[0])) / horner(inverse, FAR[1]);
  return (SQRT_PI_INVERSE - correction) / x;
}

/** Polynomial with the coefficient of the highest power first. */
function horner(x: number, coefficients: readonly number[]): number {
  let sum = 0;
  for (const coefficient of coefficients) sum = sum * x + coefficient;
  return sum;
}
