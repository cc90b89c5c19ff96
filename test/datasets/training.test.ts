/**
 * Tests studies on imported datasets: the check before a study starts, training, and the refusal of
 * changed datasets.
 */
import { problemText } from '../../src/core/errors.ts';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { catalogueOf } from '../../src/datasets/catalogue.ts';
import { loadDataset } from '../../src/datasets/dataset.ts';
import {
  ImportCancelled,
  DEFAULTS,
  type ImportOptions,
} from '../../src/datasets/import/options.ts';
import { startImport, type Finished } from '../../src/datasets/import/start-import.ts';
import { readRecord, recordNames, removeDataset } from '../../src/datasets/store.ts';
import { PRESETS } from '../../src/training/models/presets.ts';
import { checkObjective, Trainer, type TrainObjective } from '../../src/training/run/trainer.ts';
import { written } from '../support/dataset-files.ts';
import { temporaryFolder, type TemporaryFolder } from '../support/temporary-folder.ts';
import { FIXTURES } from './support.ts';

const RESOURCES = new URL('../../resources', import.meta.url).pathname;

let folder: TemporaryFolder;
let datasets: string;
beforeEach(() => {
  folder = temporaryFolder();
  datasets = folder.file('datasets');
});
afterEach(() => folder.remove());

function imported(
  name: string,
  path: string,
  more: {
    options?: Partial<ImportOptions>;
    replace?: boolean;
    dryRun?: boolean;
    signal?: AbortSignal;
  } = {},
): Promise<Finished> {
  const {
    options = {},
    replace = false,
    dryRun = false,
    signal = new AbortController().signal,
  } = more;
  const about = {
    name,
    paths: [path],
    as: null,
    imported: '2026-01-01T00:00:00.000Z',
    folder: datasets,
    replace,
    dryRun,
    signal,
    onProgress: () => undefined,
  };
  return startImport({ ...about, options: { ...DEFAULTS, ...options } });
}

const tiny = join(FIXTURES, 'png.tar.xz');

/** Two clouds of points, and a number that is linear in them; the features differ much in scale. */
function points(): string {
  const rows = Array.from({ length: 200 }, (_, i) => {
    const [a, b] = [((i * 37) % 100) / 100, ((i * 61) % 100) / 100];
    return `${String(1000 * a)},${String(b)},${a + b > 1 ? 'far' : 'near'},${String(3 * a - 2 * b)}`;
  });
  return join(
    written(folder.file('points'), { 'points.csv': `a,b,label,price\n${rows.join('\n')}\n` }),
    'points.csv',
  );
}

function objective(
  dataset: string,
  more: Partial<TrainObjective> & { units: number; loss?: string },
): TrainObjective {
  const { units, loss = 'softmax-cross-entropy', ...rest } = more;
  const layers = [{ type: 'flatten' }, { type: 'dense', units }];
  return {
    kind: 'train',
    dataset,
    network: { format: 'galapagos-network/1', name: 'linear', layers, loss: { type: loss } },
    settings: {
      batch: 16,
      epochs: 40,
      optimizer: { type: 'sgd', learningRate: 0.1, momentum: 0.9 },
    },
    metric: 'accuracy',
    selectOn: 'test',
    ...rest,
  };
}

async function trained(given: TrainObjective): Promise<number> {
  const trainer = new Trainer({ resources: RESOURCES, datasets });
  try {
    const [outcome] = await trainer.train(given, 1, [
      { request: { trial: 0, params: {} }, signal: new AbortController().signal },
    ]);
    if (outcome?.outcome !== 'succeeded') throw new Error(outcome?.outcome ?? 'nothing');
    return outcome.value;
  } finally {
    await trainer.dispose();
  }
}

describe('Datasets: training on tables', () => {
  it.each(['wasm', 'reference'] as const)(
    'works on %s: classes by name, features normalised by the stored statistics',
    async (executor) => {
      await imported('points', points(), { options: { drop: ['price'] } });
      expect(await trained(objective('points', { units: 2, executor }))).toBeGreaterThan(0.95);
    },
  );

  it.each(['wasm', 'reference'] as const)(
    'works on %s: targets by the squared error',
    async (executor) => {
      await imported('prices', points(), { options: { targets: ['price'], drop: ['label'] } });
      // A linear network can predict a linear number exactly; its variance is above 1.
      expect(
        await trained(
          objective('prices', { units: 1, loss: 'mean-squared-error', metric: 'loss', executor }),
        ),
      ).toBeLessThan(1e-3);
    },
  );
});

