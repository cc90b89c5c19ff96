import { expect, it, vi, type MockInstance } from 'vitest';
import { Buffers } from '../../../src/training/executors/webgpu/buffers.ts';
import { buildProgram, lower } from '../../../src/training/executors/webgpu/program.ts';
import { sizesOf } from '../../../src/training/executors/webgpu/sizes.ts';
import { softwareTile } from '../../../src/training/executors/webgpu/tiles.ts';
import { WebgpuExecutor } from '../../../src/training/executors/webgpu/webgpu.ts';
import type { LaneState } from '../../../src/training/executors/executor.ts';
import { FIRST, SECOND, Session, THIRD } from '../../contracts/executor-session.ts';
import { subjectOf, type SmallNetwork } from '../../support/networks.ts';
import { openSoftwareCard, whereGpu } from './software-gpu.ts';

const NETWORK: SmallNetwork = {
  name: 'conv and dense',
  shape: [1, 6, 5],
  layers: [
    { type: 'conv', filters: 3, kernel: 3 },
    { type: 'relu' },
    { type: 'flatten' },
    { type: 'dense', units: 4 },
  ],
};
const LANES = [FIRST, SECOND, THIRD];

async function trained(executor: WebgpuExecutor): Promise<readonly LaneState[]> {
  const session = await Session.open(executor, subjectOf(NETWORK), LANES);
  await session.run(0, 0, 3);
  await session.evaluate();
  const states = await session.states();
  await session.executable.dispose();
  return states;
}

/** Devices that the work makes. */
async function devicesOf(work: () => Promise<unknown>): Promise<GPUDevice[]> {
  const { device } = await openSoftwareCard();
  const prototype = Object.getPrototypeOf(device) as GPUDevice;
  const spy = vi.spyOn(prototype, 'createShaderModule');
  await work();
  const found = spy.mock.contexts as GPUDevice[];
  spy.mockRestore();
  return found;
}

/** Keeps its programs, so that tests compile no more than they need. */
const usual = new WebgpuExecutor();

whereGpu('GPU: failures', () => {
  it('ends a run with device-lost if the device is lost between chunks, and trains on a new one', async () => {
    const executor = new WebgpuExecutor();
    const subject = subjectOf(NETWORK);
    let session: Session | undefined;
    const [device] = await devicesOf(async () => {
      session = await Session.open(executor, subject, LANES);
    });
    const order = Uint32Array.from({ length: 4000 }, (_, i) => i % 11);
    const run = session!.run(0, 0, 1000, { order, onChunk: () => device!.destroy() });
    await expect(run).rejects.toMatchObject({ kind: 'device-lost' });
    await session!.executable.dispose();
    expect(await trained(executor)).toEqual(await trained(usual));
  });

  it('names the kernel that the card rejects', async () => {
    const card = await openSoftwareCard();
    const lowered = lower(subjectOf(NETWORK).plan, softwareTile);
    const train = [{ name: 'broken', code: 'fn main( {', groups: [1, 1], perLane: true }] as const;
    const built = buildProgram(card, { ...lowered, train });
    await expect(built).rejects.toMatchObject({
      kind: 'compile-failed',
      message: expect.stringMatching(/^webgpu: kernel broken: .*expected/s) as string,
    });
    expect(card.fault).toBeUndefined();
  });

  it('frees what it allocated if memory does not suffice for all lanes', async () => {
    const card = await openSoftwareCard();
    const { plan, view } = subjectOf(NETWORK);
    const { places } = lower(plan, softwareTile);
    const { layout } = await buildProgram(card, lower(plan, softwareTile));
    const sizes = sizesOf(plan, places, 1, view, { ...card.limits, memoryBytes: null });
    const bytes = { state: 2 ** 30, scratch: 2 ** 30, arena: 2 ** 30, lanes: 16 };
    const segments = Array.from({ length: 32 }, () => ({ lanes: 1, bytes }));
    const destroyed: MockInstance[] = [];
    const original = card.device.createBuffer.bind(card.device);
    vi.spyOn(card.device, 'createBuffer').mockImplementation((descriptor) => {
      const buffer = original(descriptor);
      destroyed.push(vi.spyOn(buffer, 'destroy'));
      return buffer;
    });
    const allocated = Buffers.allocate(card, layout, { ...sizes, segments });
    await expect(allocated).rejects.toMatchObject({ kind: 'out-of-memory' });
    expect(destroyed.length).toBeGreaterThan(sizes.segments.length);
    for (const spy of destroyed) expect(spy).toHaveBeenCalled();
  });

  it('refuses a network or a batch that exceeds what a kernel sees of a buffer', async () => {
    const executor = new WebgpuExecutor({ bindingBytes: 1024 });
    await executor.probe();
    const { plan, view } = subjectOf(NETWORK);
    expect(() => executor.estimate(plan, 1, view)).toThrow(/one network needs 1 MiB in one buffer/);
    const least = new WebgpuExecutor({ bindingBytes: 100 });
    await least.probe();
    expect(() => least.estimate(plan, 1, view)).toThrow('a batch of samples needs 1 MiB');
  });
});

whereGpu('GPU: choice of the adapter', () => {
  it.each([
    ['no permission for software adapters', { software: false }, 'compute on the CPU: SwiftShader'],
    [
      'a name that no adapter has',
      { adapter: 'GeForce' },
      'no adapter is named GeForce; there are',
    ],
    ['an empty name', { adapter: '' }, 'this worker uses no graphics card'],
  ])('is refused with the reason for %s', async (_, options, reason) => {
    const found = await new WebgpuExecutor(options).probe();
    expect(found).toMatchObject({
      usable: false,
      reason: expect.stringContaining(reason) as string,
    });
    expect(found).toHaveProperty('remedy', expect.stringMatching(/\w/));
  });

  it('takes an adapter by a part of its name', async () => {
    const found = await new WebgpuExecutor({ adapter: 'SwiftShader' }).probe();
    expect(found).toMatchObject({ usable: true });
  });
});

whereGpu('GPU: lanes and tiles', () => {
  it('trains lanes to equal bits in one segment and in several', async () => {
    const { plan } = subjectOf(NETWORK);
    const { places } = lower(plan, softwareTile);
    // Room for one lane and a half.
    const bindingBytes = 4 * places.shared + 6 * places.arena;
    expect(await trained(new WebgpuExecutor({ bindingBytes }))).toEqual(await trained(usual));
  });

  it('trains to equal bits with another shape of tile', async () => {
    const tileFor = (): ReturnType<typeof softwareTile> => ({ bm: 8, bn: 4, bk: 4, tm: 1, tn: 2 });
    expect(await trained(new WebgpuExecutor({ tileFor }))).toEqual(await trained(usual));
  });

  it('estimates the bytes of all buffers exactly before it makes them', async () => {
    const executor = new WebgpuExecutor();
    await executor.probe();
    const subject = subjectOf(NETWORK);
    const { sharedBytes, laneBytes } = executor.estimate(subject.plan, 3, subject.view);
    const { device } = await openSoftwareCard();
    const spy = vi.spyOn(Object.getPrototypeOf(device) as GPUDevice, 'createBuffer');
    const { executable } = await Session.open(executor, subject, LANES);
    const made = spy.mock.calls.reduce((sum, [{ size }]) => sum + size, 0);
    spy.mockRestore();
    await executable.dispose();
    expect(made).toBe(sharedBytes + 3 * laneBytes);
  });
});
