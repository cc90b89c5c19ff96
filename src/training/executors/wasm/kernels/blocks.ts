/** Register blocking: the size of the rectangle of sums that a kernel keeps in registers. */

/** Vector registers on x64, minus one that the compiler uses. */
export const REGISTERS = 15;
/** Maximum number of terms summed in one accumulator. */
export const LONGEST_SUM = 4096;

/** Splits `total` into whole blocks and a remainder: size and number of each. */
export function pieces(total: number, block: number): [size: number, times: number][] {
  const [whole, rest] = [Math.floor(total / block), total % block];
  return [
    ...(whole > 0 ? [[block, whole] as [number, number]] : []),
    ...(rest > 0 ? [[rest, 1] as [number, number]] : []),
  ];
}

/**
 * Returns the block of a × b sums with the lowest cost for an output of `as` × `bs`: a
 * multiplication and an addition per sum, a load per operand, and the overhead of the loop per
 * block. A block's sums and operands must fit the registers together, because V8 loads all operands
 * of a basic block first.
 */
export function chooseBlock(
  as: number,
  bs: number,
  fits = (a: number, b: number): boolean => a * b + a + b <= REGISTERS,
): [a: number, b: number] {
  let best: [number, number] = [1, 1];
  let least = Infinity;
  for (let a = 1; a <= Math.min(as, REGISTERS); a++) {
    for (let b = 1; b <= Math.min(bs, REGISTERS); b++) {
      if (!fits(a, b)) continue;
      let work = 0;
      for (const [p, n] of pieces(as, a))
        for (const [q, m] of pieces(bs, b)) work += n * m * (2 * p * q + p + q + 5);
      if (work < least) [best, least] = [[a, b], work];
    }
  }
  return best;
}
