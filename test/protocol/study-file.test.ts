import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { InvalidInput } from '../../src/core/errors.ts';
import type { Problem } from '../../src/core/errors.ts';
import { storedSpec } from '../../src/protocol/lab-file.ts';
import { studyFileOf } from '../../src/documents/study-file-of.ts';
import { parseStudyFile, studyOf } from '../../src/protocol/study-file.ts';
import { size } from '../support/effort.ts';

const EXCHANGED_VALUES = size(2000, 7000);
const EXCHANGED_CHARACTERS = size(1000, 3000);
const studies = join(import.meta.dirname, '../../resources/studies');

const good = {
  format: 'galapagos-study/1',
  name: 'sphere',
  objective: { kind: 'synthetic', function: 'sphere' },
  direction: 'minimize',
  searchSpace: {
    x: { type: 'float', low: 0, high: 1 },
    units: { type: 'int', low: 16, high: 512, step: 16 },
    optimizer: { type: 'categorical', choices: ['sgd', 'adam'] },
    momentum: { type: 'float', low: 0, high: 0.99, when: { optimizer: ['sgd'] } },
  },
  sampler: { name: 'evolution' },
  stop: { trials: 64 },
  seed: 7,
};

/** The good file with one place changed; undefined removes it. */
function changed(path: string, value: unknown): unknown {
  const copy = structuredClone(good) as Record<string, unknown>;
  const names = path.split('.');
  const last = names.pop()!;
  const parent = names.reduce<Record<string, unknown>>(
    (object, name) => object[name] as Record<string, unknown>,
    copy,
  );
  if (value === undefined) Reflect.deleteProperty(parent, last);
  else parent[last] = value;
  return copy;
}

function problemsOf(file: unknown): readonly Problem[] {
  try {
    parseStudyFile(typeof file === 'string' ? file : JSON.stringify(file), 'study.json');
  } catch (error) {
    if (error instanceof InvalidInput) return error.problems;
    throw error;
  }
  return [];
}

function sentencesOf(file: unknown): string[] {
  return new InvalidInput('study.json', problemsOf(file)).message
    .split('\n')
    .filter((line) => line !== '');
}

test('Study file: becomes a study and its limits', () => {
  expect(
    studyOf(
      parseStudyFile(
        JSON.stringify({ ...good, stop: { trials: 64, minutes: 2, target: 0.5 } }),
        'x',
      ),
    ),
  ).toEqual({
    spec: {
      name: 'sphere',
      objective: good.objective,
      direction: 'minimize',
      searchSpace: good.searchSpace,
      sampler: { name: 'evolution' },
      seed: 7,
    },
    limits: { trials: 64, activeMs: 120_000, target: 0.5 },
  });
});

test('Study file: keeps the share of audited trials in the lab file and back', () => {
  const { spec, limits } = studyOf(parseStudyFile(JSON.stringify({ ...good, audit: 20 }), 'x'));
  const stored = storedSpec.parse(JSON.parse(JSON.stringify(spec)));
  expect(studyFileOf({ name: 'sphere', spec: stored, limits }).audit).toBe(20);
});

test('Study file: keeps the selected devices, in their one form, in the lab file and back', () => {
  const { spec, limits } = studyOf(
    parseStudyFile(JSON.stringify({ ...good, devices: ['cpu', 'gpu0', 'gpu'] }), 'x'),
  );
  expect(spec.devices).toEqual(['cpu', 'gpu/0', 'gpu']);
  const stored = storedSpec.parse(JSON.parse(JSON.stringify(spec)));
  expect(studyFileOf({ name: 'sphere', spec: stored, limits }).devices).toEqual(spec.devices);
});

