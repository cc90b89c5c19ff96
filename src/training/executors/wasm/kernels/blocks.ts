/** Register blocking: which rectangle of sums a kernel keeps in registers at once. */

/** Vector registers on x64, one of them the compiler's. */
export const REGISTERS = 15;
/** Longest sum in one accumulator. */
export const LONGEST_SUM = 4096;

/** `total` as whole blocks, then the rest: how large, how many. */
export function pieces(total: number, block: number): [size: number, times: number][] {
  const [whole, rest] = [Math.floor(total / block), total % block];
  return [
    ...(whole > 0 ? [[block, whole] as [number, number]] : []),
    ...(rest > 0 ? [[rest, 1] as [number, number]] : []),
  ];
}

/**
 * The block of a × b sums with the least work over a whole output of `as` × `bs`: a sum costs a
 * multiplication and an addition, each of the a and b operands a load, and a block the bookkeeping
 * of its loop. A block's sums and operands fit the registers together, as V8 loads all operands of
 * a basic block first.
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
