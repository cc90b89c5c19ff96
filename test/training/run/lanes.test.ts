/**
 * Lanes of one cohort: reports, kept weights, outcomes, and independence from each other.
 */
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { Executor } from '../../../src/training/executors/executor.ts';
import { checksum } from '../../../src/training/run/lane.ts';
import {
  Trainer,
  type EpochReport,
  type LaneOutcome,
  type ParamValue,
  type Trained,
  type TrainObjective,
  type TrainOptions,
} from '../../../src/training/run/trainer.ts';
import { TrainingError } from '../../../src/training/training-error.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { realExecutors, registered } from '../../support/registered-executors.ts';
import type { ByForm } from '../../support/registered-executors.ts';

const resources = new URL('../../../resources', import.meta.url).pathname;
const trainer = new Trainer({ resources });
afterAll(() => trainer.dispose());

/** 1,200 training images, one layer, ranked on the test images. */
const settings = {
  batch: 64,
  epochs: { $param: 'epochs' },
  optimizer: { type: 'sgd', learningRate: { $param: 'lr' }, momentum: 0.9 },
  validation: 0.98,
};
const network = {
  format: 'galapagos-network/1',
  name: 'one-layer',
  input: { shape: [1, 28, 28] },
  layers: [{ type: 'flatten' }, { type: 'dense', units: 10 }],
  loss: { type: 'softmax-cross-entropy' },
};
const objective: TrainObjective = {
  kind: 'train',
  dataset: 'mnist',
  network,
  settings,
  metric: 'accuracy',
  selectOn: 'test',
  executor: 'wasm',
  bits: 'wasm',
};
const with_ = (more: object): TrainObjective => ({
  ...objective,
  settings: { ...settings, ...more },
});

interface LaneOf {
  readonly trial: number;
  readonly signal?: AbortSignal;
  readonly [param: string]: unknown;
}

function lanes(...of: readonly LaneOf[]): Parameters<Trainer['train']>[2] {
  return of.map(({ trial, signal = new AbortController().signal, ...params }) => ({
    request: { trial, params: { lr: 0.01, epochs: 3, ...(params as Record<string, ParamValue>) } },
    signal,
  }));
}

/** A lane that trains a part of its training. */
function inPart(
  lane: Parameters<Trainer['train']>[2][number],
  from: number,
  until: number,
  folder: string,
): Parameters<Trainer['train']>[2][number] {
  const file = (epochs: number): string => join(folder, `${lane.request.trial}-${epochs}`);
  const start = from === 0 ? null : file(from);
  return { ...lane, part: { from, until, start, end: file(until) } };
}

function succeeded(
  outcome: LaneOutcome | undefined,
): Extract<LaneOutcome, { outcome: 'succeeded' }> {
  if (outcome?.outcome !== 'succeeded')
    throw new Error(`expected success, found ${JSON.stringify(outcome)}`);
  return outcome;
}

/** Records all callbacks in order. */
class Told implements TrainOptions {
  readonly said: string[] = [];
  readonly reports: { lane: number; report: EpochReport }[] = [];
  readonly kept: { lane: number; trained: Trained }[] = [];
  report = (lane: number, report: EpochReport): void => {
    this.reports.push({ lane, report });
    this.said.push(`${String(lane)} epoch ${String(report.epoch)}`);
  };
  ended = (lane: number, outcome: LaneOutcome): void =>
    void this.said.push(`${String(lane)} ${outcome.outcome}`);
  trained = (lane: number, trained: Trained): void => void this.kept.push({ lane, trained });
}

/** All fields except speed and duration, which differ between runs. */
function bits(outcome: LaneOutcome | undefined): unknown {
  const { metrics, ...rest } = succeeded(outcome);
  return { ...rest, metrics: { ...metrics, samplesPerSecond: 0, trainingSeconds: 0 } };
}