describe('Study file: an invalid field is answered with file, field, expected, found and the nearest valid name', () => {
  test.each([
    [
      'searchSpace.units.stpe',
      16,
      'study.json: searchSpace.units.stpe: expected one of type, low, high, log, step, when, found stpe (did you mean step?)',
    ],
    [
      'searchSpace.x.low',
      '0',
      'study.json: searchSpace.x.low: expected a number, found "0" (a number stands without quotes)',
    ],
    [
      'searchSpace.x.type',
      'flaot',
      'study.json: searchSpace.x.type: expected one of "float", "int", "categorical", found "flaot" (did you mean float?)',
    ],
    [
      'searchSpace.x.type',
      undefined,
      'study.json: searchSpace.x.type: expected one of "float", "int", "categorical", found nothing',
    ],
    [
      'devices',
      ['cpu', 'card'],
      'study.json: devices[1]: expected cpu, gpu for every GPU, or one GPU such as gpu/0, found "card"',
    ],
    ['audit', 0, 'study.json: audit: expected an integer ≥ 1, found 0'],
    ['devices', [], 'study.json: devices: expected at least one device, found an empty list'],
    ['searchSpace.x', 3, 'study.json: searchSpace.x: expected an object {…}, found 3'],
    [
      'searchSpace.optimizer.choices',
      'sgd',
      'study.json: searchSpace.optimizer.choices: expected a list […], found "sgd"',
    ],
    [
      'searchSpace.momentum.when',
      { optimizer: 'sgd' },
      'study.json: searchSpace.momentum.when.optimizer: expected a list […], found "sgd"',
    ],
    ['seed', 1.5, 'study.json: seed: expected an integer ≥ 0, found 1.5'],
    ['seed', -1, 'study.json: seed: expected an integer ≥ 0, found -1'],
    ['seed', undefined, 'study.json: seed: expected an integer ≥ 0, found nothing'],
    [
      'name',
      '',
      'study.json: name: expected a name of 1 to 512 characters, without control characters, no space at its ends, found ""',
    ],
    [
      'direction',
      'maximise',
      'study.json: direction: expected one of "minimize", "maximize", found "maximise" (did you mean maximize?)',
    ],
    [
      'format',
      'galapagos-study/2',
      'study.json: format: expected "galapagos-study/1", found "galapagos-study/2" (written for another version of Galapagos)',
    ],
    [
      'stop.trails',
      9,
      'study.json: stop.trails: expected one of trials, minutes, target, found trails (did you mean trials?)',
    ],
    ['stop.trials', 0, 'study.json: stop.trials: expected an integer ≥ 1, found 0'],
    ['stop.minutes', 0, 'study.json: stop.minutes: expected a number > 0, found 0'],
    [
      'pruner',
      { name: 'medain' },
      'study.json: pruner.name: expected a pruner, found "medain" (did you mean median?)',
    ],
    [
      'sampler',
      { name: 'evolutoin' },
      'study.json: sampler.name: expected a sampler, found "evolutoin" (did you mean evolution?)',
    ],
    [
      'sampler',
      { name: 'random', population: 3 },
      'study.json: sampler.population: expected a setting of random, found population (there is none)',
    ],
    ['sampler', 'random', 'study.json: sampler: expected an object {…}, found "random"'],
    [
      'objective',
      { kind: 'sythetic' },
      'study.json: objective.kind: expected one of "train", "command", "synthetic", found "sythetic" (did you mean synthetic?)',
    ],
    [
      'objective.function',
      'spere',
      'study.json: objective.function: expected one of "sphere", "rosenbrock", "rastrigin", "ackley", "branin", "griewank", "levy", "step", "zdt1", "dtlz2", "binh-korn", found "spere" (did you mean sphere?)',
    ],
    [
      'objective.crashRate',
      1.5,
      'study.json: objective.crashRate: expected a number ≤ 1, found 1.5',
    ],
    [
      'objective.durationMs',
      { median: 0 },
      'study.json: objective.durationMs: expected milliseconds ≥ 0, or {"median": milliseconds > 0, "sigma": 0 … 5}, found an object {median}',
    ],
  ])('%s = %j', (path, value, sentence) => {
    expect(sentencesOf(changed(path, value))).toEqual([sentence]);
  });
});

