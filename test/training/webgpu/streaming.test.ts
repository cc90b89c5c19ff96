import { expect, it, vi } from 'vitest';
import { WebgpuExecutor } from '../../../src/training/executors/webgpu/webgpu.ts';
import type { LaneMetrics, LaneState } from '../../../src/training/executors/executor.ts';
import { FIRST, SECOND, Session, type TestLane } from '../../contracts/executor-session.ts';
import { NETWORKS, subjectOf, type SmallNetwork } from '../../support/networks.ts';
import { openSoftwareCard, whereGpu } from './software-gpu.ts';

const SAMPLES = 150;
/** Room for 30 steps of the smallest network, and for no dataset of these tests. */
const BINDING_BYTES = 4096;

const of = (name: string): SmallNetwork => NETWORKS.find((network) => network.name === name)!;

interface Outcome {
  readonly note: string | undefined;
  readonly metrics: readonly (LaneMetrics | null)[];
  readonly evaluated: readonly (LaneMetrics | null)[];
  readonly states: readonly LaneState[];
}

async function trained(
  executor: WebgpuExecutor,
  network: SmallNetwork,
  lanes: readonly TestLane[] = [FIRST, SECOND],
): Promise<Outcome> {
  const subject = subjectOf(network, SAMPLES);
  const session = await Session.open(executor, subject, lanes);
  try {
    // Every 37th sample, and a last batch of three.
    const order = Uint32Array.from({ length: SAMPLES - 1 }, (_, i) => (37 * i) % SAMPLES);
    const { lanes: metrics } = await session.run(1, 2, 36, { order });
    const evaluated = await session.evaluate();
    return { note: session.executable.note, metrics, evaluated, states: await session.states() };
  } finally {
    await session.executable.dispose();
  }
}

const NOTE = expect.stringContaining('the dataset does not fit on the card') as string;

whereGpu('GPU: datasets that do not fit on the card', () => {
  it.each(['crop and flip', 'squared error of numbers, from numbers'])(
    'train to the same bits as datasets that lie there: %s',
    async (name) => {
      const resident = await trained(new WebgpuExecutor(), of(name));
      const executor = new WebgpuExecutor({ bindingBytes: BINDING_BYTES });
      expect(resident.note).toBeUndefined();
      expect(await trained(executor, of(name))).toEqual({ ...resident, note: NOTE });
    },
  );

  it('are those that fill more than half of its memory', async () => {
    const memoryBytes = 2 ** 20;
    const executor = new WebgpuExecutor({ memoryBytes });
    await executor.probe();
    const { plan, view } = subjectOf(of('dense'));
    const shared = (samples: number): number =>
      executor.estimate(plan, 1, { ...view, samples }).sharedBytes;
    const sampleBytes = shared(2000) - shared(1000);
    const fitting = Math.floor((1000 * memoryBytes) / 2 / sampleBytes);
    expect(shared(fitting)).toBeGreaterThan(memoryBytes / 2);
    expect(shared(2 * fitting)).toBeLessThan(shared(fitting));
    expect(shared(2 * fitting)).toBe(shared(4 * fitting));
  });

  it('are those without which a single lane fits', async () => {
    const { device } = await openSoftwareCard();
    const prototype = Object.getPrototypeOf(device) as GPUDevice;
    const pop = vi.spyOn(prototype, 'popErrorScope');
    const executor = new WebgpuExecutor();
    const subject = subjectOf(of('dense'), SAMPLES);
    const executable = await executor.compile(subject.plan, 1, new AbortController().signal);
    // The scope of the first group of buffers.
    pop.mockResolvedValueOnce({ message: 'no room' });
    await executable.loadDataset(subject.view);
    pop.mockRestore();
    expect(executable.note).toEqual(NOTE);
    await executable.dispose();
  });
});

whereGpu('GPU: memory', () => {
  it('is refused before anything is allocated if the card is known to have less', async () => {
    const executor = new WebgpuExecutor({ memoryBytes: 2 ** 20 });
    const subject = subjectOf(of('dense'), SAMPLES);
    const { sharedBytes, laneBytes } =
      (await executor.probe(), executor.estimate(subject.plan, 1, subject.view));
    const lanes = Math.floor((2 ** 20 - sharedBytes) / laneBytes);
    const { device } = await openSoftwareCard();
    const spy = vi.spyOn(Object.getPrototypeOf(device) as GPUDevice, 'createBuffer');
    const open = async (count: number): Promise<number> => {
      spy.mockClear();
      const executable = await executor.compile(subject.plan, count, new AbortController().signal);
      try {
        await executable.loadDataset(subject.view);
      } finally {
        await executable.dispose();
      }
      return spy.mock.calls.length;
    };
    expect(await open(lanes)).toBeGreaterThan(0);
    await expect(open(lanes + 1)).rejects.toMatchObject({
      kind: 'out-of-memory',
      message: 'webgpu: 2 MiB are needed; the card has 1 MiB left',
    });
    expect(spy).not.toHaveBeenCalled();
    spy.mockRestore();
  });

  it('is shared by the executables of a process', async () => {
    const executor = new WebgpuExecutor({ memoryBytes: 2 ** 20 });
    const subject = subjectOf(of('dense'), SAMPLES);
    await executor.probe();
    const { sharedBytes, laneBytes } = executor.estimate(subject.plan, 1, subject.view);
    const lanes = Math.floor((2 ** 20 - sharedBytes) / laneBytes);
    const compile = (count: number): ReturnType<WebgpuExecutor['compile']> =>
      executor.compile(subject.plan, count, new AbortController().signal);
    const [first, second] = [await compile(lanes), await compile(1)];
    await first.loadDataset(subject.view);
    await expect(second.loadDataset(subject.view)).rejects.toMatchObject({ kind: 'out-of-memory' });
    await second.dispose();
    await first.dispose();
    await first.dispose();
    const third = await compile(lanes);
    await third.loadDataset(subject.view);
    await third.dispose();
  });

  it('is that of the card, or an assumed one', async () => {
    expect(await new WebgpuExecutor({ memoryBytes: 5e9 }).probe()).toMatchObject({
      memoryBytes: 5e9,
    });
    expect(await new WebgpuExecutor().probe()).toMatchObject({ memoryBytes: 2 * 2 ** 30 });
  });

  it('is estimated exactly for a dataset that is streamed', async () => {
    const executor = new WebgpuExecutor({ bindingBytes: BINDING_BYTES });
    await executor.probe();
    const subject = subjectOf(of('dense'), SAMPLES);
    const { sharedBytes, laneBytes } = executor.estimate(subject.plan, 2, subject.view);
    const { device } = await openSoftwareCard();
    const spy = vi.spyOn(Object.getPrototypeOf(device) as GPUDevice, 'createBuffer');
    const session = await Session.open(executor, subject, [FIRST, SECOND]);
    await session.run(0, 0, 38);
    await session.evaluate();
    const made = spy.mock.calls.reduce((sum, [{ size }]) => sum + size, 0);
    spy.mockRestore();
    await session.executable.dispose();
    expect(made).toBe(sharedBytes + 2 * laneBytes);
  });
});
