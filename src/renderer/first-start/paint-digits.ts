/** Paints samples in their own pixels on a transparent background. */
import { at } from '../../core/at.ts';
import type { DatasetPreview } from '../../protocol/window/datasets.ts';

type Samples = NonNullable<DatasetPreview['samples']>;

const digits = [5, 0, 4, 1, 9, 2, 1, 3, 1, 7, 8, 6, 9, 4, 0, 9];
const PER_ROW = 8;
const [ACROSS, DOWN] = [31, 32];

/** @param ink grey level of a full pixel */
export function paint(canvas: HTMLCanvasElement, samples: Samples, ink: number): void {
  const context = canvas.getContext('2d');
  if (context === null) return;
  context.clearRect(0, 0, canvas.width, canvas.height);
  const bytes = Uint8Array.from(atob(samples.pixels), (character) => character.charCodeAt(0));
  const { height, width, channels, columns, rows } = samples;
  const used = new Map<number, number>();
  for (const [place, digit] of digits.entries()) {
    const column = columns.indexOf(String(digit));
    const row = used.get(digit) ?? 0;
    used.set(digit, row + 1);
    if (column < 0 || row >= rows) continue;
    const size = height * width * channels;
    const from = (row * columns.length + column) * size;
    const image = new ImageData(width, height);
    for (let i = 0; i < height * width; i++) {
      image.data.fill(ink, 4 * i, 4 * i + 3);
      image.data[4 * i + 3] = at(bytes, from + i * channels);
    }
    context.putImageData(image, (place % PER_ROW) * ACROSS, Math.floor(place / PER_ROW) * DOWN);
  }
}
