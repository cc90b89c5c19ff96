/**
 * Tests what happens to the best model of a lab: it is trained again, compared with the record, and
 * exported for other programs.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { runOutput } from '../../src/protocol/run-output.ts';
import type { RunOutput } from '../../src/protocol/run-output.ts';
import { exportOutput } from '../../src/protocol/cli-output.ts';
import { decodeSafetensors } from '../../src/training/weights/safetensors.ts';
import { readLab } from '../../src/storage/read-lab.ts';
import { built, command, start } from '../support/built-command.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const folder = temporaryFolder();
afterAll(() => folder.remove());

/** Three epochs of one layer on 1,200 images. */
const study = {
  format: 'galapagos-study/1',
  name: 'small',
  objective: {
    kind: 'train',
    dataset: 'mnist',
    network: {
      format: 'galapagos-network/1',
      name: 'one-layer',
      input: { shape: [1, 28, 28] },
      layers: [{ type: 'flatten' }, { type: 'dense', units: 10 }],
      loss: { type: 'softmax-cross-entropy' },
    },
    settings: {
      batch: 64,
      epochs: 3,
      optimizer: { type: 'adam', learningRate: { $param: 'lr' } },
      validation: 0.98,
    },
    metric: 'accuracy',
    selectOn: 'test',
    bits: 'wasm',
  },
  direction: 'maximize',
  searchSpace: { lr: { type: 'float', low: 1e-4, high: 0.1, log: true } },
  sampler: { name: 'random' },
  stop: { trials: 3 },
  seed: 3,
};

/** Output of the run. */
let events: RunOutput[] = [];

beforeAll(async () => {
  await built();
  writeFileSync(join(folder.path, 'small.json'), JSON.stringify(study));
  const { code, stdout, stderr } = await command(
    ['run', './small.json', '--workers', '1', '--json'],
    folder.path,
  );
  expect([code, stderr]).toEqual([0, '']);
  events = stdout.split('\n').map((line) => runOutput.parse(JSON.parse(line)));
});

describe("Export: the best trial's model", () => {
  it('trains the best trial again to the last bit, and writes weights and a model', async () => {
    const { code, stdout, stderr } = await command(
      ['export', 'small', '--weights', 'best.safetensors', '--onnx', 'best.onnx', '--json'],
      folder.path,
    );
    expect([code, stderr]).toEqual([0, '']);
    const said = exportOutput.parse(JSON.parse(stdout));
    const reader = readLab(join(folder.path, 'lab.db'));
    const [best] = reader.best('small', 1);
    reader.close();
    expect(said).toMatchObject({
      trial: best?.number,
      value: best?.value,
      executor: 'wasm',
      executorReason: 'the study requires bit-identical results',
      reproduced: true,
      sha256: best?.result?.metrics?.['checksum'],
    });
    const { tensors, metadata } = decodeSafetensors(
      'best',
      readFileSync(join(folder.path, 'best.safetensors')),
    );
    expect([...tensors].map(([name, { shape }]) => [name, shape])).toEqual(
      ['', 'optimizer.first.', 'optimizer.second.'].flatMap((prefix) => [
        [`${prefix}dense1.weight`, [10, 784]],
        [`${prefix}dense1.bias`, [10]],
      ]),
    );
    expect(metadata).toMatchObject({
      study: 'small',
      trial: String(best?.number),
      executor: 'wasm',
      seed: '3',
    });
    expect(readFileSync(join(folder.path, 'best.onnx')).length).toBeGreaterThan(4 * 7850);
  });

  it('reports it in words, with the trial if another one was requested', async () => {
    const { code, stdout } = await command(
      ['export', 'small', '--trial', '1', '--onnx', 'one.onnx'],
      folder.path,
    );
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /^training trial 1 of small again\n {2}after epoch 1: .* % \(test\)\n {2}after epoch 2: .* % \(test\)\nTrial 1 of small, retrained with wasm \(the study requires bit-identical results\): .* % \(test\)\nThe weights are bit-identical to those of the study \(SHA-256 [0-9a-f]{12}…\)\.\nWrote one\.onnx\.$/,
    );
  });

  it('writes nothing when it is interrupted', async () => {
    const life = start(
      ['export', 'small', '--weights', 'never.safetensors'],
      folder.path,
      (line) => {
        if (line.startsWith('training')) life.process.kill('SIGINT');
      },
    );
    const { code, stdout } = await life.ended;
    expect([code, stdout.split('\n').at(-1)]).toEqual([130, 'Cancelled; nothing was written.']);
    expect(existsSync(join(folder.path, 'never.safetensors'))).toBe(false);
  });

  it('reports impossible requests before it trains', async () => {
    const fails = async (...args: string[]): Promise<[number | null, string]> => {
      const { code, stderr } = await command(['export', 'small', ...args], folder.path);
      return [code, stderr.trim()];
    };
    expect(await fails('--onnx', 'no/such.onnx')).toEqual([
      1,
      'galapagos: cannot write no/such.onnx: its folder does not exist',
    ]);
    expect(await fails('--onnx', 'a.onnx', '--trial', '9')).toEqual([
      2,
      'galapagos: small has no trial 9',
    ]);
    expect(await fails('--trial', '1')).toEqual([
      2,
      'galapagos: --trial requires --onnx or --weights',
    ]);
  });
});

