import { samplerNames } from '../../src/core/samplers/create-sampler.ts';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { MNIST } from '../../src/datasets/catalogue.ts';
import type { DatasetEntry } from '../../src/datasets/catalogue.ts';
import { setUpCalls } from '../../src/endpoints/calls/set-up-calls.ts';
import { ThreadWork } from '../../src/endpoints/reading/thread-work.ts';
import type { StudyFile } from '../../src/protocol/study-file.ts';
import type { StudyCheck } from '../../src/protocol/window/set-up.ts';
import { checkStudy } from '../../src/studies/check-study.ts';
import { draftStudy } from '../../src/studies/draft-study.ts';
import type { NetworkCard } from '../../src/studies/list-networks.ts';
import { listNetworks } from '../../src/studies/list-networks.ts';
import { weightsByLayer } from '../../src/training/models/count-weights.ts';
import { PRESETS } from '../../src/training/models/presets.ts';
import { resolveNetwork } from '../../src/training/models/resolve.ts';
import { Scope } from '../../src/training/models/scope.ts';
import { compilePlan } from '../../src/training/plan/compile.ts';
import { elements } from '../../src/training/plan/plan.ts';
import { ask, asked, callDeps, RESOURCES, WINDOW } from '../support/call-deps.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const folder = temporaryFolder();
const thread = new ThreadWork();
afterAll(() => thread.close());
afterAll(() => folder.remove());
let calls: ReturnType<typeof setUpCalls>;
beforeAll(() => {
  calls = setUpCalls(callDeps(folder.path), thread);
});

function entry(about: Partial<DatasetEntry>): DatasetEntry {
  const file = { file: 'training', sha256: '' };
  return {
    name: 'mine',
    shape: [3, 32, 32],
    sampleType: 'u8',
    classes: 10,
    targets: 0,
    training: 50_000,
    test: 10_000,
    statistics: { mean: [0.5, 0.5, 0.5], deviation: [0.2, 0.2, 0.2] },
    content: '',
    source: { kind: 'imported', training: file, test: file },
    ...about,
  };
}

const flat = (features: number): Pick<DatasetEntry, 'shape' | 'sampleType' | 'statistics'> => {
  const each = Array<number>(features).fill(1);
  return { shape: [features], sampleType: 'f32', statistics: { mean: each, deviation: each } };
};

const datasets: [string, DatasetEntry][] = [
  ['MNIST', MNIST],
  [
    'small grey images',
    entry({
      shape: [1, 8, 8],
      training: 1437,
      test: 360,
      statistics: { mean: [0.3], deviation: [0.4] },
    }),
  ],
  ['colour images', entry({})],
  ['many classes of colour images', entry({ classes: 200, shape: [3, 64, 64] })],
  [
    'images of one pixel',
    entry({ shape: [1, 1, 1], statistics: { mean: [0.3], deviation: [0.4] } }),
  ],
  ['a table of classes', entry({ ...flat(4), classes: 3, training: 120, test: 30 })],
  ['five rows', entry({ ...flat(2), classes: 2, training: 5, test: 2 })],
  [
    'a table of numbers to predict',
    entry({ ...flat(8), classes: 0, targets: 1, training: 16_512, test: 4128 }),
  ],
];

describe('Set-up: drafts', () => {
  test.each(datasets)('of %s has no problem and its network has weights', (_, dataset) => {
    const catalogue = { names: () => [dataset.name], find: () => dataset };
    const draft = draftStudy(dataset, 'my study');
    const checked = checkStudy(draft, { resources: RESOURCES }, catalogue);
    // A catalogue of another folder does not contain the dataset; the rest of the study is valid.
    expect(
      checked.problems.filter(({ code }) => code !== 'unknown-name' && code !== 'missing-file'),
    ).toEqual([]);
    expect(checked.network?.weights.low).toBeGreaterThan(0);
    expect(checked.split?.train).toBe(dataset.training - (checked.split?.validation ?? NaN));
    if (dataset.training > 5) expect(checked.split?.validation).toBeGreaterThan(0);
  });

  test('without a dataset is the built-in MNIST study with the default sampler', async () => {
    const preset = JSON.parse(readFileSync('resources/studies/mnist.json', 'utf8')) as {
      $schema: string;
    };
    expect({
      $schema: preset.$schema,
      ...(await asked<object>(calls, 'draft', { dataset: null })),
    }).toEqual({ ...preset, sampler: { name: 'auto' } });
  });

  test('of an unknown dataset lists the existing ones', async () => {
    expect(await ask(calls, 'draft', { dataset: 'mnits' })).toMatchObject({
      ok: false,
      error: { code: 'unknown-dataset', data: { found: 'mnits', hint: 'mnist' } },
    });
  });
});

