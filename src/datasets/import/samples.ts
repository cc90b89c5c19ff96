/**
 * The samples of an import in order of arrival: values in one file, labels and hashes in memory.
 * Sorting and splitting follow later. Values are little-endian, as on this machine.
 */
import { closeSync, readSync, rmSync } from 'node:fs';
import { at, defined } from '../../core/at.ts';
import { grouped, mismatch } from '../dataset-error.ts';
import { valueBytes, type Form } from '../description.ts';
import { created, writeWhole } from '../sources/write-whole.ts';
import type { Split } from './split-names.ts';

const SPLITS: readonly Split[] = ['training', 'test', 'validation'];
/** Limit of samples: each takes 17 bytes and its targets in memory. */
const MOST_SAMPLES = 4_000_000;
const MOST_SAMPLE_BYTES = 24_000_000;
const BUFFER = 2 ** 20;

export class Samples {
  readonly #path: string;
  readonly #file: number;
  #form: { readonly form: Form; readonly from: string } | null = null;
  #buffer = Buffer.allocUnsafe(BUFFER);
  #buffered = 0;
  #words = new Int32Array(0);
  #bytes = 0;
  /** [sample]: class in order of appearance. [sample, target]: targets. */
  #classes = new Uint32Array(1024);
  #targets = new Float32Array(0);
  #splits = new Uint8Array(1024);
  /** Two words of hash for each sample. */
  #hashes = new Uint32Array(2048);
  count = 0;

  /** @param path of a file that is created */
  constructor(path: string) {
    this.#path = path;
    this.#file = created(path, 'wx+');
  }

  get form(): Form | null {
    return this.#form?.form ?? null;
  }

  /** Size of one sample's values in bytes. */
  get sampleBytes(): number {
    return this.#bytes;
  }