describe('Lanes: reports', () => {
  it('follow each epoch but the last, whose report is in the outcome with all others', async () => {
    const told = new Told();
    const [outcome] = await trainer.train(objective, 1, lanes({ trial: 0 }), told);
    const { reports, metrics } = succeeded(outcome);
    expect(told.said).toEqual(['0 epoch 0', '0 epoch 1', '0 succeeded']);
    expect(reports.map(({ epoch }) => epoch)).toEqual([0, 1, 2]);
    expect(told.reports.map(({ report }) => report)).toEqual(reports.slice(0, 2));
    for (const { value, metrics } of reports) {
      expect(value).toBe(metrics['accuracy']);
      expect(Object.keys(metrics)).toEqual(['loss', 'accuracy', 'trainingLoss']);
    }
    expect(reports[2]!.metrics['trainingLoss']).toBeLessThan(reports[0]!.metrics['trainingLoss']!);
    expect(metrics).toMatchObject({ epochs: 3 });
  });

  it('contain the training loss of their own epoch, under its schedule', async () => {
    // No learning after the first epoch.
    const [outcome] = await trainer.train(
      with_({ schedule: { type: 'exponential', gamma: 0 } }),
      1,
      lanes({ trial: 0 }),
    );
    const losses = succeeded(outcome).reports.map(({ metrics }) => metrics['trainingLoss']!);
    expect(losses[1]! / losses[0]!).toBeLessThan(0.9);
    expect(losses[2]! / losses[1]!).toBeCloseTo(1, 6);
  });

  it('are delivered with the outcome of a lane that ends first, at once; the others continue', async () => {
    const told = new Told();
    await trainer.train(
      objective,
      1,
      lanes({ trial: 0, epochs: 1 }, { trial: 1, epochs: 2 }, { trial: 2, lr: 1e38 }),
      told,
    );
    expect(told.said).toEqual(['2 diverged', '0 succeeded', '1 epoch 0', '1 succeeded']);
  });

  it('are followed by divergence as soon as a chunk shows it, not at the end of the epoch', async () => {
    let ended = NaN;
    let seen = 0;
    await trainer.train(
      with_({ batch: 1 }),
      1,
      lanes({ trial: 0, epochs: 1 }, { trial: 1, lr: 1e38 }),
      {
        progress: ({ step }) => (seen = step),
        ended: (lane) => {
          if (lane === 1) ended = seen;
        },
      },
    );
    expect(ended).toBeLessThan(600);
    expect(seen).toBe(1200);
  });
});

describe('Lanes: kept weights', () => {
  // The learning rate grows each epoch: the first epochs are the best.
  const rising = { schedule: { type: 'exponential', gamma: 30 } };

  it('are those of the best epoch by default, with its value and metrics', async () => {
    const told = new Told();
    const [outcome] = await trainer.train(with_(rising), 1, lanes({ trial: 0, epochs: 4 }), told);
    const { value, reports, metrics, checksum: sum } = succeeded(outcome);
    const best = reports.reduce((a, b) => (b.value > a.value ? b : a));
    expect(best.epoch).toBeLessThan(3);
    expect(value).toBe(best.value);
    expect(metrics).toMatchObject({ ...best.metrics, keptEpoch: best.epoch, epochs: 4 });
    const { state } = told.kept[0]!.trained;
    expect(state.step).toBe(19 * (best.epoch + 1));
    expect(checksum(state.weights)).toBe(sum);
    // Equal to a training of only that many epochs.
    const [shorter] = await trainer.train(
      with_(rising),
      1,
      lanes({ trial: 0, epochs: best.epoch + 1 }),
    );
    expect(succeeded(shorter).checksum).toBe(sum);
  });

  it('are those of the last epoch if the settings say so', async () => {
    const [outcome] = await trainer.train(
      with_({ ...rising, keep: 'last' }),
      1,
      lanes({ trial: 0, epochs: 4 }),
    );
    const { value, reports, metrics } = succeeded(outcome);
    expect(value).toBe(reports[3]!.value);
    expect(metrics['keptEpoch']).toBe(3);
  });

  it('are those of the lowest loss if loss is the metric, the first of equal ones', async () => {
    const [outcome] = await trainer.train(
      { ...with_(rising), metric: 'loss' },
      1,
      lanes({ trial: 0, epochs: 4 }),
    );
    const { value, reports } = succeeded(outcome);
    expect(value).toBe(Math.min(...reports.map((report) => report.value)));
    const [still] = await trainer.train(objective, 1, lanes({ trial: 0, lr: 0 }));
    expect(succeeded(still).metrics['keptEpoch']).toBe(0);
  });
});