describe('Set-up: networks', () => {
  test('have the weights of their plans, every preset on its original dataset', () => {
    for (const [name, description] of PRESETS) {
      const scope = new Scope({ dropout: 0.5 });
      const network = resolveNetwork(description, scope)!;
      const { weights } = compilePlan(network, {
        batch: 2,
        optimizer: { type: 'sgd', learningRate: 0.1 },
      });
      expect
        .soft(
          weightsByLayer(network).reduce((a, b) => a + b, 0),
          name,
        )
        .toBe(weights.reduce((sum, w) => sum + elements(w.shape), 0));
    }
  });

  test('are adapted to a dataset: its input and its classes', async () => {
    const weights = (dataset: DatasetEntry | null): Record<string, number | undefined> =>
      Object.fromEntries(listNetworks(dataset).map((card) => [card.name, card.weights?.low]));
    expect(weights(null)).toMatchObject({ 'resnet-20': 269_722, cnn: 225_034 });
    expect(weights(MNIST)).toMatchObject({ cnn: 225_034, 'mnist-paper': 52 + 204 + 650 });
    expect(weights(entry({}))).toMatchObject({ 'resnet-20': 269_722 });
    expect(weights(entry({ classes: 100 }))).toMatchObject({ 'resnet-20': 269_722 + 90 * 65 });
    expect(
      (await asked<NetworkCard[]>(calls, 'networks', { dataset: 'mnist' })).map(({ name }) => name),
    ).toEqual([...PRESETS.keys()]);
  });

  test('explain why they cannot read a table', () => {
    const cards = listNetworks(entry({ ...flat(4), classes: 3 }));
    const cnn = cards.find(({ name }) => name === 'cnn');
    expect(cnn?.weights).toBeNull();
    expect(cnn?.misfit?.path).toMatch(/^network\.layers\[0\]/);
    const mlp = cards.find(({ name }) => name === 'mlp');
    expect(mlp?.misfit).toBeNull();
    expect(mlp?.weights?.low).toBe(4 * 256 + 256 + 256 * 128 + 128 + 128 * 3 + 3);
  });
});

describe('Set-up: network cards', () => {
  test('list the network that a draft searches once, under its own name, with the weights of its layers', () => {
    for (const [name, dataset] of datasets.filter(([, { source }]) => source.kind === 'imported')) {
      const catalogue = { names: () => [dataset.name], find: () => dataset };
      const draft = draftStudy(dataset, 'my study') as StudyFile & {
        objective: { network: { name: string } };
      };
      const cards = listNetworks(dataset);
      const card = cards.find((each) => each.name === draft.objective.network.name);
      expect.soft(new Set(cards.map(({ title }) => title)).size, name).toBe(cards.length);
      expect.soft(card?.network, name).toEqual(draft.objective.network);
      expect
        .soft(card?.weights, name)
        .toEqual(checkStudy(draft, { resources: RESOURCES }, catalogue).network?.weights);
      for (const [parameter, distribution] of Object.entries(card?.space ?? {}))
        expect.soft(draft.searchSpace[parameter], `${name}: ${parameter}`).toEqual(distribution);
    }
  });
});

