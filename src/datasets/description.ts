/**
 * The description of a dataset. The catalogue, stored records, previews, the command line's output
 * and the window's messages contain these fields and derive them from here.
 */

/** Shape and types that all samples of a dataset share. */
export interface Form {
  /** Of one sample: [channels, height, width], or [features]. */
  readonly shape: readonly number[];
  readonly sampleType: 'u8' | 'f32';
  /** Number of targets; 0: classification. */
  readonly targets: number;
}

/** Mean and deviation of the training values, by channel or feature; bytes as fractions of 255. */
export interface Moments {
  readonly mean: readonly number[];
  /** Population deviation; 1 where all values are equal, so that dividing by it is safe. */
  readonly deviation: readonly number[];
}

export interface SplitDescription {
  readonly samples: number;
  /** SHA-256, hex, of the split's form, values and labels in canonical form. */
  readonly sha256: string;
  /** Samples of each class; empty for regression. */
  readonly perClass: readonly number[];
}

export interface DatasetDescription extends Form {
  /** Empty: regression. */
  readonly classNames: readonly string[];
  readonly training: SplitDescription;
  readonly test: SplitDescription;
  /** How the test set was drawn; null: the source had one. */
  readonly drawn: { readonly share: number; readonly seed: number } | null;
  readonly statistics: Moments;
}

/** Removes `readonly`, at any depth: the types of schemas are mutable. */
type Mutable<T> = T extends object ? { -readonly [K in keyof T]: Mutable<T[K]> } : T;

/** Returns the fields of the description alone, copied. */
export function described(of: DatasetDescription): Mutable<DatasetDescription> {
  const split = ({ samples, sha256, perClass }: SplitDescription): Mutable<SplitDescription> => ({
    samples,
    sha256,
    perClass: [...perClass],
  });
  const { statistics, drawn } = of;
  return {
    shape: [...of.shape],
    sampleType: of.sampleType,
    classNames: [...of.classNames],
    targets: of.targets,
    training: split(of.training),
    test: split(of.test),
    drawn: drawn === null ? null : { share: drawn.share, seed: drawn.seed },
    statistics: { mean: [...statistics.mean], deviation: [...statistics.deviation] },
  };
}

/** Returns the form alone, copied. */
export function formOf({ shape, sampleType, targets }: Form): Mutable<Form> {
  return { shape: [...shape], sampleType, targets };
}

/** Bytes of the values of one sample. */
export function valueBytes({ shape, sampleType }: Pick<Form, 'shape' | 'sampleType'>): number {
  return shape.reduce((product, n) => product * n, sampleType === 'u8' ? 1 : 4);
}
