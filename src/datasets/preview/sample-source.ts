/**
 * Reads training samples of a dataset one by one, without the rest, for previews. Never blocks for
 * longer than one read.
 */
import { open, type FileHandle } from 'node:fs/promises';
import { mismatch, unreadable } from '../dataset-error.ts';
import { valueBytes, type Form } from '../description.ts';

export interface SampleSource {
  /** Classes of the samples in order, in runs. Call once. */
  labels(): AsyncIterable<ArrayLike<number>>;
  /** Values of one sample, as stored. Call in ascending order. */
  values(sample: number): Promise<Uint8Array | Float32Array>;
  /** Targets of one sample. */
  targets(sample: number): Promise<Float32Array>;
  close(): Promise<void>;
}

const RUN = 64 * 1024;

/** File of a split as `import/arrange.ts` writes it: all values, then all classes or targets. */
export class SplitFile implements SampleSource {
  readonly #path: string;
  readonly #file: FileHandle;
  readonly #form: Form;
  readonly #samples: number;
  readonly #classes: number;

  private constructor(
    path: string,
    file: FileHandle,
    form: Form,
    samples: number,
    classes: number,
  ) {
    this.#path = path;
    this.#file = file;
    this.#form = form;
    this.#samples = samples;
    this.#classes = classes;
  }

  /** @throws DatasetError where it cannot be read or has the wrong size */
  static async open(
    path: string,
    form: Form,
    samples: number,
    classes: number,
  ): Promise<SplitFile> {
    let file: FileHandle;
    try {
      file = await open(path);
    } catch (error) {
      throw unreadable(path, error);
    }
    const split = new SplitFile(path, file, form, samples, classes);
    const expected = samples * (split.#valueBytes + split.#labelBytes);
    const { size } = await file.stat();
    if (size === expected) return split;
    await file.close();
    throw mismatch(
      path,
      null,
      `${String(expected)} bytes`,
      String(size),
      'the file was changed or cut short',
    );
  }

  async *labels(): AsyncGenerator<ArrayLike<number>> {
    const each = this.#labelBytes;
    const first = this.#samples * this.#valueBytes;
    for (let done = 0; done < this.#samples; done += RUN) {
      const count = Math.min(RUN, this.#samples - done);
      const bytes = await this.#read(first + done * each, count * each);
      yield each === 1 ? bytes : new Uint16Array(bytes.buffer, 0, count);
    }
  }

  async values(sample: number): Promise<Uint8Array | Float32Array> {
    const bytes = await this.#read(sample * this.#valueBytes, this.#valueBytes);
    return this.#form.sampleType === 'u8' ? bytes : new Float32Array(bytes.buffer);
  }

  async targets(sample: number): Promise<Float32Array> {
    const each = this.#labelBytes;
    return new Float32Array(
      (await this.#read(this.#samples * this.#valueBytes + sample * each, each)).buffer,
    );
  }

  close(): Promise<void> {
    return this.#file.close();
  }

  get #valueBytes(): number {
    return valueBytes(this.#form);
  }

  get #labelBytes(): number {
    return this.#form.targets > 0 ? 4 * this.#form.targets : this.#classes <= 256 ? 1 : 2;
  }

  async #read(offset: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
    const bytes = new Uint8Array(length);
    for (let done = 0; done < length;) {
      const { bytesRead } = await this.#file.read(bytes, done, length - done, offset + done);
      if (bytesRead === 0)
        throw mismatch(
          this.#path,
          `offset ${String(offset + done)}`,
          `${String(length - done)} more bytes`,
          'the end of the file',
        );
      done += bytesRead;
    }
    return bytes;
  }
}