  /**
   * Call before adding samples of a file. @throws DatasetError where its form differs from earlier
   * ones
   */
  begin(file: string, form: Form): void {
    if (this.#form !== null) {
      const [expected, found] = [formText(this.#form.form), formText(form)];
      if (expected !== found)
        throw mismatch(file, null, `samples of ${expected} as in ${this.#form.from}`, found);
      return;
    }
    this.#bytes = valueBytes(form);
    if (this.#bytes === 0 || this.#bytes > MOST_SAMPLE_BYTES)
      throw mismatch(
        file,
        null,
        `samples of 1 to ${grouped(MOST_SAMPLE_BYTES)} bytes`,
        formText(form),
      );
    this.#form = { form, from: file };
    this.#words = new Int32Array(Math.ceil(this.#bytes / 4));
    this.#targets = new Float32Array(1024 * form.targets);
    if (this.#bytes > BUFFER) this.#buffer = Buffer.allocUnsafe(this.#bytes);
  }

  /**
   * @param values [samples, …shape] as bytes
   * @param labels one class for each sample, in order of appearance; or [samples, targets]
   */
  add(file: string, split: Split, values: Uint8Array, labels: ArrayLike<number>): void {
    const size = this.#bytes;
    const added = values.length / size;
    if (this.count + added > MOST_SAMPLES)
      throw mismatch(file, null, `at most ${grouped(MOST_SAMPLES)} samples`, 'more');
    this.#grow(this.count + added);
    const scratch = new Uint8Array(this.#words.buffer);
    for (let i = 0; i < added; i++) {
      const value = values.subarray(i * size, (i + 1) * size);
      scratch.set(value);
      hash(this.#words, this.#hashes, 2 * (this.count + i));
      this.#write(value);
    }
    const targets = this.#form?.form.targets ?? 0;
    if (targets === 0) this.#classes.set(labels, this.count);
    else this.#targets.set(labels, this.count * targets);
    this.#splits.fill(SPLITS.indexOf(split), this.count, this.count + added);
    this.count += added;
  }

  splitOf(sample: number): Split {
    return at(SPLITS, defined(this.#splits[sample]));
  }

  /** Class in order of appearance. */
  classOf(sample: number): number {
    return defined(this.#classes[sample]);
  }

  /** Targets of a sample. */
  targetsOf(sample: number): Float32Array {
    const targets = this.#form?.form.targets ?? 0;
    return this.#targets.subarray(sample * targets, (sample + 1) * targets);
  }

  /** Nothing can be added afterwards. */
  flush(): void {
    writeWhole(this.#file, this.#buffer.subarray(0, this.#buffered));
    this.#buffered = 0;
  }

  /** Reads one sample's values into `target`, after `flush`. */
  read(sample: number, target: Uint8Array): void {
    const got = readSync(this.#file, target, 0, this.#bytes, sample * this.#bytes);
    if (got !== this.#bytes)
      throw new Error(`sample ${String(sample)}: ${String(got)} of ${String(this.#bytes)} bytes`);
  }

  /**
   * Sorts into the order that depends on the samples alone: by a hash of their values, then by the
   * values, then by the label or targets. Sorts in place.
   * @param numberOf classes in order of appearance → classes
   */
  sort(samples: Uint32Array, numberOf: Uint32Array): Uint32Array {
    const hashes = this.#hashes;
    const [a, b] = [Buffer.alloc(this.#bytes), Buffer.alloc(this.#bytes)];
    return samples.sort((i, j) => {
      const first = defined(hashes[2 * i]) - defined(hashes[2 * j]);
      if (first !== 0) return first;
      const second = defined(hashes[2 * i + 1]) - defined(hashes[2 * j + 1]);
      if (second !== 0) return second;
      this.read(i, a);
      this.read(j, b);
      const values = Buffer.compare(a, b);
      if (values !== 0) return values;
      if ((this.form?.targets ?? 0) === 0)
        return defined(numberOf[this.classOf(i)]) - defined(numberOf[this.classOf(j)]);
      const [t, u] = [this.targetsOf(i), this.targetsOf(j)];
      const k = t.findIndex((value, i) => value !== u[i]);
      return k === -1 ? 0 : at(t, k) - at(u, k);
    });
  }

  /** Closes and deletes the file. */
  close(): void {
    closeSync(this.#file);
    rmSync(this.#path, { force: true });
  }

  #write(value: Uint8Array): void {
    if (this.#buffered + value.length > this.#buffer.length) this.flush();
    this.#buffer.set(value, this.#buffered);
    this.#buffered += value.length;
  }

  #grow(count: number): void {
    if (count <= this.#splits.length) return;
    const room = Math.max(count, 2 * this.#splits.length);
    const targets = this.#form?.form.targets ?? 0;
    const grown = <T extends Uint8Array | Uint32Array | Float32Array>(from: T, to: T): T => {
      to.set(from);
      return to;
    };
    this.#classes = grown(this.#classes, new Uint32Array(room));
    this.#splits = grown(this.#splits, new Uint8Array(room));
    this.#hashes = grown(this.#hashes, new Uint32Array(2 * room));
    this.#targets = grown(this.#targets, new Float32Array(room * targets));
  }
}

/** `3×32×32 bytes`. */
function formText({ shape, sampleType, targets }: Form): string {
  const predicted =
    targets === 0
      ? ''
      : ` with ${String(targets)} ${targets === 1 ? 'number' : 'numbers'} to predict`;
  return `${shape.join('×')} ${sampleType === 'u8' ? 'bytes' : 'numbers'}${predicted}`;
}

const [FACTOR_A, FACTOR_B] = [0x9e3779b1 | 0, 0x85ebca6b | 0] as const;

/**
 * Two words that spread similar samples evenly; not a cryptographic hash, since it only orders.
 * 32-bit integers throughout and no iterator: a third of the time.
 */
function hash(words: Int32Array, into: Uint32Array, offset: number): void {
  let a = 0x243f6a88 | 0;
  let b = 0x13198a2e | 0;
  const { length } = words;
  for (let i = 0; i < length; i++) {
    const word = defined(words[i]);
    a = Math.imul(a ^ word, FACTOR_A);
    a = (a << 15) | (a >>> 17);
    b = Math.imul((b + word) | 0, FACTOR_B);
    b = (b << 13) | (b >>> 19);
  }
  into[offset] = finished(a);
  into[offset + 1] = finished(b);
}

function finished(h: number): number {
  let mixed = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
