/** Finds the dataset that a window names, or throws an error that lists the existing ones. */
import { GalapagosError } from '../core/errors.ts';
import { nearestName } from '../core/nearest-name.ts';
import type { Catalogue, DatasetEntry } from '../datasets/catalogue.ts';

/** @throws GalapagosError `unknown-dataset`; DatasetError where its record is damaged */
export function knownDataset(catalogue: Catalogue, name: string): DatasetEntry {
  const entry = catalogue.find(name);
  return entry ?? unknownDataset(name, catalogue.names());
}

export function unknownDataset(name: string, names: readonly string[]): never {
  const nearest = nearestName(name, names);
  const guess = nearest === undefined ? '' : ` Did you mean ${nearest}?`;
  throw new GalapagosError(
    'unknown-dataset',
    `there is no dataset ${JSON.stringify(name)}.${guess} The datasets are ${names.join(', ')}.`,
    {
      found: name,
      expected: names,
      ...(nearest === undefined ? {} : { hint: nearest }),
    },
  );
}
