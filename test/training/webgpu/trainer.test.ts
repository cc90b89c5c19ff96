import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import type { Device } from '../../../src/core/device.ts';
import { datasetsFolder } from '../../../src/datasets/places.ts';
import { WebgpuExecutor } from '../../../src/training/executors/webgpu/webgpu.ts';
import {
  Trainer,
  type LaneOutcome,
  type TrainObjective,
} from '../../../src/training/run/trainer.ts';
import { importPoints } from '../../support/points-dataset.ts';
import { realExecutors, registered } from '../../support/registered-executors.ts';
import { pointsObjective } from '../../support/points-study.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { openSoftwareCard, whereGpu } from './software-gpu.ts';

const CARD: Device = { id: 'gpu/0', kind: 'gpu', name: 'card', lanes: 1, memoryBytes: 2 ** 31 };

const objective: TrainObjective = {
  ...pointsObjective(2),
  metric: 'accuracy',
  selectOn: 'validation',
  executor: 'webgpu',
};

function lanes(count: number): Parameters<Trainer['train']>[2] {
  return Array.from({ length: count }, (_, trial) => ({
    request: { trial, params: { rate: 0.01 * (trial + 1) } },
    signal: new AbortController().signal,
  }));
}

function checksums(outcomes: readonly LaneOutcome[]): (string | undefined)[] {
  return outcomes.map((each) => (each.outcome === 'succeeded' ? each.checksum : undefined));
}

whereGpu('GPU: the trainer', () => {
  const folder = temporaryFolder();
  afterAll(() => folder.remove());
  beforeAll(() => importPoints(folder));

  function trainerOn(webgpu: WebgpuExecutor, log: (text: string) => void = () => undefined) {
    return new Trainer({
      resources: new URL('../../../resources', import.meta.url).pathname,
      datasets: datasetsFolder(folder.path),
      executors: registered({ ...realExecutors(), webgpu }),
      device: CARD,
      log,
    });
  }

  it('trains a cohort in halves if it exceeds the memory of the card, to the same weights', async () => {
    const large = new WebgpuExecutor();
    const compiled = vi.spyOn(large, 'compile');
    const trainer = trainerOn(large);
    const expected = await trainer.train(objective, 1, lanes(5));
    await trainer.dispose();
    const plan = compiled.mock.calls[0]![0];
    const { shape, type: sampleType } = plan.input;
    const dataset = { samples: 60, shape, classes: 2, sampleType };
    const { sharedBytes, laneBytes } = large.estimate(plan, 2, dataset);
    const small = new WebgpuExecutor({ memoryBytes: sharedBytes + 2 * laneBytes });
    const tried = vi.spyOn(small, 'compile');
    const other = trainerOn(small);
    const found = await other.train(objective, 1, lanes(5));
    await other.dispose();
    expect(tried.mock.calls.map(([, count]) => count)).toEqual([5, 3, 2]);
    expect(checksums(found)).toEqual(checksums(expected));
    expect(checksums(found)).not.toContain(undefined);
  });

  it('trains structures side by side to the weights of each alone', async () => {
    const settings = { ...(objective.settings as object), batch: { $param: 'batch' } };
    const searched = { ...objective, settings };
    const three = lanes(3).map(({ request, signal }, i) => ({
      request: { ...request, params: { ...request.params, batch: [16, 8, 4][i] ?? 0 } },
      signal,
    }));
    const trainer = trainerOn(new WebgpuExecutor());
    const found = await trainer.train(searched, 1, three);
    const alone: LaneOutcome[] = [];
    for (const lane of three) alone.push(...(await trainer.train(searched, 1, [lane])));
    await trainer.dispose();
    expect(checksums(found)).toEqual(checksums(alone));
    expect(new Set(checksums(found)).size).toBe(3);
  });

  it('trains with another executor if the card rejects a kernel, and names the kernel', async () => {
    const { device } = await openSoftwareCard();
    const prototype = Object.getPrototypeOf(device) as GPUDevice;
    type Create = (this: GPUDevice, descriptor: GPUShaderModuleDescriptor) => GPUShaderModule;
    const { createShaderModule: create } = prototype as unknown as { createShaderModule: Create };
    const created = vi.spyOn(prototype, 'createShaderModule').mockImplementation(function (
      this: GPUDevice,
      descriptor,
    ) {
      const code = descriptor.label === 'sgd' ? 'fn main( {' : descriptor.code;
      return create.call(this, { ...descriptor, code });
    });
    const logged: string[] = [];
    const trainer = trainerOn(new WebgpuExecutor(), (text) => logged.push(text));
    const auto: TrainObjective = { ...objective, executor: 'auto' };
    const [outcome] = await trainer.train(auto, 1, lanes(1));
    await trainer.dispose();
    created.mockRestore();
    expect(outcome).toMatchObject({
      outcome: 'succeeded',
      executor: expect.stringMatching(/^(wasm|tensorflow)/) as string,
      executorReason: expect.stringMatching(/webgpu:.* failed \(webgpu: kernel sgd: /) as string,
    });
    expect(logged).toEqual([
      expect.stringMatching(/^webgpu:.* cannot train this network: webgpu: kernel sgd: /),
    ]);
  });
});
