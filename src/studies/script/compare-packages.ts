/** Compares the Python and packages of another machine with those of this one, in words. */
import type { PythonPackages } from '../../protocol/python-packages.ts';

/**
 * Lists what differs, such as `Python 3.11.2 (here 3.12.1); numpy is missing`; null: nothing. A
 * version that one of the machines does not know counts as equal.
 */
export function packageDifferences(there: PythonPackages, here: PythonPackages): string | null {
  const differences =
    there.python === here.python ? [] : [`Python ${there.python} (here ${here.python})`];
  for (const [name, found] of Object.entries(there.packages).sort(([a], [b]) => (a < b ? -1 : 1))) {
    // Absent here: part of this Python's standard library.
    const own = here.packages[name];
    if (found === null) {
      if (own !== null) differences.push(`${name} is missing`);
    } else if (own === null) differences.push(`${`${name} ${found}`.trim()} (missing here)`);
    else if (own !== undefined && own !== found && own !== '' && found !== '')
      differences.push(`${name} ${found} (here ${own})`);
  }
  return differences.length === 0 ? null : differences.join('; ');
}
