import { expect, it } from 'vitest';
import { TrainingError } from '../../../src/training/training-error.ts';
import { guarded, mapped, openCard, USAGE } from '../../../src/training/executors/webgpu/device.ts';
import { listAdapters } from '../../../src/runtime/gpu/adapters.ts';
import { openSoftwareCard, whereGpu } from './software-gpu.ts';

async function kindOf(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => 'no error',
    (error: unknown) => (error instanceof TrainingError ? error.kind : String(error)),
  );
}

whereGpu('GPU: the card', () => {
  it('names adapter and driver in its label, and has the limits of the adapter', async () => {
    const { label, limits, software } = await openSoftwareCard();
    expect(label).toMatch(/^webgpu:swiftshader-device[^:]*:SwiftShader driver [\d.]+$/);
    expect(limits).toMatchObject({ workgroupBytes: 32_768, threads: 256, immediates: 16 });
    expect(software).toBe(true);
  });

  it('is in the list of adapters, as a software adapter', async () => {
    const { adapters } = await listAdapters();
    expect(adapters).toMatchObject([{ backend: 'vulkan', software: true }]);
  });

  it('is not opened without permission for software adapters', async () => {
    const opened = openCard({ software: false, validation: true });
    await expect(opened).rejects.toThrow('computes on the CPU');
  });

  it('reports a buffer that does not fit as out of memory', async () => {
    const card = await openSoftwareCard();
    const { device } = card;
    const size = device.limits.maxBufferSize;
    const usage = USAGE.storage;
    const made: GPUBuffer[] = [];
    let kind = 'no error';
    for (let i = 0; i < 64 && kind === 'no error'; i++)
      kind = await kindOf(guarded(card, () => made.push(device.createBuffer({ size, usage }))));
    for (const buffer of made) buffer.destroy();
    expect(kind).toBe('out-of-memory');
  });

  it('reports an invalid call as a failed compilation with the message', async () => {
    const card = await openSoftwareCard();
    const bad = guarded(card, () => card.device.createShaderModule({ code: 'fn main( {' }));
    await expect(bad).rejects.toMatchObject({ kind: 'compile-failed' });
    expect(card.fault).toBeUndefined();
  });

  it('ends a wait for a lost device with device-lost, before and during the wait', async () => {
    const card = await openSoftwareCard();
    const { device } = card;
    const buffer = device.createBuffer({ size: 16, usage: USAGE.mapRead | USAGE.copyDst });
    const waiting = kindOf(mapped(card, buffer, 16));
    device.destroy();
    expect(await kindOf(mapped(card, buffer, 16))).toBe('device-lost');
    expect(['device-lost', 'no error']).toContain(await waiting);
    expect(card.lostListeners.size).toBe(0);
  });
});
