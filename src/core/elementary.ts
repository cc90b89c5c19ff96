/**
 * Elementary functions from + − × ÷ and √ only, so that a result has the same bits on every engine and version
 * (`Math.exp`, `Math.log` … may differ in the last place between engines). Float64 throughout.
 * Not a replacement for `Math` where bits do not matter.
 *
 * `log` and `exp` follow fdlibm (Sun Microsystems, 1993; error < 1 ulp); `normalQuantile` is AS241, PPND16
 * (Wichura, Applied Statistics 37, 1988; relative accuracy about 1e-16).
 */

const float = new Float64Array(1);
const words = new Uint32Array(float.buffer);

const LN2_HIGH = 6.9314718036912381649e-1;
const LN2_LOW = 1.90821492927058770002e-10;

/** Natural logarithm. `log(0)` is −∞, of a negative number or NaN it is NaN. */
export function log(x: number): number {
  if (Number.isNaN(x) || x < 0) return NaN;
  if (x === 0) return -Infinity;
  if (x === Infinity) return Infinity;
  let exponent = 0;
  if (x < 2.2250738585072014e-308) {
    x *= 18014398509481984;
    exponent -= 54;
  }
  float[0] = x;
  const high = words[1] ?? 0;
  exponent += (high >>> 20) - 1023;
  words[1] = (high & 0xfffff) | 0x3ff00000;
  let mantissa = float[0];
  if (mantissa > Math.SQRT2) {
    mantissa /= 2;
    exponent += 1;
  }
  const f = mantissa - 1;
  const s = f / (2 + f);
  const z = s * s;
  const w = z * z;
  const odd = w * (0.3999999999940941908 + w * (0.2222219843214978396 + w * 0.1531383769920937332));
  const even = z * (0.666666666666673513 + w * (0.2857142874366239149 + w * (0.1818357216161805012 + w * 0.1479819860511658591)));
  const half = 0.5 * f * f;
  return exponent * LN2_HIGH - (half - (s * (half + odd + even) + exponent * LN2_LOW) - f);
}

/** eˣ. Overflows to ∞ above 709.78 and underflows to 0 below −745.13. */
export function exp(x: number): number {
  if (Number.isNaN(x)) return NaN;
  if (x > 709.782712893383973096) return Infinity;
  if (x < -745.13321910194110842) return 0;
  const k = Math.round(x * 1.442695040888963387);
  const high = x - k * LN2_HIGH;
  const low = k * LN2_LOW;
  const r = high - low;
  const t = r * r;
  const c =
    r -
    t *
      (1.66666666666666019037e-1 +
        t *
          (-2.77777777770155933842e-3 + t * (6.61375632143793436117e-5 + t * (-1.6533902205465251539e-6 + t * 4.13813679705723846039e-8))));
  const y = 1 - (low - (r * c) / (2 - c) - high);
  const first = Math.max(-1022, Math.min(1023, k));
  return y * powerOfTwo(first) * powerOfTwo(k - first);
}

/** 2ᵏ for an integer −1022 ≤ k ≤ 1023, exactly. */
function powerOfTwo(k: number): number {
  words[0] = 0;
  words[1] = (k + 1023) << 20;
  return float[0] ?? NaN;
}

/** Coefficients of a polynomial, lowest power first, by Horner's rule. */
function polynomial(x: number, coefficients: readonly number[]): number {
  let sum = 0;
  for (let i = coefficients.length - 1; i >= 0; i--) sum = sum * x + (coefficients[i] ?? 0);
  return sum;
}

const CENTRAL = [
  [
    3.387132872796366608, 1.3314166789178437745e2, 1.9715909503065514427e3, 1.3731693765509461125e4, 4.5921953931549871457e4,
    6.7265770927008700853e4, 3.3430575583588128105e4, 2.5090809287301226727e3,
  ],
  [
    1, 4.2313330701600911252e1, 6.871870074920579083e2, 5.3941960214247511077e3, 2.1213794301586595867e4, 3.930789580009271061e4,
    2.8729085735721942674e4, 5.226495278852545925e3,
  ],
] as const;
const MIDDLE = [
  [
    1.42343711074968357734, 4.6303378461565452959, 5.7694972214606914055, 3.64784832476320460504, 1.27045825245236838258,
    2.4178072517745061177e-1, 2.27238449892691845833e-2, 7.7454501427834140764e-4,
  ],
  [
    1, 2.05319162663775882187, 1.6763848301838038494, 6.8976733498510000455e-1, 1.4810397642748007459e-1, 1.51986665636164571966e-2,
    5.475938084995344946e-4, 1.05075007164441684324e-9,
  ],
] as const;
const TAIL = [
  [
    6.6579046435011037772, 5.4637849111641143699, 1.7848265399172913358, 2.9656057182850489123e-1, 2.6532189526576123093e-2,
    1.2426609473880784386e-3, 2.71155556874348757815e-5, 2.01033439929228813265e-7,
  ],
  [
    1, 5.9983220655588793769e-1, 1.3692988092273580531e-1, 1.48753612908506148525e-2, 7.868691311456132591e-4, 1.8463183175100546818e-5,
    1.4215117583164458887e-7, 2.04426310338993978564e-15,
  ],
] as const;

/** Φ⁻¹(p), the quantile of the standard normal distribution, 0 < p < 1. */
export function normalQuantile(p: number): number {
  const q = p - 0.5;
  if (Math.abs(q) <= 0.425) {
    const r = 0.180625 - q * q;
    return (q * polynomial(r, CENTRAL[0])) / polynomial(r, CENTRAL[1]);
  }
  const r = Math.sqrt(-log(q < 0 ? p : 1 - p));
  const [numerator, denominator] = r <= 5 ? MIDDLE : TAIL;
  const shifted = r - (r <= 5 ? 1.6 : 5);
  const magnitude = polynomial(shifted, numerator) / polynomial(shifted, denominator);
  return q < 0 ? -magnitude : magnitude;
}

/** cos(π·u): Taylor's polynomials on a quarter of a turn, where they end below the last bit. NaN for what is not finite. */
export function cosPi(u: number): number {
  const turn = Math.abs(u - 2 * Math.round(u / 2));
  if (turn > 0.5) return -cosPi(1 - turn);
  return turn <= 0.25 ? alternating(Math.PI * turn, 0) : alternating(Math.PI * (0.5 - turn), 1);
}

/** Σ (−1)^k·x^(2k+first)/(2k+first)!: cosine (0) or sine (1) of 0 ≤ x ≤ π/4. */
function alternating(x: number, first: 0 | 1): number {
  let sum = 0;
  for (let k = 18 + first; k > first; k -= 2) sum = (-x * x * (1 + sum)) / (k * (k - 1));
  return (first === 0 ? 1 : x) * (1 + sum);
}

/** base to a whole power ≥ 0, by squaring. */
export function power(base: number, exponent: number): number {
  let result = 1;
  for (let square = base, rest = exponent; rest > 0; rest = Math.floor(rest / 2), square *= square) if (rest % 2 === 1) result *= square;
  return result;
}
