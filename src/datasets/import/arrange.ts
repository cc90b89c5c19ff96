/**
 * Converts samples in order of arrival to the dataset's canonical form: splits, an order that
 * depends on the samples alone, and a file, hash and statistics for each split. Two sources of the
 * same samples result in the same bytes.
 */
import { createHash } from 'node:crypto';
import { closeSync } from 'node:fs';
import { join } from 'node:path';
import { at, defined } from '../../core/at.ts';
import { mismatch } from '../dataset-error.ts';
import type { DatasetDescription, Form, SplitDescription } from '../description.ts';
import { created, writeWhole } from '../sources/write-whole.ts';
import { splitValidation, type Split as Drawn } from '../split.ts';
import type { NumberedClasses } from './classes.ts';
import type { Importing } from './importing.ts';
import type { ImportProgress } from './options.ts';
import type { Samples } from './samples.ts';
import type { Split } from './split-names.ts';
import { Statistics } from './statistics.ts';

const BUFFER = 2 ** 20;

/**
 * @param source for errors
 * @param folder in which the files `training` and `test` are written
 */
export function arrange(
  source: string,
  folder: string,
  importing: Importing,
  progress: (progress: ImportProgress) => void,
): DatasetDescription {
  const { samples, classes, meter, checkpoint } = importing;
  const { form } = samples;
  if (form === null || samples.count === 0) throw mismatch(source, null, 'samples', 'none');
  samples.flush();
  const numbered: NumberedClasses =
    form.targets > 0 ? { names: [], numberOf: new Uint32Array(0) } : classes.numbered(source);
  const { bytes, ofBytes } = meter;
  progress({ phase: 'sorting', samples: samples.count, of: samples.count, bytes, ofBytes });
  const { training, test, drawn } = split(source, importing, numbered);
  checkpoint();
  const statistics = new Statistics(form);
  let written = 0;
  const write = (
    name: string,
    order: Uint32Array,
    measured: Statistics | null,
  ): SplitDescription => {
    const writer = new SplitWriter(join(folder, name), samples, form, numbered);
    try {
      return writer.write(order, measured, () => {
        checkpoint();
        progress({ phase: 'writing', samples: (written += 1), of: samples.count, bytes, ofBytes });
      });
    } finally {
      writer.close();
    }
  };
  const trained = write('training', training, statistics);
  const tested = write('test', test, null);
  numbered.names.forEach((name, c) => {
    if (at(tested.perClass, c) > 0 && trained.perClass[c] === 0)
      throw mismatch(
        source,
        null,
        'training samples of every class',
        `class ${JSON.stringify(name)} only in the test set`,
      );
  });
  return {
    ...form,
    classNames: numbered.names,
    training: trained,
    test: tested,
    drawn,
    statistics: statistics.finish(),
  };
}

interface Splits {
  readonly training: Uint32Array;
  readonly test: Uint32Array;
  readonly drawn: DatasetDescription['drawn'];
}

/**
 * Returns the source's own test set, else its validation set, else one drawn class by class, each
 * in canonical order.
 */
function split(
  source: string,
  { samples, options, note }: Importing,
  { names, numberOf }: NumberedClasses,
): Splits {
  const of = (wanted: Split): number[] =>
    Array.from({ length: samples.count }, (_, i) => i).filter((i) => samples.splitOf(i) === wanted);
  const sorted = (list: readonly number[]): Uint32Array =>
    samples.sort(Uint32Array.from(list), numberOf);
  const [training, test, validation] = [of('training'), of('test'), of('validation')];
  if (training.length === 0) throw mismatch(source, null, 'training samples', 'only others');
  if (test.length > 0) {
    if (validation.length > 0)
      note(
        `its ${String(validation.length)} validation samples joined the training set: studies draw their own`,
      );
    return { training: sorted([...training, ...validation]), test: sorted(test), drawn: null };
  }
  if (validation.length > 0) {
    note('it has no test set: its validation set is used as the test set');
    return { training: sorted(training), test: sorted(validation), drawn: null };
  }
  const { testShare: share, seed } = options;
  const all = sorted(training);
  const labels =
    names.length === 0
      ? new Uint8Array(all.length)
      : all.map((i) => defined(numberOf[samples.classOf(i)]));
  const parts = leavingOne(splitValidation(labels, Math.max(1, names.length), share, seed), labels);
  if (parts.validation.length === 0 || parts.training.length === 0)
    throw mismatch(
      source,
      null,
      `enough samples to draw a test set of ${String(share)} from`,
      String(all.length),
    );
  return {
    training: parts.training.map((i) => defined(all[i])),
    test: parts.validation.map((i) => defined(all[i])),
    drawn: { share, seed },
  };
}

