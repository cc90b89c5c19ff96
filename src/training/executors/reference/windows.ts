/** The index arithmetic of convolutions and pools, written out once: every tap of every window that lies inside the image. */
export interface Geometry {
  readonly input: readonly [number, number];
  readonly output: readonly [number, number];
  readonly kernel: readonly [number, number];
  readonly stride: readonly [number, number];
  readonly padding: readonly [number, number];
}

/** Calls back with output position, tap and input position, in row order of the output, then of the taps. */
export function eachTap(
  { input, output, kernel, stride, padding }: Geometry,
  visit: (outputAt: number, tap: number, inputAt: number) => void,
): void {
  for (let row = 0; row < output[0]; row++) {
    for (let column = 0; column < output[1]; column++) {
      for (let i = 0; i < kernel[0]; i++) {
        const y = row * stride[0] + i - padding[0];
        if (y < 0 || y >= input[0]) continue;
        for (let j = 0; j < kernel[1]; j++) {
          const x = column * stride[1] + j - padding[1];
          if (x >= 0 && x < input[1]) visit(row * output[1] + column, i * kernel[1] + j, y * input[1] + x);
        }
      }
    }
  }
}
