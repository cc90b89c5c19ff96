import { describe, expect, it } from 'vitest';
import { erfc, erfcx } from '../../src/core/erfc.ts';

/** x, erfc(x) and erfcx(x) by SciPy. */
const VALUES = [
  [-3, 1.9999779095030015, 16205.988853999586],
  [-1, 1.8427007929497148, 5.008980080762283],
  [-0.4, 1.4283923550466684, 1.676233956688859],
  [0, 1, 1],
  [0.1, 0.8875370839817152, 0.8964569799691268],
  [0.46, 0.5153446099983203, 0.6367873838327129],
  [0.5, 0.4795001221869535, 0.6156903441929258],
  [1, 0.15729920705028516, 0.427583576155807],
  [2.5, 0.00040695201744495886, 0.2108063640611436],
  [3.9, 3.479224859723178e-8, 0.14031418160068973],
  [4.1, 6.7000276540849075e-9, 0.13383411641865198],
  [6, 2.1519736712498913e-17, 0.09277656780053836],
  [10, 2.0884875837625446e-45, 0.05614099274382259],
  [17.7, 2.771042500775458e-138, 0.03182448777523213],
  [26, 5.663192408856145e-296, 0.02168358485056291],
] as const;

describe('Complementary error function', () => {
  it('agrees with SciPy on every range of its approximations', () => {
    for (const [x, plain, scaled] of VALUES) {
      // The argument of e^−x² is rounded, so that the relative error of erfc grows with x².
      expect(Math.abs(erfc(x) / plain - 1)).toBeLessThan(1e-15 * (1 + x * x));
      expect(Math.abs(erfcx(x) / scaled - 1)).toBeLessThan(4e-15);
    }
  });

  it('keeps the scaled function finite where the plain one underflows', () => {
    expect(erfc(30)).toBe(0);
    expect(erfcx(1e8)).toBeCloseTo(5.641895835477563e-9, 20);
  });
});
