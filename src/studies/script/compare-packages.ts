/** Says in one line how the Python and packages of another machine differ from this one's. */
import type { PackageDifference } from '../../objectives/command/python/package-differences.ts';

/** Lists what differs, such as `Python 3.11.2 (here 3.12.1); numpy is missing`; null: nothing. */
export function packageDifferencesText(differences: readonly PackageDifference[]): string | null {
  const said = differences.map(({ name, there, here }) => {
    if (there === null) return `${name} is missing`;
    return here === null
      ? `${`${name} ${there}`.trim()} (missing here)`
      : `${name} ${there} (here ${here})`;
  });
  return said.length === 0 ? null : said.join('; ');
}
