/**
 * The datasets that studies can name, built-in and imported, with what is known of each before it
 * is read.
 */
import { formOf, type DatasetDescription, type Form, type Moments } from './description.ts';
import { datasetsFolder } from './places.ts';
import { contentNamed, hasSamples, readRecord, recordNames } from './store.ts';

/** Part of a description that training needs, with the place of the samples. */
export interface DatasetEntry extends Form {
  readonly name: string;
  /** 0: regression. */
  readonly classes: number;
  /** Numbers of samples. */
  readonly training: number;
  readonly test: number;
  readonly statistics: Moments;
  /** SHA-256, hex, of shape, classes, and the samples of both splits in canonical form. */
  readonly content: string;
  readonly source: BundledSource | ImportedSource;
}

/**
 * Files under resources/datasets/<name>: training images and labels, test images and labels; with
 * their SHA-256.
 */
export interface BundledSource {
  readonly kind: 'bundled';
  readonly files: readonly { readonly name: string; readonly sha256: string }[];
}

export interface ImportedSource {
  readonly kind: 'imported';
  /** Absolute paths and SHA-256 of the splits' files, as `import/arrange.ts` wrote them. */
  readonly training: { readonly file: string; readonly sha256: string };
  readonly test: { readonly file: string; readonly sha256: string };
}

/** Looks up datasets by name. */
export interface Catalogue {
  names(): readonly string[];
  /** Returns undefined if there is none. @throws DatasetError where its record is damaged */
  find(name: string): DatasetEntry | undefined;
}

/** A dataset that comes with Galapagos. */
export interface Bundled {
  readonly entry: DatasetEntry & { readonly source: BundledSource };
  /** Result of an import of its files. */
  readonly description: DatasetDescription;
}

const MNIST_DESCRIPTION: DatasetDescription = {
  shape: [1, 28, 28],
  sampleType: 'u8',
  targets: 0,
  classNames: Array.from({ length: 10 }, (_, digit) => String(digit)),
  training: {
    samples: 60_000,
    sha256: 'efa1bab154570f5dd150394425f1b5ed460c97b6c3c930deea3f4cdd67f11af1',
    perClass: [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949],
  },
  test: {
    samples: 10_000,
    sha256: '615b3f200f6f654fe5bb99f24cf2d622e0aafc451748aa37bd8428864f5696b9',
    perClass: [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009],
  },
  drawn: null,
  statistics: { mean: [0.1306604762738429], deviation: [0.30810780385646264] },
};

export const MNIST = {
  ...summaryOf(MNIST_DESCRIPTION),
  name: 'mnist',
  content: 'a4c6f6150a8fc85283e7b79dec334b97b9000b94f6509a7b6070c894eb572301',
  source: {
    kind: 'bundled',
    files: [
      {
        name: 'train-images-idx3-ubyte.gz',
        sha256: '71524e2cd1ad2968737f7f2f2ff69cbfc32df8ccddff51593f7cb2d4e0eb5b64',
      },
      {
        name: 'train-labels-idx1-ubyte.gz',
        sha256: 'fe03b8bd7915f70bf5aa08be480aa413fbd85afcaa58b35d230d335f284fd88e',
      },
      {
        name: 't10k-images-idx3-ubyte.gz',
        sha256: '5634745efa576a17e7d4cf5cd9d09123c75e6538e5114267c2d156edaf519341',
      },
      {
        name: 't10k-labels-idx1-ubyte.gz',
        sha256: 'ae18e77e031ccde52407f794d123116439864147d33ac992975f85dd4dc42af6',
      },
    ],
  },
} as const satisfies DatasetEntry;

const BUNDLED: readonly Bundled[] = [{ entry: MNIST, description: MNIST_DESCRIPTION }];

/** Names that come with Galapagos: no import can take them. */
export const BUNDLED_NAMES: readonly string[] = BUNDLED.map(({ entry }) => entry.name);

/** Contents that come with Galapagos. */
export const BUNDLED_CONTENTS: readonly string[] = BUNDLED.map(({ entry }) => entry.content);

/** Returns the built-in dataset of this name; undefined: there is none. */
export function bundledDataset(name: string): Bundled | undefined {
  return BUNDLED.find(({ entry }) => entry.name === name);
}

/** Returns the fields of an entry that a description has. */
function summaryOf(
  description: DatasetDescription,
): Omit<DatasetEntry, 'name' | 'content' | 'source'> {
  const { classNames, training, test, statistics } = description;
  return {
    ...formOf(description),
    classes: classNames.length,
    training: training.samples,
    test: test.samples,
    statistics,
  };
}

/** A dataset whose samples, classes and split equal those of an import. */
export interface SameDataset {
  readonly name: string;
  /** True if it is built in. */
  readonly bundled: boolean;
}

/**
 * Finds the built-in or stored dataset with this content hash. Class names are not compared,
 * because the hash does not cover them.
 * @param folder absolute path of the imported datasets; it need not exist
 * @returns null where there is none, or where the stored samples are missing
 */
export function datasetWithContent(folder: string, content: string): SameDataset | null {
  const builtIn = BUNDLED.find(({ entry }) => entry.content === content);
  if (builtIn !== undefined) return { name: builtIn.entry.name, bundled: true };
  const holds = (name: string): boolean =>
    contentNamed(folder, name) === content && hasSamples(folder, content);
  const name = recordNames(folder).find(holds);
  return name === undefined ? null : { name, bundled: false };
}

/**
 * @param folder absolute path of the imported datasets; it need not exist. null: built-in datasets
 *   only
 */
export function catalogueOf(folder: string | null): Catalogue {
  return {
    names: () => [...BUNDLED_NAMES, ...(folder === null ? [] : recordNames(folder))],
    find: (name) =>
      bundledDataset(name)?.entry ?? (folder === null ? undefined : imported(folder, name)),
  };
}

/** @param userFolder absolute path of this user's folder */
export function catalogueIn(userFolder: string): Catalogue {
  return catalogueOf(datasetsFolder(userFolder));
}

function imported(folder: string, name: string): DatasetEntry | undefined {
  const record = readRecord(folder, name);
  return record === null ? undefined : entryOf(name, record.content, record, record.files);
}

/** @param files absolute paths of the splits' files, as `import/arrange.ts` wrote them */
export function entryOf(
  name: string,
  content: string,
  description: DatasetDescription,
  files: { readonly training: string; readonly test: string },
): DatasetEntry {
  return {
    ...summaryOf(description),
    name,
    content,
    source: {
      kind: 'imported',
      training: { file: files.training, sha256: description.training.sha256 },
      test: { file: files.test, sha256: description.test.sha256 },
    },
  };
}
