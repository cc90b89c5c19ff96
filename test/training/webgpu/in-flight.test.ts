import { expect, it, vi } from 'vitest';
import { Buffers } from '../../../src/training/executors/webgpu/buffers.ts';
import { ChunkRunner, type Chunk } from '../../../src/training/executors/webgpu/chunk-runner.ts';
import type { Card } from '../../../src/training/executors/webgpu/device.ts';
import { buildProgram, lower } from '../../../src/training/executors/webgpu/program.ts';
import { sizesOf } from '../../../src/training/executors/webgpu/sizes.ts';
import { softwareTile } from '../../../src/training/executors/webgpu/tiles.ts';
import { WebgpuExecutor } from '../../../src/training/executors/webgpu/webgpu.ts';
import { FIRST, SECOND, Session } from '../../contracts/executor-session.ts';
import { subjectOf, type SmallNetwork } from '../../support/networks.ts';
import { PARAMS } from '../../support/training.ts';
import { openSoftwareCard, whereGpu } from './software-gpu.ts';

const NETWORK: SmallNetwork = {
  name: 'dense',
  shape: [1, 6, 5],
  layers: [{ type: 'flatten' }, { type: 'dense', units: 4 }],
};
const LONG = Uint32Array.from({ length: 4000 }, (_, i) => i % 11);

const executor = new WebgpuExecutor();

/** A runner, and chunks of one step for it. */
async function runnerOf(card: Card): Promise<[ChunkRunner, Buffers, Chunk]> {
  const { plan, view } = subjectOf(NETWORK);
  const lowered = lower(plan, softwareTile);
  const program = await buildProgram(card, lowered);
  const sizes = sizesOf(plan, program.places, 1, view, { ...card.limits, memoryBytes: null });
  const buffers = await Buffers.allocate(card, program.layout, sizes);
  const steps = [{ n: 4, first: 0, step: 0, epoch: 0, row: 0 }];
  const key = { low: 1, high: 2 };
  const kernels = program.evaluate;
  const last = program.finite;
  const chunk = { kernels, together: 1, steps, last, apart: 0, key, trials: [0], live: [0] };
  return [new ChunkRunner(card), buffers, chunk];
}

/** Submissions and finished reads while `work` runs, in their order. */
async function eventsOf(work: () => Promise<unknown>): Promise<string[]> {
  const { device } = await openSoftwareCard();
  const queue = Object.getPrototypeOf(device.queue) as GPUQueue;
  const staging = device.createBuffer({ size: 16, usage: 9 });
  const buffer = Object.getPrototypeOf(staging) as GPUBuffer;
  const spies = [vi.spyOn(queue, 'submit'), vi.spyOn(buffer, 'unmap')];
  await work();
  const calls = spies.map((spy) => spy.mock.invocationCallOrder);
  for (const spy of spies) spy.mockRestore();
  const [submitted = [], read = []] = calls;
  return [...submitted, ...read]
    .sort((a, b) => a - b)
    .map((call) => (submitted.includes(call) ? 'submitted' : 'read'));
}

whereGpu('GPU: two chunks in flight', () => {
  it('submits a chunk before the metrics of the one before it are read', async () => {
    const session = await Session.open(executor, subjectOf(NETWORK), [FIRST]);
    const events = await eventsOf(() => session.run(0, 0, 3));
    await session.executable.dispose();
    // Chunks of one step, since nothing is known about their duration yet.
    expect(events.slice(0, 3)).toEqual(['submitted', 'submitted', 'read']);
    expect(events.filter((event) => event === 'read')).toHaveLength(3);
  });

  it('reports divergence with the chunk, and ignores the lane in the chunk under way', async () => {
    const wild = { trial: 5, params: { ...PARAMS, rate: Infinity } };
    const session = await Session.open(executor, subjectOf(NETWORK), [wild, SECOND]);
    const reported: (readonly number[])[] = [];
    const { executable } = session;
    const run = executable.run.bind(executable);
    vi.spyOn(executable, 'run').mockImplementation((request) =>
      run({ ...request, onChunk: (_, diverged) => reported.push(diverged) }),
    );
    const report = await session.run(0, 0, 3);
    await executable.dispose();
    expect(reported).toEqual([[0], [], []]);
    expect(report.lanes.map((lane) => [lane?.diverged, lane?.samples])).toEqual([
      [true, 4],
      [false, 11],
    ]);
  });

  it('trains to the same weights and losses as chunks that are waited for', async () => {
    const session = await Session.open(executor, subjectOf(NETWORK), [FIRST, SECOND]);
    const whole = await session.run(0, 0, 40, { order: LONG });
    const expected = await session.states();
    await session.begin([FIRST, SECOND]);
    let lossSum = 0;
    for (let step = 0; step < 40; step++) {
      const report = await session.run(0, step, 1, { order: LONG });
      lossSum += report.lanes[1]?.lossSum ?? NaN;
    }
    expect(await session.states()).toEqual(expected);
    expect(whole.lanes[1]?.lossSum).toBe(lossSum);
    await session.executable.dispose();
  });

  it('ends all chunks under way with device-lost if the device is lost', async () => {
    const card = await openSoftwareCard();
    const [runner, buffers, chunk] = await runnerOf(card);
    await runner.run(chunk, buffers);
    const both = [runner.run(chunk, buffers), runner.run(chunk, buffers)];
    card.device.destroy();
    const ended = await Promise.allSettled(both);
    const lost = { status: 'rejected', reason: { kind: 'device-lost' } };
    expect(ended).toMatchObject([lost, lost]);
  });

  it('ends a chunk that does not finish with timed-out', async () => {
    // A software adapter has all the time it needs.
    const [runner, buffers, chunk] = await runnerOf({
      ...(await openSoftwareCard()),
      software: false,
    });
    vi.spyOn(buffers.shared('staging-1'), 'mapAsync').mockReturnValue(new Promise(() => undefined));
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      await runner.run(chunk, buffers);
      const hanging = runner.run(chunk, buffers).catch((error: unknown) => error);
      await vi.advanceTimersByTimeAsync(10 * 60_000);
      expect(await hanging).toMatchObject({ kind: 'timed-out' });
    } finally {
      vi.useRealTimers();
      buffers.destroy();
    }
  });
});
