import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Application } from '../../src/endpoints/application.ts';
import { createEndpoints } from '../../src/endpoints/create-endpoints.ts';
import { permit } from '../../src/objectives/command/permission.ts';
import { commandObjective } from '../../src/protocol/command-objective.ts';
import type { StudyFile } from '../../src/protocol/study-file.ts';
import type { ImportRow } from '../../src/protocol/window/lab-stream.ts';
import type { Confirmation, TrialDetail } from '../../src/protocol/window/reading.ts';
import { configurationsOf } from '../../src/studies/confirmations.ts';
import { Trainer } from '../../src/training/run/trainer.ts';
import type { LaneOutcome, TrainObjective } from '../../src/training/run/trainer.ts';
import { ask, asked, RESOURCES } from '../support/call-deps.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { Connection } from '../support/window-client.ts';
import { workerTimes } from '../support/worker-times.ts';
import { noShell, skipIf } from '../support/platform.ts';

const folder = temporaryFolder();
afterAll(() => folder.remove());

/**
 * Two classes that a line separates except for one sample in ten, so that the result depends on the
 * seed.
 */
function table(): string {
  const lines = Array.from({ length: 300 }, (_, i) => {
    const [x, y] = [(i * 37) % 101, (i * 53) % 97];
    const label = x > y !== (i % 10 === 0) ? 'above' : 'below';
    return `${x},${y},${label}`;
  });
  const file = folder.file('plane.csv');
  writeFileSync(file, ['a,b,label', ...lines, ''].join('\n'));
  return file;
}

const study: StudyFile = {
  format: 'galapagos-study/1',
  name: 'plane',
  objective: {
    kind: 'train',
    dataset: 'plane',
    network: {
      format: 'galapagos-network/1',
      name: 'mlp',
      layers: [{ type: 'dense', units: 8 }, { type: 'relu' }, { type: 'dense', units: 2 }],
      loss: { type: 'softmax-cross-entropy' },
    },
    settings: {
      batch: 16,
      epochs: 4,
      optimizer: { type: 'sgd', learningRate: { $param: 'learningRate' } },
      validation: 0.25,
    },
    metric: 'accuracy',
    selectOn: 'validation',
    executor: 'wasm',
    bits: 'wasm',
  },
  direction: 'maximize',
  searchSpace: { learningRate: { type: 'float', low: 0.01, high: 1, log: true } },
  sampler: { name: 'random' },
  stop: { trials: 6 },
  seed: 3,
};

async function open(lab: string): Promise<{ app: Application; window: Connection }> {
  const options = {
    resources: RESOURCES,
    userFolder: folder.path,
    lab: folder.file(lab),
    workers: 2,
    host: 'electron',
    version: '0',
    options: await workerTimes(),
  } as const;
  const app = await createEndpoints(options);
  return { app, window: new Connection(app.endpoints) };
}