describe('Lanes: independence', () => {
  const adam = with_({
    optimizer: { type: 'adam', learningRate: { $param: 'lr' } },
    schedule: { type: 'cosine', warmup: 5, final: 0 },
  });

  it.each<[string, TrainObjective]>([
    ['one row a run', objective],
    ['one row a step', adam],
  ])(
    'changes no bit of a lane with others, divergence, a shorter run or a cancellation: %s',
    async (_name, each) => {
      const [alone] = await trainer.train(each, 1, lanes({ trial: 7 }));
      const stop = new AbortController();
      const company = lanes(
        { trial: 1, lr: 1e38 },
        { trial: 2, epochs: 1 },
        { trial: 7 },
        { trial: 3, signal: stop.signal },
        { trial: 4 },
      );
      const outcomes = await trainer.train(each, 1, company, {
        progress: ({ step }) => {
          if (step > 25) stop.abort();
        },
      });
      expect(outcomes.map(({ outcome }) => outcome)).toEqual([
        'diverged',
        'succeeded',
        'succeeded',
        'cancelled',
        'succeeded',
      ]);
      expect(bits(outcomes[2])).toEqual(bits(alone));
    },
  );

  it('trains lanes of equal structure together, one structure after the other', async () => {
    const searched = with_({ batch: { $param: 'batch' } });
    const told = new Told();
    const [a, b, c] = lanes(
      { trial: 0, batch: 64 },
      { trial: 1, batch: 32 },
      { trial: 2, batch: 64 },
    );
    const outcomes = await trainer.train(searched, 1, [a!, b!, c!], told);
    expect(told.said.filter((said) => said.endsWith('succeeded'))).toEqual([
      '0 succeeded',
      '2 succeeded',
      '1 succeeded',
    ]);
    const [alone] = await trainer.train(searched, 1, [b!]);
    expect(bits(outcomes[1])).toEqual(bits(alone));
  });
});

/** An executor that refuses some plans. */
function refusing(real: Executor, refuse: (lanes: number) => TrainingError | null): Executor {
  return {
    name: real.name,
    probe: () => real.probe(),
    estimate: (...of) => real.estimate(...of),
    compile(plan, count, signal) {
      const error = refuse(count);
      return error === null ? real.compile(plan, count, signal) : Promise.reject(error);
    },
  };
}

/** An executor that is not installed here. */
function absent(real: Executor): Executor {
  return {
    ...refusing(real, () => null),
    probe: () => Promise.resolve({ usable: false, reason: 'not installed', remedy: 'install it' }),
  };
}

async function trainWith(
  executors: ByForm,
  each: TrainObjective,
  of: Parameters<Trainer['train']>[2],
  told?: Told,
  log: (text: string) => void = () => undefined,
): Promise<LaneOutcome[]> {
  const other = new Trainer({ resources, executors: registered(executors), log });
  try {
    return await other.train(each, 1, of, told);
  } finally {
    await other.dispose();
  }
}