describe('Datasets: checks of an objective', () => {
  const problems = (given: TrainObjective): string[] =>
    checkObjective(given, {}, RESOURCES, catalogueOf(datasets)).map(problemText);

  it('by shape, classes, loss and metric', async () => {
    await imported('tiny', tiny);
    await imported('prices', points(), { options: { targets: ['price'], drop: ['label'] } });
    expect(problems(objective('tiny', { units: 3 }))).toEqual([]);
    expect(problems(objective('tiny', { units: 4 }))).toEqual([
      expect.stringContaining("expected a vector of tiny's 3 classes as the last output, found 4"),
    ]);
    expect(
      problems({ ...objective('tiny', { units: 3 }), network: PRESETS.get('lenet-5')! }).join('\n'),
    ).toContain("network.input.shape: expected tiny's 3×32×32, found 1×28×28");
    expect(problems({ ...objective('tiny', { units: 3 }), network: 'lenet-5' })).toEqual([]);
    expect(
      problems(objective('prices', { units: 2, loss: 'mean-squared-error', metric: 'loss' })),
    ).toEqual([
      expect.stringContaining(
        "expected a vector of prices's 1 number to predict as the last output, found 2",
      ),
    ]);
    expect(problems(objective('prices', { units: 1 }))).toEqual([
      'metric: expected "loss", as prices has numbers to predict, found "accuracy"',
      'network.loss.type: expected "mean-squared-error", as prices has numbers to predict, found "softmax-cross-entropy"',
    ]);
  });

  it('distinguish trials of different structure, also where only the dataset determines the shape', () => {
    const layers = [{ type: 'flatten' }, { type: 'dense', units: { $param: 'units' } }];
    const searched = {
      ...objective('unknown', { units: 3 }),
      network: {
        format: 'galapagos-network/1',
        name: 'x',
        layers,
        loss: { type: 'softmax-cross-entropy' },
      },
    };
    expect([8, 9].map((units) => Trainer.shapeKey(searched, { units }))).toEqual([
      '{"units":8}',
      '{"units":9}',
    ]);
  });

  it('groups lanes by structure itself where the shape key it is told is another here', async () => {
    await imported('points', points(), { options: { drop: ['price'] } });
    const layers = [
      { type: 'flatten' },
      { type: 'dense', units: { $param: 'units' } },
      { type: 'dense', units: 2 },
    ];
    const loss = { type: 'softmax-cross-entropy' };
    const given = {
      ...objective('points', { units: 2 }),
      network: { format: 'galapagos-network/1', name: 'x', layers, loss },
      // From Node 22 on there are two executors, of which each call might take another.
      bits: 'wasm' as const,
    };
    const trainer = new Trainer({ resources: RESOURCES, datasets });
    const lanes = [3, 4, 3].map((units, trial) => ({
      request: { trial, params: { units } },
      signal: new AbortController().signal,
    }));
    const checksums = async (of: typeof lanes, shape?: string): Promise<string[]> =>
      (await trainer.train(given, 1, of, { shape })).map((each) =>
        each.outcome === 'succeeded' ? each.checksum : each.outcome,
      );
    try {
      const alone = [];
      for (const lane of lanes) alone.push(...(await checksums([lane])));
      expect(await checksums(lanes, '{"units":9}')).toEqual(alone);
      const alike = lanes.filter((_, i) => i !== 1);
      expect(await checksums(alike, '{"units":3}')).toEqual([alone[0], alone[2]]);
    } finally {
      await trainer.dispose();
    }
  });

  it('by name, with the nearest, and by its files', async () => {
    await imported('tiny', tiny);
    expect(problems(objective('tinny', { units: 3 }))).toEqual([
      'dataset: expected one of mnist, tiny, found "tinny" (did you mean "tiny"?)',
    ]);
    rmSync(join(datasets, 'content'), { recursive: true });
    expect(problems(objective('tiny', { units: 3 }))).toEqual([
      expect.stringMatching(/^dataset: expected .*training, found no such file$/),
      expect.stringMatching(/test, found no such file$/),
    ]);
  });
});

