/** The slope of the line with the least squared distance to y over x; NaN of fewer than two x. */
export function slope(x: readonly number[], y: readonly number[]): number {
  const mean = (values: readonly number[]): number =>
    values.reduce((sum, value) => sum + value, 0) / values.length;
  const [mx, my] = [mean(x), mean(y)];
  let [over, under] = [0, 0];
  for (const [i, at] of x.entries()) {
    over += (at - mx) * ((y[i] ?? NaN) - my);
    under += (at - mx) ** 2;
  }
  return under === 0 ? NaN : over / under;
}
