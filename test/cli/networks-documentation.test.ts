/**
 * Tests docs/networks.md: its files are read as they are printed there, and its error is the one
 * that is printed.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { resourcesFolder } from '../../src/cli/process/resources.ts';
import { resolveStudy } from '../../src/cli/run/resolve-study.ts';
import type { StudySpec } from '../../src/core/study/study-spec.ts';
import { trainSettings } from '../../src/protocol/train-settings.ts';
import { LAYER_TYPES } from '../../src/training/models/layers/index.ts';
import { PRESETS } from '../../src/training/models/presets.ts';
import { resolveNetwork } from '../../src/training/models/resolve.ts';
import { Scope } from '../../src/training/models/scope.ts';
import { parametersOf } from '../support/parameters.ts';
import { describeNetwork } from '../support/training.ts';

const page = readFileSync(new URL('../../docs/networks.md', import.meta.url), 'utf8');
const [network = '', study = '', fragment = ''] = [...page.matchAll(/```json\n(.*?)```/gs)].map(
  ([, text]) => text ?? '',
);

let cwd: string;
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'galapagos-docs-'));
});
afterEach(() => {
  rmSync(cwd, { recursive: true });
});

function resolved(studyText: string): StudySpec {
  writeFileSync(join(cwd, 'digits.json'), network);
  writeFileSync(join(cwd, 'study.json'), studyText);
  return resolveStudy('./study.json', {}, { cwd, resources: resourcesFolder() }).spec;
}

test('Network documentation: its example is a valid study', () => {
  expect(resolved(study)).toMatchObject({
    name: 'digits',
    objective: { network: { name: 'digits' } },
  });
});

test('Network documentation: its error is the one for a deeper search space', () => {
  const [, error] = /## Errors.*?```\n(.*?)\n```/s.exec(page)!;
  expect(() => resolved(study.replace('"low": 1, "high": 3', '"low": 1, "high": 6'))).toThrow(
    error,
  );
});

test('Network documentation: its residual block is valid', () => {
  const scope = new Scope({});
  resolveNetwork(
    {
      ...describeNetwork([32, 8, 8], JSON.parse(fragment) as object[]),
      input: { shape: [32, 8, 8] },
    },
    scope,
  );
  expect(scope.problems).toEqual([]);
});

test('Network documentation: names every built-in network with its number of parameters, every layer type and every setting', () => {
  for (const [name, description] of PRESETS) {
    const parameters = parametersOf(
      resolveNetwork(description, new Scope({ dropout: 0 }))!,
    ).toLocaleString('en');
    const row = page.split('\n').find((line) => line.startsWith(`| \`${name}\``));
    expect(row, name).toContain(` ${parameters} `);
  }
  for (const type of LAYER_TYPES) expect(page).toContain(`\`${type}\``);
  for (const setting of Object.keys(trainSettings.shape))
    expect(page).toContain(`| \`${setting}\` `);
});
