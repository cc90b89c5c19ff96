/** Groups of lanes of unequal structure, trained side by side where the executor gains from it. */
import { describe, expect, it } from 'vitest';
import type { Executable, Executor } from '../../../src/training/executors/executor.ts';
import { WasmExecutor } from '../../../src/training/executors/wasm/wasm.ts';
import type { TrainProgress } from '../../../src/training/objective/objective.ts';
import {
  Trainer,
  type LaneOutcome,
  type TrainObjective,
} from '../../../src/training/run/trainer.ts';
import { TrainingError } from '../../../src/training/training-error.ts';
import { realExecutors, registered } from '../../support/registered-executors.ts';

const resources = new URL('../../../resources', import.meta.url).pathname;

/** 600 training images, one layer; the batch, and so the plan, is searched. */
const objective: TrainObjective = {
  kind: 'train',
  dataset: 'mnist',
  network: {
    format: 'galapagos-network/1',
    name: 'one-layer',
    layers: [{ type: 'max-pool', size: 4 }, { type: 'flatten' }, { type: 'dense', units: 10 }],
    loss: { type: 'softmax-cross-entropy' },
  },
  settings: {
    batch: { $param: 'batch' },
    epochs: 2,
    optimizer: { type: 'sgd', learningRate: 0.01 },
    validation: 0.99,
  },
  metric: 'accuracy',
  selectOn: 'test',
  executor: 'wasm',
  bits: 'wasm',
};

const BATCHES = [64, 32, 64, 16];

function lanes(): Parameters<Trainer['train']>[2] {
  return BATCHES.map((batch, trial) => ({
    request: { trial, params: { batch } },
    signal: new AbortController().signal,
  }));
}

/**
 * The executor wasm as one that runs several executables side by side. The first run of each waits
 * until `meeting` of them have begun.
 */
class Parallel implements Executor {
  readonly name = 'wasm';
  readonly #real = new WasmExecutor({ fused: false });
  readonly #parallel: number;
  readonly #meeting: number;
  readonly #room: number;
  #open: () => void = () => undefined;
  readonly #met = new Promise<void>((resolve) => (this.#open = resolve));
  begun = 0;
  /** Executables that hold memory now, and the most there were. */
  held = 0;
  most = 0;

  /** @param room executables for which the memory suffices */
  constructor({ parallel = 4, meeting = 1, room = Infinity } = {}) {
    this.#parallel = parallel;
    this.#meeting = meeting;
    this.#room = room;
  }

  probe: Executor['probe'] = async () => {
    const found = await this.#real.probe();
    return found.usable ? { ...found, parallel: this.#parallel } : found;
  };

  estimate: Executor['estimate'] = (...of) => this.#real.estimate(...of);

  compile: Executor['compile'] = async (...of) => {
    const executable = await this.#real.compile(...of);
    const load = executable.loadDataset.bind(executable);
    const run = executable.run.bind(executable);
    const dispose = executable.dispose.bind(executable);
    let loaded = 0;
    let first = true;
    return Object.assign<Executable, Partial<Executable>>(executable, {
      loadDataset: (view) => {
        if (this.held >= this.#room)
          return Promise.reject(new TrainingError('out-of-memory', 'no room'));
        loaded = 1;
        this.most = Math.max(this.most, (this.held += 1));
        return load(view);
      },
      run: async (request) => {
        if (first && ++this.begun === this.#meeting) this.#open();
        first = false;
        await this.#met;
        return run(request);
      },
      dispose: () => {
        this.held -= loaded;
        loaded = 0;
        return dispose();
      },
    });
  };
}

async function trained(
  wasm: Executor,
  progress?: (progress: TrainProgress) => void,
): Promise<readonly string[]> {
  const executors = registered({ ...realExecutors(), wasm });
  const trainer = new Trainer({ resources, executors });
  const ended: number[] = [];
  const outcomes = await trainer.train(objective, 1, lanes(), {
    ended: (lane) => ended.push(lane),
    ...(progress === undefined ? {} : { progress }),
  });
  await trainer.dispose();
  expect(ended.sort()).toEqual([0, 1, 2, 3]);
  return outcomes.map(checksum);
}

function checksum(outcome: LaneOutcome): string {
  if (outcome.outcome !== 'succeeded') throw new Error(JSON.stringify(outcome));
  return outcome.checksum;
}

describe('Trainer: groups side by side', () => {
  it('begin before one of them ends, and train to the weights of groups one after the other', async () => {
    const together = new Parallel({ meeting: 3 });
    const found = await trained(together);
    expect([together.begun, together.most, together.held]).toEqual([3, 3, 0]);
    const apart = new Parallel({ parallel: 1 });
    expect(await trained(apart)).toEqual(found);
    expect(apart.most).toBe(1);
  });

  it('are no more than the executor allows', async () => {
    const two = new Parallel({ parallel: 2, meeting: 2 });
    await trained(two);
    expect([two.begun, two.most]).toEqual([3, 2]);
  });

  it('follow one another if memory does not suffice for all', async () => {
    const narrow = new Parallel({ room: 1 });
    expect(await trained(narrow)).toEqual(await trained(new Parallel()));
    expect([narrow.most, narrow.held]).toEqual([1, 0]);
  });

  it('report the sum of their progress, which never falls', async () => {
    const seen: TrainProgress[] = [];
    await trained(new Parallel({ meeting: 3 }), (progress) => seen.push(progress));
    const steps = seen.map(({ step }) => step);
    expect(steps).toEqual([...steps].sort((a, b) => a - b));
    // 600 images in two epochs, in batches of 64, 32 and 16.
    expect(seen.at(-1)).toMatchObject({ step: 134, steps: 134 });
  });
});