test('Study file: takes the sampler auto where a file names none', () => {
  const { sampler } = parseStudyFile(JSON.stringify(changed('sampler', undefined)), 'study.json');
  expect(sampler).toEqual({ name: 'auto' });
});

describe('Study file: inconsistent numbers are refused', () => {
  test.each([
    ['low above high', 'searchSpace.x.low', 2, 'searchSpace.x.low'],
    [
      'log with low ≤ 0',
      'searchSpace.x',
      { type: 'float', low: 0, high: 1, log: true },
      'searchSpace.x.low',
    ],
    [
      'an empty choice list',
      'searchSpace.optimizer',
      { type: 'categorical', choices: [] },
      'searchSpace.optimizer.choices',
    ],
    [
      'a condition on an unknown parameter',
      'searchSpace.x',
      { type: 'float', low: 0, high: 1, when: { nobody: [1] } },
      'searchSpace.x.when.nobody',
    ],
    ['a grid on an unbounded space', 'sampler', { name: 'grid' }, 'sampler'],
    ['no parameters', 'searchSpace', {}, 'searchSpace'],
  ])('%s', (_, path, value, field) => {
    expect(problemsOf(changed(path, value)).map((problem) => problem.path)).toContain(field);
  });

  test('for a budget beyond the grid', () => {
    const file = {
      ...good,
      searchSpace: { a: { type: 'int', low: 1, high: 9 } },
      sampler: { name: 'grid' },
      stop: { trials: 10 },
    };
    expect(sentencesOf(file)).toEqual([
      'study.json: stop.trials: expected at most 9, found 10 (a grid of this search space has 9 points)',
    ]);
    expect(problemsOf({ ...file, stop: { trials: 9 } })).toEqual([]);
  });
});

test('Study file: all problems are reported at once, of shape and of relations', () => {
  const file = {
    ...good,
    seed: 'x',
    searchSpace: {
      a: { type: 'float', low: 2, high: 1 },
      b: { type: 'int', low: 0, high: 4, setp: 2 },
    },
    stop: { trials: -1 },
  };
  expect(
    problemsOf(file)
      .map(({ path }) => path)
      .sort(),
  ).toEqual(['searchSpace.a.low', 'searchSpace.b.setp', 'seed', 'stop.trials']);
});

test('Study file: syntax errors name line and column', () => {
  expect(sentencesOf('{\n  "format": "galapagos-study/1",\n  "name": x\n}')).toEqual([
    'study.json: line 3, column 11: expected a value, found "x"',
  ]);
});

test("Study file: problems of the objective's layer join the others", () => {
  const extra: Problem = {
    code: 'unknown-dataset',
    path: 'objective.dataset',
    expected: '"mnist"',
    found: '"x"',
  };
  expect(() => parseStudyFile(JSON.stringify(good), 's', () => [extra])).toThrow(
    's: objective.dataset: expected "mnist", found "x"',
  );
});

test.each(readdirSync(studies))(
  'Study file: the preset %s is valid and named as its file',
  (file) => {
    const study = parseStudyFile(readFileSync(join(studies, file), 'utf8'), file);
    expect(`${study.name}.json`).toBe(file);
  },
);

test('Study file: the published presets follow the published protocol', () => {
  for (const name of ['grid', 'random', 'evolution']) {
    const study = parseStudyFile(
      readFileSync(join(studies, `paper-mnist-${name}.json`), 'utf8'),
      name,
    );
    expect(study.stop).toEqual({ trials: 64 });
    expect(Object.keys(study.searchSpace)).toEqual(['learningRate', 'dropout', 'momentum']);
    expect(study.objective).toMatchObject({
      selectOn: 'test',
      settings: { batch: 128, epochs: 1, shuffle: false, sameStart: true },
    });
  }
});

