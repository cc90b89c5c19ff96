import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { exitCodeOf, EXIT } from '../../src/cli/process/exit-codes.ts';
import { resourcesFolder } from '../../src/cli/process/resources.ts';
import { presetNames } from '../../src/cli/run/presets.ts';
import { resolveStudy } from '../../src/cli/run/resolve-study.ts';
import { InvalidInput } from '../../src/core/errors.ts';
import type { Problem } from '../../src/core/errors.ts';
import { objectiveKind } from '../../src/objectives/registry.ts';
import { looksLikeFile } from '../../src/studies/looks-like-file.ts';

const resources = resourcesFolder();
let cwd: string;
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'galapagos-resolve-'));
});
afterEach(() => {
  rmSync(cwd, { recursive: true });
});

function problemsOf(work: () => unknown): readonly Problem[] {
  try {
    work();
  } catch (error) {
    if (error instanceof InvalidInput) return error.problems;
    throw error;
  }
  return [];
}

const resolved = (named: string, flags = {}): ReturnType<typeof resolveStudy> =>
  resolveStudy(named, flags, { cwd, resources });

test('Run: finds a preset by name and a file by its path', () => {
  writeFileSync(join(cwd, 'mine.json'), readFileSync(join(resources, 'studies', 'sphere.json')));
  expect(resolved('sphere')).toMatchObject({
    named: 'sphere',
    limits: { trials: 100, activeMs: null, target: null },
    notes: [],
  });
  expect(resolved('mine.json').source).toBe(join(cwd, 'mine.json'));
  expect(resolved('./mine.json').spec).toEqual(resolved('sphere').spec);
  expect(['a', 'a.json', './a', 'b/a', 'c:\\a'].map(looksLikeFile)).toEqual([
    false,
    true,
    true,
    true,
    true,
  ]);
});

test('Run: replaces the executor, and with it the bits that only wasm has', () => {
  expect(resolved('mnist').spec.objective).toMatchObject({ executor: 'wasm', bits: 'wasm' });
  const { objective } = resolved('mnist', { executor: 'auto' }).spec;
  expect([objective['executor'], objective['bits']]).toEqual(['auto', undefined]);
  expect(resolved('mnist', { executor: 'wasm' }).spec.objective['bits']).toBe('wasm');
  expect(problemsOf(() => resolved('sphere', { executor: 'auto' }))).toMatchObject([
    { path: 'objective.executor' },
  ]);
});

test('Run: takes the packing from the file, and the flag before it', () => {
  expect(resolved('mnist').spec.packing).toBeUndefined();
  expect(resolved('mnist', { packing: 'sooner' }).spec.packing).toBe('sooner');
});

test('Run: keeps the devices of the flag with the study, in their one form', () => {
  expect(resolved('mnist').spec.devices).toBeUndefined();
  expect(resolved('mnist', { devices: ['cpu', 'gpu0'] }).spec.devices).toEqual(['cpu', 'gpu/0']);
});

test('Run: has a preset for cards, which every device trains, and whose trials share cohorts', () => {
  const { objective, searchSpace } = resolved('mnist-gpu').spec;
  for (const device of ['cpu', 'gpu'] as const)
    expect(objectiveKind(objective.kind)?.runsOn(objective, device)).toBe(true);
  expect(Object.keys(searchSpace)).toEqual(['learningRate', 'momentum', 'weightDecay', 'dropout']);
});

test('Run: resolves every preset', () => {
  expect(presetNames(resources)).toEqual([
    'mnist',
    'mnist-gpu',
    'paper-cifar10-evolution',
    'paper-cifar10-grid',
    'paper-cifar10-random',
    'paper-mnist-evolution',
    'paper-mnist-grid',
    'paper-mnist-random',
    'sphere',
  ]);
  for (const name of presetNames(resources).filter((each) => !each.includes('cifar10')))
    expect(resolved(name).spec.name).toBe(name);
});

test('Run: says of a preset whose dataset is missing that it is to be imported', () => {
  expect(problemsOf(() => resolved('paper-cifar10-random'))).toEqual([
    {
      code: 'unknown-name',
      path: 'objective.dataset',
      expected: 'one of mnist',
      found: '"cifar-10"',
      hint: 'import it under this name',
    },
  ]);
});

test('Run: notes what the numbers of the published protocol do not mean', () => {
  const notes = resolved('paper-mnist-evolution').notes;
  expect(notes[0]).toContain('the test set selects');
  expect(notes[0]).toContain('not an honest estimate');
  expect(notes[1]).toContain('same network seed');
  expect(resolved('mnist').notes).toEqual([]);
});

