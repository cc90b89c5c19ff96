/** Pictures of some samples of each class, for checking that the data are right. */
import { at, defined } from '../../core/at.ts';
import type { SampleSource } from './sample-source.ts';

export interface SampleGrid {
  readonly channels: 1 | 3;
  readonly height: number;
  readonly width: number;
  /** Factor by which a side was reduced, by averaging; 1: original size. */
  readonly reduced: number;
  /** The first classes in their order; a single column for regression. */
  readonly columns: readonly GridColumn[];
}

export interface GridColumn {
  /** Its class; null: regression. */
  readonly class: number | null;
  readonly samples: number;
  /**
   * [samples, channels, height, width]. Numbers are scaled to bytes between the least and the
   * greatest shown.
   */
  readonly pixels: Uint8Array;
}

export interface GridForm {
  /** [channels, height, width]. */
  readonly shape: readonly number[];
  readonly sampleType: 'u8' | 'f32';
  /** 0: regression. */
  readonly classes: number;
  /** Samples of each class, or of all for regression. */
  readonly perClass: readonly number[];
}

const COLUMNS = 10;
const ROWS = 4;
/** Pictures with a longer side are reduced. */
const LONGEST_SIDE = 128;
/** Size in bytes of a sample above which one of each class is read. */
const LARGE_BYTES = 2 * 2 ** 20;
/** Number of values processed before the event loop gets a turn. */
const SLICE = 2 ** 20;

export async function sampleGrid(source: SampleSource, form: GridForm): Promise<SampleGrid> {
  const [channels = 1, height = 1, width = 1] = form.shape;
  const rows =
    channels * height * width * (form.sampleType === 'u8' ? 1 : 4) > LARGE_BYTES ? 1 : ROWS;
  const chosen =
    form.classes === 0
      ? unclassed(rows * COLUMNS, at(form.perClass, 0))
      : await byClass(source, form, rows);
  const factor = Math.ceil(Math.max(height, width) / LONGEST_SIDE);
  const shown = { channels, height: Math.ceil(height / factor), width: Math.ceil(width / factor) };
  const pictures = new Map<number, Float32Array>();
  for (const sample of chosen.flatMap(({ samples }) => samples).sort((a, b) => a - b))
    pictures.set(
      sample,
      await reduce(await source.values(sample), { channels, height, width }, factor),
    );
  const toByte = form.sampleType === 'u8' ? Math.round : stretched(pictures.values());
  const size = channels * shown.height * shown.width;
  const columns = chosen.map(({ class: number, samples }) => {
    const pixels = new Uint8Array(samples.length * size);
    samples.forEach((sample, i) => pixels.set(pictures.get(sample)?.map(toByte) ?? [], i * size));
    return { class: number, samples: samples.length, pixels };
  });
  return { ...shown, channels: channels === 1 ? 1 : 3, reduced: factor, columns };
}

interface Chosen {
  readonly class: number | null;
  readonly samples: number[];
}

function unclassed(most: number, samples: number): Chosen[] {
  return [{ class: null, samples: Array.from({ length: Math.min(most, samples) }, (_, i) => i) }];
}

/** Finds the first samples of the first classes; reads labels until it has them. */
async function byClass(
  source: SampleSource,
  { classes, perClass }: GridForm,
  rows: number,
): Promise<Chosen[]> {
  const chosen = Array.from({ length: Math.min(COLUMNS, classes) }, (_, c): Chosen => ({
    class: c,
    samples: [],
  }));
  let missing = chosen.reduce((sum, _, c) => sum + Math.min(rows, at(perClass, c)), 0);
  let first = 0;
  for await (const labels of source.labels()) {
    for (let i = 0; i < labels.length && missing > 0; i++) {
      const samples = chosen[defined(labels[i])]?.samples;
      if (samples === undefined || samples.length === rows) continue;
      samples.push(first + i);
      missing -= 1;
    }
    if (missing <= 0) break;
    first += labels.length;
  }
  return chosen;
}

interface Size {
  readonly channels: number;
  readonly height: number;
  readonly width: number;
}

/** Replaces each square of `factor` pixels by its mean; the last one may be smaller. */
async function reduce(
  values: Uint8Array | Float32Array,
  { channels, height, width }: Size,
  factor: number,
): Promise<Float32Array> {
  if (factor === 1) return Float32Array.from(values);
  const [rows, columns] = [Math.ceil(height / factor), Math.ceil(width / factor)];
  const reduced = new Float32Array(channels * rows * columns);
  let looked = 0;
  for (let row = 0; row < channels * rows; row++) {
    const top = Math.floor(row / rows) * height + (row % rows) * factor;
    const deep = Math.min(factor, height - (row % rows) * factor);
    for (let column = 0; column < columns; column++) {
      const wide = Math.min(factor, width - column * factor);
      let sum = 0;
      for (let y = 0; y < deep; y++)
        for (let x = 0; x < wide; x++)
          sum += defined(values[(top + y) * width + column * factor + x]);
      reduced[row * columns + column] = sum / (deep * wide);
    }
    looked += deep * width;
    if (looked < SLICE) continue;
    looked = 0;
    await new Promise(setImmediate);
  }
  return reduced;
}

/** Scales the range of the shown values to 0 … 255. */
function stretched(pictures: Iterable<Float32Array>): (value: number) => number {
  let [least, greatest] = [Infinity, -Infinity];
  for (const picture of pictures)
    for (const value of picture) {
      if (value < least) least = value;
      if (value > greatest) greatest = value;
    }
  const unit = greatest > least ? 255 / (greatest - least) : 0;
  return (value) => Math.round((value - least) * unit);
}
