import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { presetNames } from '../../src/cli/presets.ts';
import { looksLikeFile, resolveStudy } from '../../src/cli/resolve-study.ts';
import { resourcesFolder } from '../../src/cli/resources.ts';

const resources = resourcesFolder();
let cwd: string;
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'galapagos-resolve-'));
});
afterEach(() => {
  rmSync(cwd, { recursive: true });
});

const resolved = (named: string, flags = {}): ReturnType<typeof resolveStudy> => resolveStudy(named, flags, { cwd, resources });

test('a preset is found by name, a file by its path', () => {
  writeFileSync(join(cwd, 'mine.json'), readFileSync(join(resources, 'studies', 'sphere.json')));
  expect(resolved('sphere')).toMatchObject({ named: 'sphere', limits: { trials: 100, activeMs: null, target: null }, notes: [] });
  expect(resolved('mine.json').source).toBe(join(cwd, 'mine.json'));
  expect(resolved('./mine.json').spec).toEqual(resolved('sphere').spec);
  expect(['a', 'a.json', './a', 'b/a', 'c:\\a'].map(looksLikeFile)).toEqual([false, true, true, true, true]);
});

test('every preset resolves', () => {
  expect(presetNames(resources)).toEqual(['mnist', 'paper-mnist-evolution', 'paper-mnist-grid', 'paper-mnist-random', 'sphere']);
  for (const name of presetNames(resources)) expect(resolved(name).spec.name).toBe(name);
});

test('the published protocol says what its numbers are not', () => {
  const notes = resolved('paper-mnist-evolution').notes;
  expect(notes[0]).toContain('the test set selects');
  expect(notes[0]).toContain('not an honest estimate');
  expect(notes[1]).toContain('same network seed');
  expect(resolved('mnist').notes).toEqual([]);
});

test('flags win over the file', () => {
  const { spec, limits } = resolved('sphere', { trials: 5, minutes: 2, target: 0.1, sampler: 'random', seed: 9 });
  expect(limits).toEqual({ trials: 5, activeMs: 120_000, target: 0.1 });
  expect([spec.sampler, spec.seed]).toEqual([{ name: 'random' }, 9]);
});

test("naming the file's own sampler keeps its settings", () => {
  const file = JSON.parse(readFileSync(join(resources, 'studies', 'sphere.json'), 'utf8')) as object;
  writeFileSync(join(cwd, 's.json'), JSON.stringify({ ...file, sampler: { name: 'evolution', population: 3 } }));
  expect(resolved('s.json', { sampler: 'evolution' }).spec.sampler).toEqual({ name: 'evolution', population: 3 });
  expect(resolved('s.json', { sampler: 'random' }).spec.sampler).toEqual({ name: 'random' });
});

describe('what cannot be resolved says why', () => {
  test('an unknown preset: the nearest, and all of them', () => {
    expect(() => resolved('minst')).toThrow(
      'there is no preset "minst". Did you mean mnist? The presets are mnist, paper-mnist-evolution, paper-mnist-grid, paper-mnist-random, sphere; a study of your own is named by its file, e.g. ./minst.json.',
    );
    expect(() => resolved('something-else')).toThrow(/^there is no preset "something-else". The presets are/);
  });

  test('a missing file, a folder', () => {
    expect(() => resolved('./no.json')).toThrow('there is no file ./no.json');
    expect(() => resolved('./')).toThrow('./ is a folder; expected a study file');
  });

  test('flags that do not fit the study', () => {
    expect(() => resolved('sphere', { sampler: 'grid' })).toThrow(
      'preset sphere with the flags given: sampler: expected a finite number of values',
    );
    expect(() => resolved('sphere', { sampler: 'evolutoin' })).toThrow('did you mean evolution?');
    expect(() => resolved('paper-mnist-grid', { trials: 65 })).toThrow('stop.trials: expected at most 64, found 65');
  });
});
