/**
 * Mean and deviation of the training values, for each channel of images or each feature of vectors.
 * Bytes count as fractions of 255.
 */
import { defined } from '../../core/at.ts';
import type { Form, Moments } from '../description.ts';

/** Number of bytes whose sum of squares fits 31 bits. */
const RUN = 32_768;

export class Statistics {
  readonly #form: Form;
  readonly #channels: number;
  readonly #plane: number;
  readonly #sums: Float64Array;
  readonly #squares: Float64Array;
  /**
   * The first sample's values: sums are taken relative to them, so that close numbers keep their
   * digits.
   */
  readonly #around: Float64Array;
  #samples = 0;

  constructor(form: Form) {
    this.#form = form;
    const [channels = 1, ...plane] = form.shape;
    this.#channels = channels;
    this.#plane = plane.reduce((product, n) => product * n, 1);
    this.#sums = new Float64Array(channels);
    this.#squares = new Float64Array(channels);
    this.#around = new Float64Array(channels);
  }

  /** One sample's values as bytes, aligned for its type. */
  add(bytes: Uint8Array): void {
    if (this.#form.sampleType === 'u8') this.#addBytes(bytes);
    else this.#addValues(new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4));
    this.#samples += 1;
  }

  finish(): Moments {
    const count = this.#samples * this.#plane;
    const unit = this.#form.sampleType === 'u8' ? 255 : 1;
    const mean: number[] = [];
    const deviation: number[] = [];
    for (let c = 0; c < this.#channels; c++) {
      const shifted = defined(this.#sums[c]) / count;
      const variance = Math.max(0, defined(this.#squares[c]) / count - shifted * shifted);
      mean.push((defined(this.#around[c]) + shifted) / unit);
      deviation.push(variance === 0 ? 1 : Math.sqrt(variance) / unit);
    }
    return { mean, deviation };
  }

  /** The same sums in integers: several times faster, and also exact. */
  #addBytes(values: Uint8Array): void {
    const plane = this.#plane;
    if (values.length !== this.#channels * plane)
      throw new RangeError(`a sample of ${values.length} values, not ${this.#channels * plane}`);
    if (this.#samples === 0)
      for (let c = 0; c < this.#channels; c++) this.#around[c] = defined(values[c * plane]);
    for (let c = 0; c < this.#channels; c++) {
      const around = defined(this.#around[c]) | 0;
      for (let from = c * plane; from < (c + 1) * plane; from += RUN) {
        const to = Math.min(from + RUN, (c + 1) * plane);
        let sum = 0;
        let squares = 0;
        for (let i = from; i < to; i++) {
          // eslint-disable-next-line @typescript-eslint/no-non-null-assertion -- a check here takes 10 % of an import; the length is checked above
          const value = (values[i]! - around) | 0;
          sum = (sum + value) | 0;
          squares = (squares + Math.imul(value, value)) | 0;
        }
        this.#sums[c] = defined(this.#sums[c]) + sum;
        this.#squares[c] = defined(this.#squares[c]) + squares;
      }
    }
  }

  #addValues(values: Float32Array): void {
    const plane = this.#plane;
    if (this.#samples === 0)
      for (let c = 0; c < this.#channels; c++) this.#around[c] = defined(values[c * plane]);
    for (let c = 0; c < this.#channels; c++) {
      const around = defined(this.#around[c]);
      let sum = 0;
      let squares = 0;
      for (let i = c * plane; i < (c + 1) * plane; i++) {
        const value = defined(values[i]) - around;
        sum += value;
        squares += value * value;
      }
      this.#sums[c] = defined(this.#sums[c]) + sum;
      this.#squares[c] = defined(this.#squares[c]) + squares;
    }
  }
}
