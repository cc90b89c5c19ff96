import { expect, it, vi } from 'vitest';
import { bufferOf, Buffers } from '../../../src/training/executors/webgpu/buffers.ts';
import {
  ChunkRunner,
  lanesTogether,
  type Chunk,
} from '../../../src/training/executors/webgpu/chunk-runner.ts';
import type { Card } from '../../../src/training/executors/webgpu/device.ts';
import { buildProgram, lower } from '../../../src/training/executors/webgpu/program.ts';
import { sizesOf } from '../../../src/training/executors/webgpu/sizes.ts';
import { softwareTile } from '../../../src/training/executors/webgpu/tiles.ts';
import { subjectOf } from '../../support/networks.ts';
import { openSoftwareCard, whereGpu } from './software-gpu.ts';

const LANES = [0, 1, 2, 3, 4];

/** A runner, and an evaluation step of five lanes with different weights. */
async function runnerOf(card: Card): Promise<[ChunkRunner, Buffers, Chunk]> {
  const { plan, view } = subjectOf({
    name: 'dense',
    shape: [1, 6, 5],
    layers: [{ type: 'flatten' }, { type: 'dense', units: 4 }],
  });
  const program = await buildProgram(card, lower(plan, softwareTile));
  const room = { ...card.limits, memoryBytes: null };
  const sizes = sizesOf(plan, program.places, LANES.length, view, room);
  const buffers = await Buffers.allocate(card, program.layout, sizes);
  buffers.upload(buffers.shared('data'), 0, view.x);
  const { state } = program.places;
  const weights = Float32Array.from({ length: LANES.length * state }, (_, i) => Math.sin(i) / 9);
  for (const segment of buffers.segments) buffers.upload(bufferOf(segment, 'state'), 0, weights);
  const chunk = {
    ...{ kernels: program.evaluate, together: 1, last: null, apart: 0 },
    steps: [{ n: 4, first: 0, step: 0, epoch: 0, row: 0 }],
    ...{ key: { low: 1, high: 2 }, trials: LANES, live: LANES },
  };
  return [new ChunkRunner(card), buffers, chunk];
}

/**
 * Runs a chunk that takes a simulated time; returns the lanes of its dispatches and its metrics.
 */
async function ran(
  [runner, buffers, chunk]: [ChunkRunner, Buffers, Chunk],
  milliseconds: number,
): Promise<[lanes: number[], metrics: number[]]> {
  const encoder = (await openSoftwareCard()).device.createCommandEncoder();
  const pass = Object.getPrototypeOf(encoder.beginComputePass()) as GPUComputePassEncoder;
  const dispatched = vi.spyOn(pass, 'dispatchWorkgroups');
  let now = 0;
  const clock = vi.spyOn(performance, 'now').mockImplementation(() => (now += milliseconds));
  const metrics = await runner.run(chunk, buffers);
  const lanes = dispatched.mock.calls.map(([, , z = 1]) => z);
  dispatched.mockRestore();
  clock.mockRestore();
  return [lanes, Array.from(metrics.slice(2 * LANES.length))];
}

whereGpu('GPU: dispatches of more than 50 ms', () => {
  it('divides the lanes of the next chunk if a dispatch is expected to take longer', async () => {
    // A software adapter has all the time it needs.
    const card = { ...(await openSoftwareCard()), software: false };
    const running = await runnerOf(card);
    const [whole, expected] = await ran(running, 1);
    expect(Math.max(...whole)).toBe(5);
    const [unchanged] = await ran(running, 200);
    expect(Math.max(...unchanged)).toBe(5);
    // The longest of the kernels takes at least a share of the 200 ms.
    const [divided, metrics] = await ran(running, 1);
    expect(Math.max(...divided)).toBeLessThan(5);
    expect(metrics).toEqual(expected);
    expect(new Set(expected).size).toBeGreaterThan(5);
    const [again] = await ran(running, 1);
    expect(Math.max(...again)).toBe(5);
  });

  it('computes as many lanes at once as take at most 50 ms, at least one', () => {
    expect(lanesTogether(64, 49)).toBe(64);
    expect(lanesTogether(64, 51)).toBe(32);
    expect(lanesTogether(64, 400)).toBe(8);
    expect(lanesTogether(3, 4000)).toBe(1);
  });
});
