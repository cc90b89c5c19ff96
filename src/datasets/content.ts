/** The identity of a dataset by its bytes, and the refusal of other bytes under the same name. */
import type { Catalogue, DatasetEntry } from './catalogue.ts';
import { DatasetError } from './dataset-error.ts';

/** A dataset as one machine names it to another. */
export interface DatasetReference {
  readonly name: string;
  /** SHA-256, hex, of shape, classes, and the samples of both splits. */
  readonly content: string;
}

/** @returns null where the name is unknown, or its record is damaged */
export function referenceTo(catalogue: Catalogue, name: string): DatasetReference | null {
  try {
    const entry = catalogue.find(name);
    return entry === undefined ? null : { name, content: entry.content };
  } catch (error) {
    // Training on it reports the damage; nothing can be compared with it.
    if (error instanceof DatasetError) return null;
    throw error;
  }
}

/**
 * The dataset that a reference names here.
 * @returns undefined: there is none of this name
 * @throws DatasetError `other-dataset` where the name stands for other bytes here; as
 *   `Catalogue.find` does
 */
export function referenced(
  catalogue: Catalogue,
  { name, content }: DatasetReference,
): DatasetEntry | undefined {
  const entry = catalogue.find(name);
  if (entry === undefined || entry.content === content) return entry;
  const hint = `import the dataset of the study's machine here as ${name}, or import the one that is here under another name`;
  throw new DatasetError(
    { file: name, expected: content, found: entry.content, hint },
    `this worker's machine has another dataset of this name: expected SHA-256 ${content}, found ${entry.content}; ${hint}`,
    'other-dataset',
  );
}
