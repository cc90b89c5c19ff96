/**
 * Index arithmetic of convolutions and pools: lists every tap of every window that is inside the
 * image.
 */
export interface Geometry {
  readonly input: readonly [number, number];
  readonly output: readonly [number, number];
  readonly kernel: readonly [number, number];
  readonly stride: readonly [number, number];
  readonly padding: readonly [number, number];
}

/**
 * Parallel lists: index in the output plane, tap, index in the input plane. Sorted by output row,
 * column, then tap.
 */
export interface Taps {
  readonly output: Int32Array;
  readonly tap: Int32Array;
  readonly input: Int32Array;
}

const known = new Map<string, Taps>();

export function tapsOf(geometry: Geometry): Taps {
  const key = JSON.stringify(geometry);
  let taps = known.get(key);
  if (taps === undefined) known.set(key, (taps = listTaps(geometry)));
  return taps;
}

function listTaps({ input, output, kernel, stride, padding }: Geometry): Taps {
  const rows: [number, number, number][] = [];
  for (let row = 0; row < output[0]; row++) {
    for (let column = 0; column < output[1]; column++) {
      for (let i = 0; i < kernel[0]; i++) {
        const y = row * stride[0] + i - padding[0];
        if (y < 0 || y >= input[0]) continue;
        for (let j = 0; j < kernel[1]; j++) {
          const x = column * stride[1] + j - padding[1];
          if (x >= 0 && x < input[1])
            rows.push([row * output[1] + column, i * kernel[1] + j, y * input[1] + x]);
        }
      }
    }
  }
  return {
    output: Int32Array.from(rows, (r) => r[0]),
    tap: Int32Array.from(rows, (r) => r[1]),
    input: Int32Array.from(rows, (r) => r[2]),
  };
}