describe('Train: regression', () => {
  it('trains on targets, judges by their squared error, and exports a model of numbers', async () => {
    vi.stubEnv('GALAPAGOS_HOME', folder.file('home'));
    // y = 3a − 2b exactly, so the remaining error is that of the training.
    const rows = Array.from(
      { length: 400 },
      (_, i) => [(i % 20) / 10 - 1, Math.floor(i / 20) / 10 - 1] as const,
    );
    writeFileSync(
      folder.file('table.csv'),
      ['a,b,y', ...rows.map(([a, b]) => `${a},${b},${3 * a - 2 * b}`)].join('\n'),
    );
    const imported = await command(
      ['datasets', 'import', 'table.csv', '--targets', 'y'],
      folder.path,
    );
    expect([imported.code, imported.stderr]).toEqual([0, '']);
    const layers = [{ type: 'dense', units: 1 }];
    const network = {
      format: 'galapagos-network/1',
      name: 'line',
      layers,
      loss: { type: 'mean-squared-error' },
    };
    const settings = {
      batch: 16,
      epochs: 20,
      optimizer: { type: 'adam', learningRate: { $param: 'lr' } },
      validation: 0.25,
    };
    const objective = { kind: 'train', dataset: 'table', network, settings, metric: 'loss' };
    const searchSpace = { lr: { type: 'float', low: 0.05, high: 0.2 } };
    writeFileSync(
      folder.file('table.json'),
      JSON.stringify({
        ...study,
        name: 'table',
        objective,
        direction: 'minimize',
        searchSpace,
        stop: { trials: 2 },
      }),
    );
    const run = await command(
      ['run', './table.json', '--workers', '1', '--lab', 'table.db'],
      folder.path,
    );
    expect([run.code, run.stderr]).toEqual([0, '']);
    const reader = readLab(folder.file('table.db'));
    const [best] = reader.best('table', 1);
    reader.close();
    expect(best?.value).toBeLessThan(0.01);
    expect(Object.keys(best?.result?.reports?.[0]?.metrics ?? {})).toEqual([
      'loss',
      'trainingLoss',
    ]);
    const { code, stdout } = await command(
      ['export', 'table', '--lab', 'table.db', '--onnx', 'line.onnx', '--json'],
      folder.path,
    );
    expect(code).toBe(0);
    expect(exportOutput.parse(JSON.parse(stdout))).toMatchObject({
      reproduced: true,
      value: best?.value,
    });
  });
});

describe('Train: reports of a trial', () => {
  it('are printed while it runs, after each epoch but the last', () => {
    const reported = events.filter((event) => event.event === 'trialReported');
    const expected = [0, 1, 2].flatMap((trial) => [1, 2].map((epoch) => [trial, epoch]));
    expect(reported.map(({ trial, epoch }) => [trial, epoch])).toEqual(expected);
    expect(events.at(-1)).toMatchObject({
      event: 'finished',
      executors: [{ label: 'wasm', reason: 'the study requires bit-identical results' }],
    });
  });

  it('are part of show, trials and story', async () => {
    const text = async (...args: string[]): Promise<string> =>
      (await command(args, folder.path)).stdout;
    expect(await text('show', 'small')).toMatch(
      /by epoch {3}\d.* % \(test\), \d.* % \(test\), \d.* % \(test\)\n {2}trained with wasm \(the study requires bit-identical results\)/,
    );
    expect(await text('story', 'small', '0')).toMatch(
      /trained with wasm \(the study requires bit-identical results\)\n {2}after epoch 1: .* % \(test\), loss .*, accuracy .*, trainingLoss .*\n {2}after epoch 2: /,
    );
    const [line = ''] = (await text('trials', 'small', '--json')).split('\n');
    expect(JSON.parse(line)).toMatchObject({
      executor: 'wasm',
      reports: [{ epoch: 1 }, { epoch: 2 }, { epoch: 3 }],
    });
  });
});
