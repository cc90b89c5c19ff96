/** Tests how many lanes fill a device, found from the throughput for 1, 4, 16 … lanes. */
import { describe, expect, it } from 'vitest';
import type { Device } from '../../src/core/device.ts';
import { Calibrations } from '../../src/training/calibration/calibrations.ts';
import { lanesWanted } from '../../src/training/calibration/lanes-wanted.ts';
import type { Executable, Executor, RunRequest } from '../../src/training/executors/executor.ts';
import { TrainingError } from '../../src/training/training-error.ts';
import { subject } from '../support/training.ts';

const { plan } = subject([1, 6, 6], [{ type: 'flatten' }, { type: 'dense', units: 3 }], 8);
const dataset = { samples: 8, shape: [1, 6, 6], classes: 3, sampleType: 'u8' } as const;
const LANE_BYTES = 1_000;
const device: Device = {
  id: 'gpu/0',
  kind: 'gpu',
  name: 'card',
  lanes: 256,
  memoryBytes: 1e9,
};

/** An executor whose step takes a time that depends on the lanes, on a clock of its own. */
class Timed {
  now = 0;
  readonly compiled: number[] = [];
  memoryBytes = Infinity;
  readonly executor: Executor;

  constructor(stepMs: (lanes: number) => number) {
    this.executor = {
      name: 'webgpu',
      probe: () =>
        Promise.resolve({
          usable: true,
          label: 'card',
          memoryBytes: this.memoryBytes,
          parallel: 1,
        }),
      estimate: () => ({ sharedBytes: 0, laneBytes: LANE_BYTES, codeBytes: 0, form: '' }),
      compile: (_, lanes) => {
        this.compiled.push(lanes);
        const ms = stepMs(lanes);
        if (Number.isNaN(ms)) return Promise.reject(new TrainingError('out-of-memory', 'full'));
        const run = ({ steps, signal, ...request }: RunRequest): Promise<object> => {
          let done = 0;
          while (done < steps && !signal.aborted) {
            done += 1;
            this.now += ms;
            request.onChunk?.(done, []);
          }
          return Promise.resolve({ stepsDone: done, aborted: signal.aborted, lanes: [] });
        };
        const nothing = (): Promise<void> => Promise.resolve();
        const parts = { plan, lanes, run, loadDataset: nothing, begin: nothing, dispose: nothing };
        return Promise.resolve(parts as unknown as Executable);
      },
    };
  }

  wanted(on: Device = device): Promise<number> {
    const calibrations = new Calibrations(null, () => this.now);
    const options = { device: on, dataset, calibrations, now: () => this.now };
    return lanesWanted({ executor: this.executor, label: 'card' }, plan, options);
  }
}

describe('Lanes that fill a device', () => {
  it('are the fewest that give nearly the best throughput', async () => {
    // Sixteen lanes take no longer than one; beyond, each costs its share.
    expect(await new Timed((lanes) => Math.max(16, lanes)).wanted()).toBe(16);
    expect(await new Timed((lanes) => lanes).wanted()).toBe(1);
    expect(await new Timed(() => 10).wanted()).toBe(256);
  });

  it('are not searched further once more lanes do not pay', async () => {
    const timed = new Timed((lanes) => Math.max(4, lanes));
    await timed.wanted();
    expect(timed.compiled).toEqual([1, 4, 16]);
  });

  it('fit into the memory of the device', async () => {
    expect(await new Timed(() => 10).wanted({ ...device, memoryBytes: 20 * LANE_BYTES })).toBe(16);
    const timed = new Timed(() => 10);
    timed.memoryBytes = 5 * LANE_BYTES;
    expect(await timed.wanted()).toBe(4);
  });

  it('are fewer than those for which memory did not suffice', async () => {
    expect(await new Timed((lanes) => (lanes > 16 ? NaN : 10)).wanted()).toBe(16);
  });
});
