/** Tests the comparison of packages between machines, and the bounds of what a node may report. */
import { describe, expect, it } from 'vitest';
import type { PythonPackages } from '../../../src/protocol/python-packages.ts';
import { packagesSchema } from '../../../src/protocol/node-messages.ts';
import { packageDifferences } from '../../../src/objectives/command/python/package-differences.ts';
import { packageDifferencesText } from '../../../src/studies/script/compare-packages.ts';

const here = {
  python: '3.12.1',
  packages: { torch: '2.4.1', numpy: '2.0', own: '', pandas: null },
};

const said = (there: PythonPackages): string | null =>
  packageDifferencesText(packageDifferences(there, here));

describe('Packages of another machine', () => {
  it('are equal where the versions are, or one machine does not know them', () => {
    expect(said(here)).toBeNull();
    expect(said({ ...here, packages: { own: '1', torch: '' } })).toBeNull();
  });

  it('differ by the version of Python and of packages, and by missing packages', () => {
    const there = {
      python: '3.11.2',
      packages: { torch: '2.3.0', numpy: null, pandas: '2.2', tomllib: null },
    };
    expect(said(there)).toBe(
      'Python 3.11.2 (here 3.12.1); numpy is missing; pandas 2.2 (missing here); tomllib is missing; torch 2.3.0 (here 2.4.1)',
    );
  });

  it('ignore a package that another Python has in its standard library', () => {
    expect(said({ ...here, packages: { tomllib: '1' } })).toBeNull();
  });

  it('are refused where a name, a version or their number is out of bounds', () => {
    const reported = (packages: Record<string, string | null>, python = '3.11.2') =>
      packagesSchema.safeParse({
        type: 'packages',
        content: 'a'.repeat(64),
        program: { command: 'python3', folder: '.', imports: ['torch'] },
        found: { python, packages },
      }).success;
    const many = (count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, i) => [`p${String(i)}`, null]));
    expect(reported({ torch: '2.3.0', numpy: null, bare: '' })).toBe(true);
    expect(reported(many(200))).toBe(true);
    expect(reported(many(201))).toBe(false);
    expect(reported({ '-c': '1' })).toBe(false);
    expect(reported({ torch: 'x'.repeat(101) })).toBe(false);
    expect(reported({}, 'x'.repeat(65))).toBe(false);
  });
});
