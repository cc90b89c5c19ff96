/**
 * Tests lanes and datasets through a whole lab: real sockets, a real worker process, the wasm
 * executor.
 */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Device } from '../../src/core/device.ts';
import { startLab } from '../../src/lab/start-lab.ts';
import { parseStudy, studyOf } from '../../src/protocol/study-file.ts';
import { cpuDevice } from '../../src/runtime/cpu-device.ts';
import { importPoints } from '../support/points-dataset.ts';
import { temporaryFolder, type TemporaryFolder } from '../support/temporary-folder.ts';
import { workerTimes } from '../support/worker-times.ts';

const resources = new URL('../../resources', import.meta.url).pathname;

let folder: TemporaryFolder;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.remove());

const study = {
  format: 'galapagos-study/1',
  name: 'lanes',
  objective: {
    kind: 'train',
    dataset: 'points',
    network: {
      format: 'galapagos-network/1',
      name: 'mlp',
      layers: [
        { type: 'dense', units: { $param: 'units' } },
        { type: 'relu' },
        { type: 'dense', units: 2 },
      ],
      loss: { type: 'softmax-cross-entropy' },
    },
    settings: {
      batch: 16,
      epochs: 2,
      optimizer: { type: 'sgd', learningRate: { $param: 'rate' } },
      validation: 0.25,
    },
    executor: 'wasm',
  },
  direction: 'maximize',
  searchSpace: {
    units: { type: 'categorical', choices: [4, 8] },
    rate: { type: 'float', low: 0.01, high: 0.1 },
  },
  sampler: { name: 'random' },
  stop: { trials: 24 },
  seed: 3,
};

interface Sent {
  readonly shape: string | null;
  /** Encoded `units` of each lane. */
  readonly units: readonly (number | undefined)[];
}

/** Runs the study on one worker. @returns its cohorts, and the executors of its trials */
async function run(
  device: Device,
): Promise<{ cohorts: Sent[]; executors: Set<string>; models: string[] }> {
  const cohorts = new Map<string, Sent>();
  const executors = new Set<string>();
  const models: string[] = [];
  let over: (error?: Error) => void = () => undefined;
  const finished = new Promise<void>(
    (resolve, reject) => (over = (error) => (error === undefined ? resolve() : reject(error))),
  );
  const lab = await startLab({
    file: folder.file('lab.db'),
    resources,
    userFolder: folder.path,
    device,
    options: { strict: true, ...(await workerTimes()) },
    listener: {
      show: (_, change) => {
        if (change.kind === 'trialEnded') {
          if (change.outcome !== 'succeeded') over(new Error(JSON.stringify(change)));
          executors.add(change.result?.executor ?? '');
        }
        for (const slot of lab.coordinator.lab.slots.values())
          for (const { id, shape, attempts } of slot.cohorts)
            cohorts.set(id, { shape, units: attempts.map(({ trial }) => trial.params[0]) });
      },
      showLab: () => undefined,
      finished: () => over(),
      fatal: (error) => over(error),
      workerExited: () => undefined,
    },
  });
  try {
    const { spec, limits } = studyOf(parseStudy(study, 'lanes'));
    lab.startWorkers({ count: 1 });
    lab.coordinator.createStudy('lanes', spec, limits);
    await finished;
    for (const { model } of lab.coordinator.lab.slots.values()) models.push(model);
  } finally {
    await lab.close();
  }
  return { cohorts: [...cohorts.values()], executors, models };
}

describe('Lanes: a device of four on the wasm executor', () => {
  it('trains up to four trials of one shape together, and others in another cohort', async () => {
    await importPoints(folder);
    const { cohorts, executors } = await run({ ...cpuDevice(), lanes: 4 });
    expect([...executors].every((name) => name.startsWith('wasm'))).toBe(true);
    expect(cohorts.reduce((sum, { units }) => sum + units.length, 0)).toBe(24);
    expect(Math.max(...cohorts.map(({ units }) => units.length))).toBe(4);
    for (const { units } of cohorts) expect(new Set(units).size).toBe(1);
    const shapes = new Set(cohorts.map(({ shape }) => shape));
    expect([...shapes].sort()).toEqual(['{"units":4}', '{"units":8}']);
  });

  it('are offered with the name of the device, with which devices of nodes are compared', async () => {
    await importPoints(folder);
    const { models } = await run({ ...cpuDevice(), name: 'Core 9000' });
    expect(models).toEqual(['Core 9000']);
  });

  it('computes no shape keys where every device has one lane', async () => {
    await importPoints(folder);
    const { cohorts } = await run(cpuDevice());
    expect(cohorts).toHaveLength(24);
    expect(cohorts.every(({ shape }) => shape === null)).toBe(true);
  });
});
