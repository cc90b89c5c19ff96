/** Pairs arrays of samples with arrays of labels, split by split. */
import { mismatch } from '../dataset-error.ts';
import type { Split } from '../import/split-names.ts';

export interface Part {
  readonly name: string;
  readonly role: 'samples' | 'labels';
  readonly split: Split | null;
  /** Number of samples. */
  readonly count: number;
}

export interface Pair<T extends Part> {
  readonly split: Split;
  readonly samples: T;
  readonly labels: T;
}

/**
 * @param source for errors. @throws DatasetError where one of a pair is missing or doubled, or
 *   their counts differ
 */
export function pairsOf<T extends Part>(source: string, parts: readonly T[]): Pair<T>[] {
  const splits = [...new Set(parts.map(({ split }) => split ?? 'training'))];
  return splits.map((split) => {
    const here = parts.filter((part) => (part.split ?? 'training') === split);
    const samples = one(source, here, 'samples', split);
    const labels = one(source, here, 'labels', split);
    if (samples.count !== labels.count)
      throw mismatch(
        labels.name,
        null,
        `${String(samples.count)} labels, one for each sample of ${samples.name}`,
        String(labels.count),
      );
    return { split, samples, labels };
  });
}

function one<T extends Part>(
  source: string,
  parts: readonly T[],
  role: Part['role'],
  split: Split,
): T {
  const found = parts.filter((part) => part.role === role);
  const [first, second] = found;
  if (first === undefined)
    throw mismatch(
      source,
      null,
      `${role} for the ${split} set beside ${parts.map(({ name }) => name).join(', ')}`,
      'none',
    );
  if (second !== undefined)
    throw mismatch(
      source,
      null,
      `one file of ${role} for the ${split} set`,
      found.map(({ name }) => name).join(', '),
      'import them one by one',
    );
  return first;
}
