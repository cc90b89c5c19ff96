/** A decoded image, its limits, and its conversion to the dataset's size and channels. */
import { defined } from '../../core/at.ts';
import { grouped, mismatch } from '../dataset-error.ts';

/** Channel after channel, row after row: [channels, height, width]. */
export interface Image {
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3;
  readonly pixels: Uint8Array;
}

/** Limit of pixels, which bounds the memory of one image. */
export const MOST_PIXELS = 8_000_000;

/** @throws DatasetError for an empty image or one above the limit, before decoding */
export function checkPixels(name: string, width: number, height: number): void {
  if (width === 0 || height === 0 || width * height > MOST_PIXELS)
    throw mismatch(
      name,
      null,
      `1 to ${grouped(MOST_PIXELS)} pixels`,
      `${String(width)} × ${String(height)}`,
    );
}

/**
 * Converts colour to grey by ITU-R 601 (as Pillow: integers, 16 bits of fraction), and grey to
 * colour by repetition.
 */
export function withChannels(image: Image, channels: 1 | 3): Image {
  if (image.channels === channels) return image;
  const { width, height, pixels } = image;
  const plane = width * height;
  const converted = new Uint8Array(channels * plane);
  if (channels === 3) for (let c = 0; c < 3; c++) converted.set(pixels, c * plane);
  else
    for (let i = 0; i < plane; i++)
      converted[i] =
        (19595 * defined(pixels[i]) +
          38470 * defined(pixels[plane + i]) +
          7471 * defined(pixels[2 * plane + i]) +
          0x8000) >>
        16;
  return { width, height, channels, pixels: converted };
}

interface Weights {
  readonly first: number;
  readonly weights: Float64Array;
}

/**
 * Resizes with a triangle filter that widens where the image shrinks, so that every pixel counts
 * (antialiased bilinear, as Pillow's). Each side has its own scale factor.
 */
export function resize(image: Image, height: number, width: number): Image {
  if (image.width === width && image.height === height) return image;
  const { channels, pixels } = image;
  const columns = weightsOf(image.width, width);
  const rows = weightsOf(image.height, height);
  const resized = new Uint8Array(channels * height * width);
  const narrow = new Float64Array(image.height * width);
  for (let c = 0; c < channels; c++) {
    const from = c * image.width * image.height;
    for (let y = 0; y < image.height; y++) {
      for (let x = 0; x < width; x++)
        narrow[y * width + x] = weighted(pixels, from + y * image.width, 1, defined(columns[x]));
    }
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++)
        resized[(c * height + y) * width + x] = Math.round(
          weighted(narrow, x, width, defined(rows[y])),
        );
    }
  }
  return { width, height, channels, pixels: resized };
}

function weighted(values: ArrayLike<number>, from: number, step: number, by: Weights): number {
  let sum = 0;
  for (let k = 0; k < by.weights.length; k++)
    sum += defined(values[from + (by.first + k) * step]) * defined(by.weights[k]);
  return sum;
}

/**
 * For each target position, the contributing source positions and their weights, which sum to 1.
 */
function weightsOf(source: number, target: number): Weights[] {
  const scale = source / target;
  const radius = Math.max(1, scale);
  return Array.from({ length: target }, (_, i) => {
    const centre = (i + 0.5) * scale;
    const first = Math.max(0, Math.floor(centre - radius));
    const last = Math.min(source, Math.ceil(centre + radius));
    const weights = Float64Array.from({ length: last - first }, (__, k) =>
      Math.max(0, 1 - Math.abs(first + k + 0.5 - centre) / radius),
    );
    const total = weights.reduce((sum, w) => sum + w, 0);
    return { first, weights: weights.map((w) => w / total) };
  });
}