describe('Datasets: store', () => {
  const contents = (): string[] => readdirSync(join(datasets, 'content'));

  it('keeps equal data once, under any number of names, until the last one is removed', async () => {
    await imported('one', tiny);
    await imported('two', join(FIXTURES, 'parquet'));
    expect([contents().length, recordNames(datasets)]).toEqual([1, ['one', 'two']]);
    expect(removeDataset(datasets, 'one')).toBe(true);
    expect(contents().length).toBe(1);
    expect([removeDataset(datasets, 'two'), removeDataset(datasets, 'two')]).toEqual([true, false]);
    expect([contents(), recordNames(datasets)]).toEqual([[], []]);
  });

  it('replaces a name only on request, never that of a built-in dataset, and refuses names that are paths', async () => {
    await imported('one', tiny);
    await expect(imported('one', points())).rejects.toMatchObject({
      code: 'dataset-exists',
      message: expect.stringContaining('--replace') as string,
    });
    await imported('one', points(), { replace: true });
    expect([readRecord(datasets, 'one')?.shape, contents().length]).toEqual([[3], 1]);
    await expect(imported('mnist', tiny, { replace: true })).rejects.toMatchObject({
      code: 'dataset-exists',
    });
    for (const name of ['../x', 'a/b', '', '.x', 'x'.repeat(65)])
      await expect(imported(name, tiny)).rejects.toMatchObject({ code: 'bad-name' });
    expect(removeDataset(datasets, '../names/one')).toBe(false);
  });

  it('stores nothing in a dry run or when cancelled, and removes the rest of a killed process', async () => {
    const { stored, imported: found } = await imported('one', tiny, { dryRun: true });
    expect([stored, found.training.samples]).toEqual([null, 8]);
    await expect(imported('one', tiny, { signal: AbortSignal.abort() })).rejects.toThrow(
      ImportCancelled,
    );
    // Larger than any process number that systems assign.
    const left = join(datasets, 'incoming', '99999999-dead');
    written(left, { samples: 'half' });
    await imported('one', tiny);
    expect([existsSync(left), readdirSync(join(datasets, 'incoming'))]).toEqual([false, []]);
  });

  it('refuses changed or truncated bytes and a damaged record, with a remedy', async () => {
    await imported('tiny', tiny);
    const entry = catalogueOf(datasets).find('tiny')!;
    expect((await loadDataset(entry, RESOURCES)).view).toMatchObject({
      samples: 12,
      shape: [3, 32, 32],
      classes: 3,
      sampleType: 'u8',
    });
    if (entry.source.kind !== 'imported') throw new Error('it was imported');
    const { file } = entry.source.training;
    const bytes = readFileSync(file);
    writeFileSync(
      file,
      bytes.map((byte, i) => (i === 5 ? byte ^ 1 : byte)),
    );
    await expect(loadDataset(entry, RESOURCES)).rejects.toThrow(
      /training: expected SHA-256 \w{64}, found \w{64} \(the file was changed or cut short; import tiny again/,
    );
    writeFileSync(file, bytes.subarray(1));
    await expect(loadDataset(entry, RESOURCES)).rejects.toThrow(
      /expected 24584 bytes, found 24583/,
    );
    await imported('tiny', tiny, { replace: true });
    await expect(loadDataset(entry, RESOURCES)).resolves.toBeDefined();
    writeFileSync(join(datasets, 'names', 'tiny.json'), '{"format":"galapagos-dataset/1"}');
    expect(() => catalogueOf(datasets).find('tiny')).toThrow(
      /the record of dataset tiny is damaged .* remove it by galapagos datasets remove tiny, and import it again/,
    );
    expect(removeDataset(datasets, 'tiny')).toBe(true);
  });

  it('refuses a record whose counts do not match its classes', async () => {
    await imported('tiny', tiny);
    const path = join(datasets, 'names', 'tiny.json');
    const record = JSON.parse(readFileSync(path, 'utf8')) as { test: { perClass: number[] } };
    record.test.perClass.pop();
    writeFileSync(path, JSON.stringify(record));
    expect(() => catalogueOf(datasets).find('tiny')).toThrow(
      /the record of dataset tiny is damaged \(.*one count for each class/,
    );
  });
});