describe('Confirmation: training the best trials again', () => {
  let app: Application;
  let window: Connection;
  beforeAll(async () => {
    ({ app, window } = await open('lab.db'));
    const { import: id } = await asked<{ import: string }>(app.endpoints.calls, 'beginImport', {
      source: { kind: 'paths', paths: [table()] },
      label: 'plane.csv',
      options: {},
    });
    const lab = window.lab();
    const row = (): ImportRow | undefined => lab.body.imports?.find((each) => each.id === id);
    await window.until(() => ['ready', 'failed'].includes(row()?.state ?? ''));
    expect(row()).toMatchObject({ state: 'ready', error: null });
    await asked(app.endpoints.calls, 'storeImport', { import: id, name: 'plane', replace: false });
  });
  afterAll(async () => {
    window.close();
    await app.close();
  });

  test('is a study of its own on fresh seeds, whose winner is evaluated on the test set once', async () => {
    const { calls } = app.endpoints;
    const lab = window.lab();
    const finished = (name: string): boolean =>
      lab.body.studies?.some((row) => row.name === name && row.state === 'finished') ?? false;
    const { study: uid } = await asked<{ study: string }>(calls, 'startStudy', {
      study,
      workers: null,
    });
    expect(await ask(calls, 'confirm', { study: uid, top: 3, seeds: 4 })).toMatchObject({
      ok: false,
      error: { code: 'unknown-trial' },
    });
    await window.until(() => finished('plane'));
    const client = window.study(uid);
    await window.until(() => client.head !== null);
    expect(client.head?.trains).toBe(true);
    const { study: again } = await asked<{ study: string }>(calls, 'confirm', {
      study: uid,
      top: 3,
      seeds: 4,
    });
    await window.until(() => finished('plane confirmation, test result'));
    const [confirmation, ...more] = await asked<Confirmation[]>(calls, 'confirmations', {
      study: uid,
    });
    expect(more).toEqual([]);
    expect(confirmation).toMatchObject({ study: again, done: 12, of: 12 });
    expect(
      lab.body.studies
        ?.filter(({ confirms }) => confirms === uid)
        .map(({ name, tests }) => ({ name, tests })),
    ).toEqual([
      { name: 'plane confirmation', tests: false },
      { name: 'plane confirmation, test result', tests: true },
    ]);

    const { configurations, p, test: onTest } = confirmation!;
    expect(configurations.map(({ values }) => values.length)).toEqual([4, 4, 4]);
    const means = configurations.map(({ mean }) => mean ?? NaN);
    expect(means).toEqual([...means].sort((a, b) => b - a));
    expect(
      configurations.every(
        ({ mean, interval }) => interval!.low <= mean! && mean! <= interval!.high,
      ),
    ).toBe(true);
    expect(p).toBeGreaterThanOrEqual(0);
    expect(p).toBeLessThanOrEqual(1);
    // Results differ between seeds; otherwise there would be nothing to confirm.
    expect(new Set(configurations.flatMap(({ values }) => values)).size).toBeGreaterThan(1);

    // Each is what training those parameters on that seed gives, whatever its number is.
    const winner = configurations[0]!;
    const { trial } = await asked<TrialDetail>(calls, 'trial', {
      study: uid,
      trial: winner.trial,
    });
    const train = async (
      seed: number,
      more: object = {},
    ): Promise<Extract<LaneOutcome, { outcome: 'succeeded' }>> => {
      const trainer = new Trainer({ resources: RESOURCES, datasets: folder.file('datasets') });
      const objective = { ...study.objective, seed, ...more } as unknown as TrainObjective;
      const lane = {
        request: { trial: 77, params: trial.params },
        signal: new AbortController().signal,
      };
      const [outcome] = await trainer.train(objective, 99, [lane]);
      await trainer.dispose();
      if (outcome?.outcome !== 'succeeded') throw new Error('it does not train');
      return outcome;
    };
    expect(await Promise.all([4, 5, 6, 7].map(async (seed) => (await train(seed)).value))).toEqual(
      winner.values,
    );
    const tested = await train(8, { test: true });
    expect(tested.metrics['testAccuracy']).toBe(onTest);
    expect(tested.checksum).toBe((await train(8)).checksum);

    // A confirmation is not confirmed again; another one uses other seeds.
    expect(await ask(calls, 'confirm', { study: again, top: 1, seeds: 2 })).toMatchObject({
      ok: false,
      error: { code: 'usage' },
    });
    const { study: second } = await asked<{ study: string }>(calls, 'confirm', {
      study: uid,
      top: 1,
      seeds: 2,
    });
    const file = await asked<StudyFile>(calls, 'studyFile', { study: second });
    expect(file.searchSpace['seed']).toEqual({ type: 'int', low: 9, high: 10 });
    expect(file.objective).not.toHaveProperty('confirms');
    await window.until(() => finished('plane confirmation-2'));
  });

  test('continues after the application was restarted, and evaluates the winner then', async () => {
    const before = window.lab();
    const begun = { study: { ...study, name: 'plane left' }, workers: null };
    const { study: original } = await asked<{ study: string }>(
      app.endpoints.calls,
      'startStudy',
      begun,
    );
    await window.until(
      () => before.body.studies?.find(({ uid }) => uid === original)?.state === 'finished',
    );
    const { study: left } = await asked<{ study: string }>(app.endpoints.calls, 'confirm', {
      study: original,
      top: 2,
      seeds: 12,
    });
    window.close();
    await app.close();
    ({ app, window } = await open('lab.db'));
    const lab = window.lab();
    const { calls } = app.endpoints;
    await window.until(() => lab.body.studies?.find(({ uid }) => uid === left)?.state === 'paused');
    await asked(calls, 'resumeStudy', { study: left });
    const tested = (all: Confirmation[]): Confirmation | undefined =>
      all.find(({ study: each, test: value }) => each === left && value !== null);
    await window.until(
      () =>
        lab.body.studies?.some(
          (row) => row.name === 'plane left confirmation, test result' && row.state === 'finished',
        ) ?? false,
    );
    const found = tested(await asked<Confirmation[]>(calls, 'confirmations', { study: original }));
    expect(found).toMatchObject({ done: 24, of: 24 });
    expect(found?.configurations.map(({ values }) => values.length)).toEqual([12, 12]);
  });

  test('of a program gives it fresh seeds, and no other parameter; no repetition is pruned', async (context) => {
    skipIf(noShell, context);
    // The value has the seed, x, the number of arguments, and how often the seed is a parameter.
    const script = `[ "$1" = "$GALAPAGOS_SEED" ] || exit 9
        told=$(grep -c seed "$GALAPAGOS_PARAMS"; env | grep -c PARAM_seed)
        echo "v=$(($1 % 100 + 100 * $3 + 10000 * $# + 1000000 * $(echo $told | tr -dc 1 | wc -c)))"`;
    const objective = commandObjective.parse({
      kind: 'command',
      command: ['sh', '-c', script.replaceAll(/[{}]/g, '$&$&'), 'sh', '{seed}', '{params:flags}'],
      folder: folder.path,
      result: { stdout: 'v=(.*)' },
      epochs: 3,
    });
    permit(folder.path, objective);
    const { calls } = app.endpoints;
    const lab = window.lab();
    const finished = (name: string): boolean =>
      lab.body.studies?.some((row) => row.name === name && row.state === 'finished') ?? false;
    const { study: uid } = await asked<{ study: string }>(calls, 'startStudy', {
      study: {
        ...study,
        name: 'program',
        objective,
        searchSpace: { x: { type: 'int', low: 0, high: 9 } },
        sampler: { name: 'grid' },
        pruner: { name: 'median' },
        stop: { trials: 10 },
      },
      workers: null,
    });
    await window.until(() => finished('program'));
    const { study: again } = await asked<{ study: string }>(calls, 'confirm', {
      study: uid,
      top: 2,
      seeds: 3,
    });
    await window.until(() => finished('program confirmation'));
    const [found] = await asked<Confirmation[]>(calls, 'confirmations', { study: uid });
    expect(found).toMatchObject({ study: again, done: 6, of: 6, test: null });
    expect(found?.configurations.map(({ values }) => values)).toEqual([
      [30904, 30905, 30906],
      [30804, 30805, 30806],
    ]);
    const file = await asked<StudyFile>(calls, 'studyFile', { study: again });
    expect(file).not.toHaveProperty('pruner');
  });

  test('is refused for a study that does not train', async () => {
    const sphere = {
      ...study,
      name: 'sphere',
      objective: { kind: 'synthetic', function: 'sphere' },
      direction: 'minimize',
      stop: { trials: 1 },
    };
    const { study: uid } = await asked<{ study: string }>(app.endpoints.calls, 'startStudy', {
      study: sphere,
      workers: null,
    });
    expect(
      await ask(app.endpoints.calls, 'confirm', { study: uid, top: 1, seeds: 2 }),
    ).toMatchObject({
      ok: false,
      error: { code: 'usage' },
    });
    expect(
      await ask(app.endpoints.calls, 'confirm', { study: 'gone', top: 1, seeds: 2 }),
    ).toMatchObject({
      ok: false,
      error: { code: 'unknown-study' },
    });
  });
});

test('Confirmation: points are all configurations on one seed after another; failed ones have no value, and trials of a sampler do not count', () => {
  type Trial = Parameters<typeof configurationsOf>[0][number];
  const trial = (
    number: number,
    value: number | null,
    outcome: Trial['outcome'] = 'succeeded',
    operator = 'enqueued',
  ): Trial => ({
    ...{ number, value, outcome },
    origin: { operator, parents: [], generation: 0 },
  });
  const trials = [
    trial(0, 1),
    trial(1, 5),
    trial(2, -Infinity, 'crashed'),
    trial(3, -Infinity, 'diverged'),
    trial(4, null, null),
  ];
  expect(configurationsOf([...trials, trial(5, 9, 'succeeded', 'uniform')], [57, 42])).toEqual([
    { trial: 57, values: [1, null, null] },
    { trial: 42, values: [5, NaN] },
  ]);
});
