import { readFileSync, readdirSync } from 'node:fs';
import { join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { scoreKindOf } from '../../src/core/study/score.ts';
import { catalogueOf } from '../../src/datasets/catalogue.ts';
import { chanceLevels } from '../../src/endpoints/projections/chance-levels.ts';
import { objectiveKind, objectiveKindNames } from '../../src/objectives/registry.ts';
import { objective } from '../../src/protocol/objective.ts';

const src = fileURLToPath(new URL('../../src', import.meta.url));

/** Code that compares an objective's kind with the name of one. */
const COMPARES = /kind'?\]?\)?\s*[!=]==\s*'(\w+)'|'kind'\)\s*[!=]==\s*'(\w+)'/g;

/** The window's form has parts that edit the fields of a training objective. */
const FORM = join('renderer', 'views', 'set-up');

describe('Objective kinds: one registry', () => {
  it('has an entry for each kind that a study file may contain', () => {
    const inFiles = objective.options.map(({ shape }) => shape.kind.value);
    expect(objectiveKindNames()).toEqual([...inFiles].sort());
  });

  it('is the only place where code depends on the name of a kind', () => {
    const names = new Set(objectiveKindNames());
    const found = readdirSync(src, { recursive: true, encoding: 'utf8' })
      .filter((file) => /\.(ts|svelte)$/.test(file))
      .filter((file) => !file.startsWith(`objectives${sep}`))
      .filter((file) => !file.startsWith(FORM))
      .flatMap((file) =>
        [...readFileSync(join(src, file), 'utf8').matchAll(COMPARES)]
          .filter(([, a, b]) => names.has(a ?? b ?? ''))
          .map(([text]) => `${file}: ${text}`),
      );
    expect(found).toEqual([]);
  });

  it('knows no kind that only another release has', () => {
    expect(objectiveKind('script')).toBeUndefined();
    expect(objectiveKind('toString')).toBeUndefined();
  });
});

describe('Objective kinds: what each entry states', () => {
  const train = { kind: 'train', dataset: 'mnist', metric: 'accuracy', settings: { epochs: 3 } };
  const synthetic = { kind: 'synthetic', function: 'sphere' };

  it('gives the epochs of a training unless the search decides them', () => {
    const epochs = (of: object) => objectiveKind('train')?.epochs({ ...train, ...of });
    expect(epochs({})).toBe(3);
    expect(epochs({ settings: { epochs: { $param: 'epochs' } } })).toBeNull();
    expect(epochs({ settings: null })).toBeNull();
    expect(objectiveKind('synthetic')?.epochs(synthetic)).toBeNull();
  });

  it('repeats only trials that train a network', () => {
    expect(objectiveKind('train')?.trains).toBe(true);
    expect(objectiveKind('synthetic')?.trains).toBe(false);
    expect(objectiveKind('command')?.statesSeed).toBe(true);
  });

  it('gives the duration that an objective states, and null where it must be measured', () => {
    const { durationMs, ...rest } = { ...synthetic, durationMs: 40 };
    expect(objectiveKind('synthetic')?.duration({ ...rest, durationMs } as never)).toBe(40);
    expect(objectiveKind('synthetic')?.duration(rest as never)).toBe(0);
    expect(objectiveKind('train')?.duration(train as never)).toBeNull();
  });

  it('has a chance level only where accuracies are measured on a known dataset', () => {
    const chanceOf = chanceLevels(catalogueOf(null));
    expect(chanceOf(train)).toBeGreaterThan(0.1);
    expect(chanceOf({ ...train, metric: 'loss' })).toBeNull();
    expect(chanceOf({ ...train, dataset: 'unknown' })).toBeNull();
    expect(chanceOf(synthetic)).toBeNull();
  });
});

describe('Scores: the metric of an objective', () => {
  it('follows the fields of any kind and defaults to accuracy for training', () => {
    expect(scoreKindOf({ kind: 'script', metric: 'loss', selectOn: 'test' })).toEqual({
      metric: 'loss',
      split: 'test',
    });
    expect(scoreKindOf({ kind: 'script' })).toEqual({ metric: 'value', split: null });
    expect(scoreKindOf({ kind: 'train' }).metric).toBe('accuracy');
  });
});
