/** Compares the Python and packages of another machine with those of this one. */
import type { PythonPackages } from '../../../protocol/python-packages.ts';

export interface PackageDifference {
  /** A module, or `Python`. */
  readonly name: string;
  /** Version on the other machine; empty: unknown, null: missing. */
  readonly there: string | null;
  readonly here: string | null;
}

/**
 * Returns what differs, Python first, then by name. A version that one of the machines does not
 * know counts as equal.
 */
export function packageDifferences(
  there: PythonPackages,
  here: PythonPackages,
): PackageDifference[] {
  const names = Object.keys(there.packages).sort();
  const all = [
    { name: 'Python', there: there.python, here: here.python },
    ...names.map((name) => ({
      name,
      there: there.packages[name] ?? null,
      // Absent: part of this Python's standard library.
      here: Object.hasOwn(here.packages, name) ? (here.packages[name] ?? null) : '',
    })),
  ];
  return all.filter(({ there: found, here: own }) => {
    if (found === null || own === null) return found !== own;
    return found !== own && found !== '' && own !== '';
  });
}
