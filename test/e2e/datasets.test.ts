/** Tests a user's own data from import to a finished study, and an import that is cancelled. */
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { MNIST } from '../../src/datasets/catalogue.ts';
import { loadDataset } from '../../src/datasets/dataset.ts';
import { importOutput, datasetsOutput } from '../../src/protocol/cli-output.ts';
import { readLab } from '../../src/storage/read-lab.ts';
import { built, command, start } from '../support/built-command.ts';
import { png, written } from '../support/dataset-files.ts';
import { temporaryFolder, type TemporaryFolder } from '../support/temporary-folder.ts';

const RESOURCES = new URL('../../resources', import.meta.url).pathname;

beforeAll(built);
let folder: TemporaryFolder;
beforeEach(() => {
  folder = temporaryFolder();
  vi.stubEnv('GALAPAGOS_HOME', folder.file('home'));
});
afterEach(() => folder.remove());

/** The first images of MNIST as PNGs in class folders: `digits/train/7/12.png`. */
async function digits(training: number, test: number): Promise<string> {
  const { view } = await loadDataset(MNIST, RESOURCES);
  const image = (i: number): Buffer =>
    png(28, 28, (x, y) => [view.x[i * 784 + y * 28 + x] ?? 0], { filter: () => 2 });
  const file = (split: string, i: number): [string, Buffer] => [
    `${split}/${String(view.y[i])}/${String(i)}.png`,
    image(i),
  ];
  return written(
    folder.file('digits'),
    Object.fromEntries([
      ...Array.from({ length: training }, (_, i) => file('train', i)),
      ...Array.from({ length: test }, (_, i) => file('test', MNIST.training + i)),
    ]),
  );
}

function study(objective: Record<string, unknown>, direction: string): string {
  const file = folder.file('study.json');
  const settings = {
    batch: 32,
    epochs: 2,
    optimizer: { type: 'sgd', learningRate: { $param: 'learningRate' }, momentum: 0.9 },
    validation: 0.2,
  };
  writeFileSync(
    file,
    JSON.stringify({
      format: 'galapagos-study/1',
      name: 'own',
      objective: { kind: 'train', settings, metric: 'accuracy', ...objective },
      direction,
      searchSpace: { learningRate: { type: 'float', low: 0.01, high: 0.1, log: true } },
      sampler: { name: 'random' },
      stop: { trials: 4 },
      seed: 1,
    }),
  );
  return file;
}

const network = (layers: readonly object[], loss: string): object => ({
  format: 'galapagos-network/1',
  name: 'small',
  layers,
  loss: { type: loss },
});

function values(): (number | null)[] {
  const lab = readLab(folder.file('lab.db'));
  try {
    return [...lab.trials('own')].map(({ value }) => value);
  } finally {
    lab.close();
  }
}

describe('Datasets: own data', () => {
  it('imports PNGs in class folders, lists them, trains on them with a network without an input shape, and removes them', async () => {
    const path = await digits(600, 100);
    const imported = await command(['datasets', 'import', path, '--json'], folder.path);
    expect([imported.code, imported.stderr]).toEqual([0, '']);
    const { dataset } = importOutput.parse(JSON.parse(imported.stdout));
    expect(dataset).toMatchObject({
      name: 'digits',
      shape: [1, 28, 28],
      classes: 10,
      training: { samples: 600 },
      test: { samples: 100 },
      drawn: null,
    });

    const list = datasetsOutput.parse(
      JSON.parse((await command(['datasets', 'list', '--json'], folder.path)).stdout),
    );
    expect(list.datasets.map(({ name }) => name)).toEqual(['mnist', 'digits']);

    const layers = [{ type: 'flatten' }, { type: 'dense', units: 10 }];
    const run = await command(
      [
        'run',
        study({ dataset: 'digits', network: network(layers, 'softmax-cross-entropy') }, 'maximize'),
        '--workers',
        '1',
      ],
      folder.path,
    );
    expect([run.code, run.stderr]).toEqual([0, '']);
    // The chance level is 0.1.
    expect(Math.min(...values().map((value) => value ?? 0))).toBeGreaterThan(0.5);

    expect((await command(['datasets', 'remove', 'digits'], folder.path)).stdout).toBe(
      'Removed digits.',
    );
    expect(readdirSync(folder.file('home/datasets/content'))).toEqual([]);
    const again = await command(['run', folder.file('study.json')], folder.path);
    expect([again.code, again.stderr]).toEqual([
      2,
      expect.stringContaining('objective.dataset: expected one of mnist, found "digits"'),
    ]);
  });

  it('leaves nothing of an interrupted import and says so', async () => {
    const path = await digits(300, 50);
    // Enough to be running for long after the signal.
    const large = png(900, 900, (x, y) => [(x * y) & 255]);
    written(
      path,
      Object.fromEntries(
        Array.from({ length: 200 }, (_, i) => [`train/0/more-${String(i)}.png`, large]),
      ),
    );
    const life = start(['datasets', 'import', path, '--size', '28x28'], folder.path);
    const incoming = folder.file('home/datasets/incoming');
    await vi.waitUntil(
      () =>
        existsSync(incoming) &&
        readdirSync(incoming).some((name) => existsSync(join(incoming, name, 'samples'))),
      {
        timeout: 60_000,
        interval: 5,
      },
    );
    life.process.kill('SIGINT');
    const { code, stdout, stderr } = await life.ended;
    expect([code, stdout, stderr]).toEqual([
      130,
      '',
      'galapagos: import cancelled; nothing was stored\n',
    ]);
    expect(readdirSync(incoming)).toEqual([]);
    expect(existsSync(folder.file('home/datasets/names'))).toBe(false);
  });
});