describe('Set-up: checks of a study that is being edited', () => {
  const draft = draftStudy(MNIST, 'mine') as StudyFile & { searchSpace: object };
  const check = (study: unknown): Promise<StudyCheck> =>
    asked<StudyCheck>(calls, 'checkStudy', { study });

  test('show its layers with the shapes of the whole search', async () => {
    const hidden = { type: 'dense', units: { $param: 'units' } };
    const network = {
      format: 'galapagos-network/1',
      name: 'mine',
      layers: [
        { type: 'conv', filters: { $param: 'filters' }, kernel: 3 },
        { type: 'relu', when: { active: [true] } },
        { type: 'flatten' },
        { type: 'dropout', rate: { $param: 'dropout' } },
        hidden,
        { type: 'dense', units: 10 },
      ],
      loss: { type: 'softmax-cross-entropy' },
    };
    const searchSpace = {
      ...draft.searchSpace,
      filters: { type: 'int', low: 2, high: 8 },
      units: { type: 'int', low: 16, high: 64, log: true },
      active: { type: 'categorical', choices: [true, false] },
    };
    const { problems, network: shown } = await check({
      ...draft,
      objective: { ...draft.objective, network },
      searchSpace,
    });
    expect(problems).toEqual([]);
    expect(shown?.layers.map(({ name, detail, searched }) => [name, detail, searched])).toEqual([
      ['conv1', '3×3, 2 to 8', ['filters']],
      ['relu1', '', ['active']],
      ['flatten1', '', []],
      ['dropout1', '0 to 0.5', ['dropout']],
      ['dense1', '16 to 64', ['units']],
      ['dense2', '10', []],
    ]);
    expect(shown?.layers[0]?.shape).toEqual({ low: [2, 26, 26], high: [8, 26, 26] });
    expect(shown?.layers[0]?.weights).toEqual({ low: 2 * 10, high: 8 * 10 });
    expect(shown?.weights).toEqual({
      low: 20 + (2 * 676 + 1) * 16 + 17 * 10,
      high: 80 + (8 * 676 + 1) * 64 + 65 * 10,
    });
  });

  test('name parameters that nothing uses, also through conditions, and count parents of used ones as used', async () => {
    const searchSpace = {
      decays: { type: 'categorical', choices: [true, false] },
      ...draft.searchSpace,
      weightDecay: { type: 'float', low: 0, high: 0.1, when: { decays: [true] } },
      unused: { type: 'categorical', choices: ['a', 'b'] },
      behind: { type: 'float', low: 0, high: 1, when: { unused: ['a'] } },
    };
    expect((await check({ ...draft, searchSpace })).unused).toEqual(['unused', 'behind']);
    expect((await check(draft)).unused).toEqual([]);
    const lenet = { ...draft, objective: { ...draft.objective, network: 'lenet-5' } };
    expect((await check(lenet)).unused).toEqual(['dropout']);
  });

  test('report all problems at once, by field', async () => {
    const searchSpace = { ...draft.searchSpace, momentum: { type: 'float', low: 1, high: 0.1 } };
    const { problems } = await check({
      ...draft,
      name: '',
      objective: { ...draft.objective, network: 'cnm' },
      searchSpace,
    });
    expect(problems.map(({ path }) => path).sort()).toEqual([
      'name',
      'objective.network',
      'searchSpace.momentum.low',
    ]);
    expect(problems.find(({ path }) => path === 'objective.network')?.hint).toContain('cnn');
  });

  test('accept or refuse any JSON without throwing', async () => {
    for (const study of [
      null,
      5,
      [],
      {},
      { objective: null },
      { objective: { kind: 'train', dataset: 5 } },
      { searchSpace: 'all' },
    ]) {
      expect((await check(study)).problems.length).toBeGreaterThan(0);
    }
  });

  test("give the grid's size where its points can be counted", async () => {
    const grid = {
      a: { type: 'int', low: 1, high: 4 },
      b: { type: 'categorical', choices: ['x', 'y'] },
    };
    const sphere = {
      ...draft,
      objective: { kind: 'synthetic', function: 'sphere' },
      sampler: { name: 'grid' },
      stop: {},
    };
    expect((await check({ ...sphere, searchSpace: grid })).gridSize).toBe(8);
    expect((await check(draft)).gridSize).toBeNull();
    expect((await check({ ...draft, sampler: { name: 'grid', divisions: 2 } })).gridSize).toBe(
      2 ** 4 * 3,
    );
  });

  test('answer JSON text with line and column', async () => {
    expect(
      await ask(calls, 'parseStudy', { text: '{"a": 1,\n "b": }', source: 'study.json' }),
    ).toMatchObject({
      ok: false,
      error: {
        code: 'invalid-input',
        data: { source: 'study.json', problems: [{ path: 'line 2, column 7' }] },
      },
    });
    expect(await asked(calls, 'parseStudy', { text: '{"a": [1]}', source: 'study.json' })).toEqual({
      a: [1],
    });
  });

  test('read its network from a file beside it only for the window of this machine', async () => {
    const input = {
      text: '{"objective": {"network": "./gone.json"}}',
      source: folder.file('study.json'),
    };
    expect(await ask(calls, 'parseStudy', input)).toMatchObject({
      ok: false,
      error: { data: { problems: [{ code: 'missing-file' }] } },
    });
    expect(await ask(calls, 'parseStudy', input, { ...WINDOW, host: 'server' })).toMatchObject({
      ok: true,
    });
  });
});

test('Set-up: lists every sampler with its settings and bounds', async () => {
  const all = await asked<{ name: string; settings: { name: string; default: number | null }[] }[]>(
    calls,
    'samplers',
    {},
  );
  expect(all.map(({ name }) => name)).toEqual(samplerNames.map(({ name }) => name));
  const evolution = all.find(({ name }) => name === 'evolution');
  expect(evolution?.settings.find(({ name }) => name === 'population')).toMatchObject({
    integer: true,
    low: 1,
    default: 5,
  });
});
