/**
 * Elementary functions from + − × ÷ and √ only, so that a result has the same bits on every engine
 * and version (`Math.exp`, `Math.log` … may differ in the last place between engines). Float64
 * throughout. Not a replacement for `Math` where bits do not matter.
 *
 * `log` and `exp` follow fdlibm (Sun Microsystems, 1993; error < 1 ulp); `normalQuantile` is AS241,
 * PPND16 (Wichura, Applied Statistics 37, 1988; relative accuracy about 1e-16).
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
  const even =
    z *
    (0.666666666666673513 +
      w * (0.2857142874366239149 + w * (0.1818357216161805012 + w * 0.1479819860511658591)));
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
          (-2.77777777770155933842e-3 +
            t *
              (6.61375632143793436117e-5 +
                t * (-1.6533902205465251539e-6 + t * 4.13813679705723846039e-8))));
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
    3.387132872796366608, 1.3314166789178437745e2, 1.9715909503065514427e3, 1.3731693765509461125e4,
    4.5921953931549871457e4, 6.7265770927008700853e4, 3.3430575583588128105e4,
    2.5090809287301226727e3,
  ],
  [
    1, 4.2313330701600911252e1, 6.871870074920579083e2, 5.3941960214247511077e3,
    2.1213794301586595867e4, 3.930789580009271061e4, 2.8729085735721942674e4,
    5.226495278852545925e3,
  ],
] as const;
const MIDDLE = [
  [
    1.42343711074968357734, 4.6303378461565452959, 5.7694972214606914055, 3.64784832476320460504,
    1.27045825245236838258, 2.4178072517745061177e-1, 2.27238449892691845833e-2,
    7.7454501427834140764e-4,
  ],
  [
    1, 2.05319162663775882187, 1.6763848301838038494, 6.8976733498510000455e-1,
    1.4810397642748007459e-1, 1.51986665636164571966e-2, 5.475938084995344946e-4,
    1.05075007164441684324e-9,
  ],
] as const;
const TAIL = [
  [
    6.6579046435011037772, 5.4637849111641143699, 1.7848265399172913358, 2.9656057182850489123e-1,
    2.6532189526576123093e-2, 1.2426609473880784386e-3, 2.71155556874348757815e-5,
    2.01033439929228813265e-7,
  ],
  [
    1, 5.9983220655588793769e-1, 1.3692988092273580531e-1, 1.48753612908506148525e-2,
    7.868691311456132591e-4, 1.8463183175100546818e-5, 1.4215117583164458887e-7,
    2.04426310338993978564e-15,
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

/**
 * cos(π·u): Taylor's polynomials on a quarter of a turn, where they end below the last bit. NaN for
 * what is not finite.
 */
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
  for (let square = base, rest = exponent; rest > 0; rest = Math.floor(rest / 2), square *= square)
    if (rest % 2 === 1) result *= square;
  return result;
}

/**
 * The error function, 2/√π·∫₀ˣ e^−t² dt; fdlibm's rational approximations, error < 1 ulp but for
 * our `exp`.
 */
export function erf(x: number): number {
  if (Number.isNaN(x)) return NaN;
  const magnitude = Math.abs(x);
  if (magnitude < 0.84375) {
    const z = x * x;
    return x + (x * polynomial(z, ERF_SMALL[0])) / polynomial(z, ERF_SMALL[1]);
  }
  if (magnitude < 1.25) {
    const s = magnitude - 1;
    const y =
      8.45062911510467529297e-1 + polynomial(s, ERF_NEAR_ONE[0]) / polynomial(s, ERF_NEAR_ONE[1]);
    return x < 0 ? -y : y;
  }
  if (magnitude >= 6) return x < 0 ? -1 : 1;
  const s = 1 / (magnitude * magnitude);
  const [numerator, denominator] = magnitude < 1 / 0.35 ? ERF_MIDDLE : ERF_TAIL;
  // The square of a number with half the digits is exact.
  float[0] = magnitude;
  words[0] = 0;
  const short = float[0];
  const tail =
    exp(-short * short - 0.5625) *
    exp(
      (short - magnitude) * (short + magnitude) +
        polynomial(s, numerator) / polynomial(s, denominator),
    );
  const y = 1 - tail / magnitude;
  return x < 0 ? -y : y;
}

/** Numerators and denominators of `erf` on |x| < .84375, < 1.25, < 1/.35, < 6. */
const ERF_SMALL = [
  [
    1.28379167095512558561e-1, -3.2504210724700149937e-1, -2.84817495755985104766e-2,
    -5.77027029648944159157e-3, -2.37630166566501626084e-5,
  ],
  [
    1, 3.97917223959155352819e-1, 6.50222499887672944485e-2, 5.08130628187576562776e-3,
    1.32494738004321644526e-4, -3.9602282787753681232e-6,
  ],
] as const;
const ERF_NEAR_ONE = [
  [
    -2.36211856075265944077e-3, 4.14856118683748331666e-1, -3.72207876035701323847e-1,
    3.18346619901161753674e-1, -1.10894694282396677476e-1, 3.54783043256182359371e-2,
    -2.166375594868790843e-3,
  ],
  [
    1, 1.06420880400844228286e-1, 5.40397917702171048937e-1, 7.18286544141962662868e-2,
    1.26171219808761642112e-1, 1.36370839120290507362e-2, 1.1984499846799107417e-2,
  ],
] as const;
const ERF_MIDDLE = [
  [
    -9.86494403484714822705e-3, -6.93858572707181764372e-1, -1.05586262253232909814e1,
    -6.23753324503260060396e1, -1.62396669462573470355e2, -1.84605092906711035994e2,
    -8.12874355063065934246e1, -9.81432934416914548592,
  ],
  [
    1, 1.96512716674392571292e1, 1.376577541435190426e2, 4.34565877475229228821e2,
    6.45387271733267880336e2, 4.29008140027567833386e2, 1.08635005541779435134e2,
    6.57024977031928170135, -6.04244152148580987438e-2,
  ],
] as const;
const ERF_TAIL = [
  [
    -9.86494292470009928597e-3, -7.99283237680523006574e-1, -1.77579549177547519889e1,
    -1.60636384855821916062e2, -6.37566443368389627722e2, -1.02509513161107724954e3,
    -4.83519191608651397019e2,
  ],
  [
    1, 3.03380607434824582924e1, 3.25792512996573918826e2, 1.53672958608443695994e3,
    3.19985821950859553908e3, 2.55305040643316442583e3, 4.74528541206955367215e2,
    -2.24409524465858183362e1,
  ],
] as const;