test('Run: names parameters that nothing in the objective uses, and how to remove them', () => {
  const file = JSON.parse(readFileSync(join(resources, 'studies', 'mnist.json'), 'utf8')) as {
    objective: object;
    searchSpace: object;
  };
  const searchSpace = { ...file.searchSpace, unused: { type: 'float', low: 0, high: 1 } };
  writeFileSync(
    join(cwd, 's.json'),
    JSON.stringify({ ...file, searchSpace, objective: { ...file.objective, network: 'lenet-5' } }),
  );
  expect(resolved('./s.json').notes).toEqual([
    'nothing in the objective uses dropout, unused: remove them from "searchSpace", or use them in the network or the settings',
  ]);
});

test('Run: flags override the file', () => {
  const { spec, limits } = resolved('sphere', {
    trials: 5,
    minutes: 2,
    target: 0.1,
    sampler: 'random',
    seed: 9,
  });
  expect(limits).toEqual({ trials: 5, activeMs: 120_000, target: 0.1 });
  expect([spec.sampler, spec.seed]).toEqual([{ name: 'random' }, 9]);
});

test("Run: naming the file's own sampler keeps its settings", () => {
  const file = JSON.parse(
    readFileSync(join(resources, 'studies', 'sphere.json'), 'utf8'),
  ) as object;
  writeFileSync(
    join(cwd, 's.json'),
    JSON.stringify({ ...file, sampler: { name: 'evolution', population: 3 } }),
  );
  expect(resolved('s.json', { sampler: 'evolution' }).spec.sampler).toEqual({
    name: 'evolution',
    population: 3,
  });
  expect(resolved('s.json', { sampler: 'random' }).spec.sampler).toEqual({ name: 'random' });
});

test('Run: a sampler and a pruner of a flag may have settings, which are checked as those of a file', () => {
  expect(resolved('sphere', { sampler: 'grid divisions=3', trials: 9 }).spec.sampler).toEqual({
    name: 'grid',
    divisions: 3,
  });
  expect(resolved('mnist', { pruner: 'none' }).pruner).toEqual({ name: 'none' });
  expect(() => resolved('sphere', { sampler: 'tpe startup=0' })).toThrow(
    'preset sphere with the flags given: sampler.startup: expected an integer from 1',
  );
  expect(() => resolved('sphere', { sampler: 'tpe startupp=4' })).toThrow('did you mean startup?');
  expect(() => resolved('sphere', { sampler: 'tpe startup' })).toThrow(
    'expected setting=value, found "startup"',
  );
  expect(() => resolved('sphere', { pruner: 'median warmup=-1' })).toThrow('pruner.warmup');
});

test('Run: a network may be a file beside the study, and the run contains its description', () => {
  const study = JSON.parse(readFileSync(join(resources, 'studies', 'mnist.json'), 'utf8')) as {
    objective: object;
  };
  const write = (network: string): void => {
    writeFileSync(
      join(cwd, 'study.json'),
      JSON.stringify({ ...study, objective: { ...study.objective, network } }),
    );
  };
  const network = readFileSync(join(resources, 'networks', 'mnist-paper.json'), 'utf8');
  writeFileSync(join(cwd, 'mine.json'), network);
  write('./mine.json');
  expect(resolved('./study.json').spec.objective).toMatchObject({
    network: JSON.parse(network) as object,
  });
  writeFileSync(join(cwd, 'mine.json'), network.replace('"kernel": 5', '"kernel": 55'));
  expect(problemsOf(() => resolved('./study.json'))).toMatchObject([
    { code: 'empty-output', path: 'objective.network.layers[0].kernel' },
  ]);
  writeFileSync(join(cwd, 'mine.json'), '{');
  expect(() => resolved('./study.json')).toThrow('mine.json: line 1');
  write('./none.json');
  expect(() => resolved('./study.json')).toThrow(
    `./study.json: objective.network: expected a network in ${join(cwd, 'none.json')}, found no such file`,
  );
});

describe('Run: explains what cannot be resolved', () => {
  test('for an unknown preset, with the nearest and all of them', () => {
    expect(() => resolved('minst')).toThrow(
      'there is no preset "minst". Did you mean mnist? The presets are mnist, mnist-gpu, paper-cifar10-evolution, paper-cifar10-grid, paper-cifar10-random, paper-mnist-evolution, paper-mnist-grid, paper-mnist-random, sphere; to run a study file, give its path, e.g. ./minst.json.',
    );
    expect(() => resolved('something-else')).toThrow(
      /^there is no preset "something-else". The presets are/,
    );
  });

  test('for a missing file and for a folder', () => {
    expect(() => resolved('./no.json')).toThrow('there is no file ./no.json');
    expect(() => resolved('./')).toThrow('./ is a folder; expected a study file');
  });

  test('for flags that do not fit the study', () => {
    expect(() => resolved('sphere', { sampler: 'grid' })).toThrow(
      'preset sphere with the flags given: sampler: expected a finite number of values',
    );
    expect(() => resolved('sphere', { sampler: 'evolutoin' })).toThrow('did you mean evolution?');
    expect(() => resolved('paper-mnist-grid', { trials: 65 })).toThrow(
      'stop.trials: expected at most 64, found 65',
    );
  });
});