/** Keeps the first sample of a class for training if all would be test samples. */
function leavingOne({ training, validation }: Drawn, labels: ArrayLike<number>): Drawn {
  const trained = new Set(Array.from(training, (i) => labels[i]));
  const kept = new Set<number>();
  for (const i of validation) {
    if (trained.has(labels[i])) continue;
    trained.add(labels[i]);
    kept.add(i);
  }
  if (kept.size === 0) return { training, validation };
  return {
    training: Uint32Array.from([...training, ...kept]).sort(),
    validation: validation.filter((i) => !kept.has(i)),
  };
}

/**
 * `[samples, …shape]` values, then `[samples]` classes (8 bits up to 256 of them, else 16) or
 * `[samples, targets]` float32.
 */
class SplitWriter {
  readonly #file: number;
  readonly #samples: Samples;
  readonly #form: Form;
  readonly #numbered: NumberedClasses;
  readonly #hash = createHash('sha256');

  constructor(path: string, samples: Samples, form: Form, numbered: NumberedClasses) {
    this.#file = created(path, 'wx');
    this.#samples = samples;
    this.#form = form;
    this.#numbered = numbered;
  }

  write(order: Uint32Array, statistics: Statistics | null, wrote: () => void): SplitDescription {
    const { shape, sampleType, targets } = this.#form;
    const classes = this.#numbered.names.length;
    this.#hash.update(
      splitDescription({ shape, sampleType, classes, targets, samples: order.length }),
    );
    const size = this.#samples.sampleBytes;
    const room = Math.max(1, Math.floor(BUFFER / size));
    const buffer = Buffer.allocUnsafeSlow(room * size);
    for (let first = 0; first < order.length; first += room) {
      const n = Math.min(room, order.length - first);
      for (let i = 0; i < n; i++) {
        const value = buffer.subarray(i * size, (i + 1) * size);
        this.#samples.read(defined(order[first + i]), value);
        statistics?.add(value);
        wrote();
      }
      this.#put(buffer.subarray(0, n * size));
    }
    const perClass = Array<number>(classes).fill(0);
    this.#put(targets > 0 ? this.#targetBytes(order) : this.#classBytes(order, perClass));
    return { samples: order.length, sha256: this.#hash.digest('hex'), perClass };
  }

  close(): void {
    closeSync(this.#file);
  }

  #put(content: Uint8Array): void {
    this.#hash.update(content);
    writeWhole(this.#file, content);
  }

  #classBytes(order: Uint32Array, perClass: number[]): Uint8Array {
    const labels =
      perClass.length <= 256 ? new Uint8Array(order.length) : new Uint16Array(order.length);
    order.forEach((sample, i) => {
      const label = defined(this.#numbered.numberOf[this.#samples.classOf(sample)]);
      labels[i] = label;
      perClass[label] = defined(perClass[label]) + 1;
    });
    return new Uint8Array(labels.buffer);
  }

  #targetBytes(order: Uint32Array): Uint8Array {
    const { targets } = this.#form;
    const values = new Float32Array(order.length * targets);
    order.forEach((sample, i) => values.set(this.#samples.targetsOf(sample), i * targets));
    return new Uint8Array(values.buffer);
  }
}

/** First line of the hashed data, so that equal bytes of another shape have another hash. */
export function splitDescription(about: {
  shape: readonly number[];
  sampleType: string;
  classes: number;
  targets: number;
  samples: number;
}): string {
  const { shape, sampleType, classes, targets, samples } = about;
  return `galapagos-split/1 ${sampleType} ${shape.join('x')} classes ${String(classes)} targets ${String(targets)} samples ${String(samples)}\n`;
}