describe('Executors that cannot train a cohort', () => {
  const real = realExecutors();
  const tooMany = (most: number) => (count: number) =>
    count > most ? new TrainingError('out-of-memory', 'too many') : null;

  it('train lanes in halves if memory does not suffice for all, with the same bits', async () => {
    const five = lanes(...[0, 1, 2, 3, 4].map((trial) => ({ trial, epochs: 1 })));
    const told = new Told();
    const halves = await trainWith(
      { ...real, wasm: refusing(real.wasm, tooMany(2)) },
      objective,
      five,
      told,
    );
    expect(told.said).toEqual([
      '0 succeeded',
      '1 succeeded',
      '2 succeeded',
      '3 succeeded',
      '4 succeeded',
    ]);
    const whole = await trainer.train(objective, 1, five);
    expect(halves.map(bits)).toEqual(whole.map(bits));
  });

  it('add a remark of the executable to the reason, and to the log once', async () => {
    const noted: Executor = {
      name: 'wasm',
      probe: () => real.wasm.probe(),
      estimate: (...of) => real.wasm.estimate(...of),
      compile: async (...of) =>
        Object.defineProperty(await real.wasm.compile(...of), 'note', { value: 'slowly' }),
    };
    const logged: string[] = [];
    const other = new Trainer({
      resources,
      executors: registered({ ...real, wasm: noted }),
      log: (text) => logged.push(text),
    });
    for (const trial of [0, 1]) {
      const [outcome] = await other.train(objective, 1, lanes({ trial, epochs: 1 }));
      expect(succeeded(outcome).executorReason).toMatch(/^selected in the study.*; slowly$/);
    }
    await other.dispose();
    expect(logged).toEqual(['wasm: slowly']);
  });

  it('fail if memory does not suffice for one lane', async () => {
    const none = { ...real, wasm: refusing(real.wasm, tooMany(0)) };
    await expect(
      trainWith(none, objective, lanes({ trial: 0 }, { trial: 1 })),
    ).rejects.toMatchObject({ kind: 'out-of-memory' });
  });

  it.each(['compile-failed', 'unsupported'] as const)(
    'are replaced by the next one for %s, and the attempt says so',
    async (kind) => {
      const refused = refusing(real.wasm, () => new TrainingError(kind, 'no such op'));
      const executors = {
        ...real,
        wasm: refused,
        fused: refused,
        tensorflow: absent(real.tensorflow),
      };
      const { kind: type, dataset, metric, selectOn } = objective;
      const small = {
        kind: type,
        dataset,
        // Pooled, because the reference evaluates all test images.
        network: { ...network, layers: [{ type: 'max-pool', size: 4 }, ...network.layers] },
        metric,
        selectOn,
        settings: { ...settings, batch: 600, validation: 0.99 },
      };
      const logged: string[] = [];
      const one = lanes({ trial: 0, epochs: 1 });
      const log = (text: string): void => void logged.push(text);
      const [outcome] = await trainWith(executors, small, one, undefined, log);
      expect(succeeded(outcome)).toMatchObject({
        executor: 'reference',
        executorReason: 'no faster executor is available; wasm cannot: no such op',
      });
      expect(logged).toEqual(['wasm cannot train this network: no such op']);
      await expect(trainWith(executors, objective, lanes({ trial: 0 }))).rejects.toMatchObject({
        kind,
      });
    },
  );
});

describe('Lanes: parts of a training', () => {
  it.each([
    ['sgd', settings.optimizer],
    ['adam', { type: 'adam', learningRate: { $param: 'lr' } }],
  ])('give the weights of the whole training bit for bit, with %s', async (_, optimizer) => {
    const folder = temporaryFolder();
    const task = with_({ optimizer, epochs: 4, keep: 'last', schedule: { type: 'cosine' } });
    const [lane] = lanes({ trial: 7, lr: 0.01 });
    const whole = succeeded((await trainer.train(task, 5, [lane!]))[0]);
    const reports: unknown[] = [];
    let checksumOfLast = '';
    for (const [from, until] of [
      [0, 1],
      [1, 3],
      [3, 9],
    ] as const) {
      const parts = [inPart(lane!, from, until, folder.path)];
      const outcome = succeeded((await trainer.train(task, 5, parts))[0]);
      reports.push(...outcome.reports);
      checksumOfLast = outcome.checksum;
    }
    expect(reports).toEqual(whole.reports);
    expect(checksumOfLast).toBe(whole.checksum);
    folder.remove();
  });

  it('of different epochs in one cohort change no bit of each other', async () => {
    const folder = temporaryFolder();
    const task = with_({ epochs: 4, keep: 'last' });
    const [first, second] = lanes({ trial: 1, lr: 0.01 }, { trial: 2, lr: 0.02 });
    await trainer.train(task, 5, [inPart(first!, 0, 2, folder.path)]);
    const [ahead, behind] = await trainer.train(task, 5, [
      inPart(first!, 2, 4, folder.path),
      inPart(second!, 0, 2, folder.path),
    ]);
    expect(succeeded(ahead).reports.map(({ epoch }) => epoch)).toEqual([2, 3]);
    expect(succeeded(behind).reports.map(({ epoch }) => epoch)).toEqual([0, 1]);
    const [whole] = await trainer.train(task, 5, [first!]);
    expect(succeeded(ahead).checksum).toBe(succeeded(whole).checksum);
    folder.remove();
  });

  it('fail with the file that is missing', async () => {
    const [lane] = lanes({ trial: 1 });
    await expect(
      trainer.train(with_({ epochs: 4 }), 5, [inPart(lane!, 2, 4, '/nowhere')]),
    ).rejects.toThrow('there is no checkpoint /nowhere/1-2 to go on from');
  });
});