describe('Study file: mutated files', () => {
  const junk = fc.oneof(
    fc.jsonValue(),
    fc.constantFrom(null, -1, 1e308, '', [], {}, [[]], '__proto__', 'constructor', true),
  );
  const file = fc.constantFrom(
    ...readdirSync(studies).map((name) => readFileSync(join(studies, name), 'utf8')),
    JSON.stringify(good),
  );

  const accepted = (text: string): boolean => {
    try {
      parseStudyFile(text, 'x');
      return true;
    } catch (error) {
      if (!(error instanceof InvalidInput)) throw error;
      expect(error.problems.length).toBeGreaterThan(0);
      return false;
    }
  };

  test('are accepted or refused with exchanged values, and renamed, removed or added fields', () => {
    const mutated = fc
      .tuple(file, fc.array(fc.tuple(fc.nat(), fc.nat(4), junk), { minLength: 1, maxLength: 3 }))
      .map(([text, changes]) => {
        const value = JSON.parse(text) as unknown;
        for (const [where, how, put] of changes) mutate(value, where, how, structuredClone(put));
        return JSON.stringify(value);
      });
    const seen = { accepted: 0, refused: 0 };
    fc.assert(
      fc.property(mutated, (text) => {
        seen[accepted(text) ? 'accepted' : 'refused'] += 1;
      }),
      { numRuns: EXCHANGED_VALUES },
    );
    expect(seen.accepted).toBeGreaterThan(EXCHANGED_VALUES / 70);
    expect(seen.refused).toBeGreaterThan(EXCHANGED_VALUES / 7);
  });

  test('are accepted or refused with exchanged characters', () => {
    const mutated = fc
      .tuple(file, fc.nat(), fc.nat(3), fc.string({ maxLength: 3 }))
      .map(([text, at, cut, put]) => {
        const place = at % text.length;
        return text.slice(0, place) + put + text.slice(place + cut);
      });
    fc.assert(
      fc.property(mutated, (text) => {
        accepted(text);
      }),
      { numRuns: EXCHANGED_CHARACTERS },
    );
  });
});

/** Changes one place of a JSON value, counted from the top. */
function mutate(root: unknown, where: number, how: number, put: unknown): void {
  const places: [Record<string, unknown>, string][] = [];
  const collect = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    for (const key of Object.keys(value)) {
      places.push([value as Record<string, unknown>, key]);
      collect((value as Record<string, unknown>)[key]);
    }
  };
  collect(root);
  const place = places[where % Math.max(1, places.length)];
  if (place === undefined) return;
  const [object, key] = place;
  if (how === 0) Reflect.deleteProperty(object, key);
  else if (how === 1) object[`${key}x`] = object[key];
  else if (how === 2 && typeof object[key] === 'number') object[key] *= -1.5;
  else object[key] = put;
}

describe('Study file: limits of the search space', () => {
  test('names the limit of 1,000 parameters without checking the objective at corners of the space', () => {
    const many = Object.fromEntries(
      Array.from({ length: 1001 }, (_, i) => [`p${i}`, good.searchSpace.x]),
    );
    let asked = false;
    const check = (): [] => {
      asked = true;
      return [];
    };
    expect(() =>
      parseStudyFile(JSON.stringify(changed('searchSpace', many)), 'study.json', check),
    ).toThrow('at most 1000 parameters');
    expect(asked).toBe(false);
  });
});

describe('Study file: former names', () => {
  const former = changed('sampler', { name: 'evolution-seed', population: 6 });

  test('reads the sampler evolution-seed of earlier study files as generational', () => {
    const { sampler } = parseStudyFile(JSON.stringify(former), 'study.json');
    expect(sampler).toEqual({ name: 'generational', population: 6 });
  });

  test('reads the sampler evolution-seed of earlier lab files as generational', () => {
    const { name, objective, direction, searchSpace, seed } = good;
    const stored = storedSpec.parse({
      name,
      objective,
      direction,
      searchSpace,
      seed,
      sampler: { name: 'evolution-seed' },
    });
    expect(stored.sampler).toEqual({ name: 'generational' });
  });
});