test('Run: refuses an invalid training objective with its place in the study file', () => {
  const file = JSON.parse(readFileSync(join(resources, 'studies', 'mnist.json'), 'utf8')) as {
    objective: Record<string, unknown>;
  };
  const sentences = (objective: Record<string, unknown>): string => {
    writeFileSync(
      join(cwd, 's.json'),
      JSON.stringify({ ...file, objective: { ...file.objective, ...objective } }),
    );
    try {
      resolved('s.json');
      return '';
    } catch (error) {
      return (error as Error).message;
    }
  };
  expect(sentences({})).toBe('');
  expect(sentences({ dataset: 'minst' })).toMatch(
    /^s\.json: objective\.dataset: expected .*mnist.*, found "minst"/,
  );
  expect(sentences({ network: 'lenet' })).toMatch(
    /^s\.json: objective\.network: expected .*, found "lenet"/,
  );
  const settings = {
    ...(file.objective['settings'] as object),
    batch: { $param: 'btach' },
    epochs: 0,
  };
  const both = sentences({ settings }).split('\n');
  expect(both.map((line) => line.split(': ')[1]).sort()).toEqual([
    'objective.settings.batch',
    'objective.settings.epochs',
  ]);
});

test('Run: reports errors of shape, space, sampler and objective at once, without consequential ones', () => {
  const file = JSON.parse(
    readFileSync(join(resources, 'studies', 'paper-mnist-random.json'), 'utf8'),
  ) as Record<string, Record<string, unknown>>;
  const wrong = {
    ...file,
    direction: 'maximise',
    searchSpace: { ...file['searchSpace'], dropout: { type: 'float', low: 1, high: 0 } },
    sampler: { name: 'randm' },
    objective: { ...file['objective'], dataset: 'minst' },
  };
  writeFileSync(join(cwd, 's.json'), JSON.stringify(wrong));
  const paths = problemsOf(() => resolved('s.json')).map(({ path }) => path);
  expect(paths).toEqual([
    'direction',
    'searchSpace.dropout.low',
    'sampler.name',
    'objective.dataset',
  ]);
});

test('Run: accepts or refuses any training objective', () => {
  const file = JSON.parse(readFileSync(join(resources, 'studies', 'mnist.json'), 'utf8')) as {
    objective: Record<string, unknown>;
  };
  const number = fc.oneof(
    fc.integer({ min: -2, max: 300 }),
    fc.constantFrom(
      { $param: 'batch' },
      { $param: 'dropout', times: 8 },
      { $param: 'no' },
      'x',
      null,
    ),
  );
  const layer = fc.oneof(
    fc.constantFrom(
      { type: 'relu' },
      { type: 'flatten' },
      { type: 'dense', units: 10 },
      { type: 'max-pool', size: 2 },
    ),
    fc.record(
      {
        type: fc.constantFrom('conv', 'dense', 'max-pool', 'dropout', 'x'),
        filters: number,
        kernel: number,
        units: number,
        size: number,
        rate: number,
      },
      { requiredKeys: ['type'] },
    ),
    fc.jsonValue({ maxDepth: 2 }),
  );
  const network = fc.record({
    format: fc.constant('galapagos-network/1'),
    name: fc.constant('n'),
    input: fc.oneof(fc.constant({ shape: [1, 28, 28] }), fc.jsonValue({ maxDepth: 2 })),
    layers: fc.array(layer, { maxLength: 5 }),
    loss: fc.constant({ type: 'softmax-cross-entropy' }),
  });
  const settings = fc.record(
    {
      batch: number,
      epochs: number,
      optimizer: fc.oneof(
        fc.constant({ type: 'sgd', learningRate: 0.1 }),
        fc.jsonValue({ maxDepth: 2 }),
      ),
    },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(
      fc.record(
        {
          network: fc.oneof(network, fc.jsonValue({ maxDepth: 3 })),
          settings: fc.oneof(settings, fc.constant(file.objective['settings'])),
        },
        { requiredKeys: [] },
      ),
      (changes) => {
        writeFileSync(
          join(cwd, 's.json'),
          JSON.stringify({ ...file, objective: { ...file.objective, ...changes } }),
        );
        try {
          resolved('s.json');
        } catch (error) {
          expect(exitCodeOf(error), String(error)).toBe(EXIT.badInput);
        }
      },
    ),
    { numRuns: 500 },
  );
});
