/**
 * Tests the problems that `checkLab` reports in a lab whose values were changed outside SQLite or
 * by another program.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkLab } from '../../src/storage/check-lab.ts';
import { openLab } from '../../src/storage/sqlite.ts';
import { foreignly } from '../support/foreign-program.ts';
import { failure } from '../support/lab-files.ts';
import { createStudy, propose, spec, start, succeed } from '../support/lab-writes.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import type { TemporaryFolder } from '../support/temporary-folder.ts';

let folder: TemporaryFolder;
let file: string;
beforeEach(() => {
  folder = temporaryFolder();
  file = folder.file('lab.db');
  const lab = openLab(file, { create: true });
  lab.commit([[createStudy(), ...[0, 1, 2].map((number) => propose(number))]]);
  for (const number of [0, 1]) lab.commit([[start(number)], succeed(number, number)]);
  lab.close();
});
afterEach(() => folder.remove());

describe('Lab check: sound files', () => {
  it('finds nothing in a lab with finished, running and waiting trials', () => {
    expect(checkLab(file)).toEqual([]);
  });

  it('refuses a file that is not a lab', () => {
    writeFileSync(file, 'not a lab'.repeat(100));
    expect(failure(() => checkLab(file)).code).toBe('not-sqlite');
  });
});

describe('Lab check: altered values', () => {
  it.each([
    [
      'UPDATE trial_params SET param_value = 1e9 WHERE param_id = 1',
      /^trial_params\.param_value: /,
    ],
    ["UPDATE trial_params SET param_value = 'x' WHERE param_id = 1", /^trial_params\.param_value/],
    [
      "UPDATE trial_params SET distribution_json = '{' WHERE param_id = 1",
      /^trial_params\.distribution_json/,
    ],
    ['UPDATE trial_values SET value = value + 1', /^trial_values\.value/],
    ["UPDATE trials SET state = 'RUNNING' WHERE number = 0", /^trials\.state/],
    ["UPDATE galapagos_trial SET value = 'x' WHERE number = 0", /^galapagos_trial\.value/],
    [
      'UPDATE galapagos_trial SET params = zeroblob(3) WHERE number = 1',
      /^galapagos_trial\.params/,
    ],
    [
      "UPDATE galapagos_trial SET operator = CAST(x'ff' AS TEXT) WHERE number = 1",
      /^galapagos_trial\.operator/,
    ],
    ["UPDATE galapagos_trial SET parents = '[-1]' WHERE number = 1", /^galapagos_trial\.parents/],
    ["UPDATE galapagos_attempt SET result = '[' WHERE number = 1", /^galapagos_attempt\.result/],
    ["UPDATE galapagos_study SET state = 'sleeping'", /^galapagos_study\.state/],
  ])('reports %s with its column', (sql, at) => {
    foreignly(file, sql);
    const findings = checkLab(file);
    expect(findings.length).toBeGreaterThan(0);
    for (const finding of findings) expect(finding.at).toMatch(at);
    expect(findings[0]).toMatchObject({ study: spec.name });
  });

  it('names the trial and the parameter of a point that its search space cannot have produced', () => {
    const [row] = foreignly(file, 'SELECT params FROM galapagos_trial WHERE number = 1') as [
      [Buffer],
    ];
    const params = Buffer.from(row[0]);
    params.writeDoubleLE(-1e9, 0);
    foreignly(
      file,
      `UPDATE galapagos_trial SET params = x'${params.toString('hex')}' WHERE number = 1`,
    );
    const [name = ''] = Object.keys(spec.searchSpace);
    expect(checkLab(file)).toContainEqual(
      expect.objectContaining({
        trial: 1,
        at: `galapagos_trial.params: ${name}`,
        found: '-1000000000',
      }),
    );
  });

  it('lists every problem of a file, not the first alone', () => {
    foreignly(file, "UPDATE galapagos_trial SET operator = CAST(x'ff' AS TEXT), value = 'x'");
    expect(
      checkLab(file).filter(({ at }) => /operator|value/.test(at)).length,
    ).toBeGreaterThanOrEqual(5);
  });

  it('reports a page that was overwritten', () => {
    const bytes = readFileSync(file);
    const at = bytes.lastIndexOf('crossover+mutation');
    bytes.fill(0xa5, at - (at % 4096), at - (at % 4096) + 4096);
    writeFileSync(file, bytes);
    expect(checkLab(file).some((finding) => finding.at === 'the SQLite file')).toBe(true);
  });
});
