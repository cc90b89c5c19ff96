import { describe, expect, it } from 'vitest';
import type { Buffers } from '../../src/training/executors/webgpu/buffers.ts';
import { uploadSamples } from '../../src/training/executors/webgpu/upload-samples.ts';

const SHAPE = [3, 64, 64];
const ROW = 3 * 64 * 64;

interface Written {
  readonly buffer: string;
  readonly offset: number;
  readonly bytes: Uint8Array;
}

/** Records what is uploaded. */
function recorded(labelsAt: number): [Buffers, Written[]] {
  const written: Written[] = [];
  const buffers = {
    sizes: { labelsAt },
    shared: (name: string) => name,
    upload: (buffer: string, offset: number, { buffer: bytes }: Uint8Array) =>
      written.push({ buffer, offset, bytes: new Uint8Array(bytes) }),
  };
  return [buffers as unknown as Buffers, written];
}

describe('GPU: samples that are copied for a chunk', () => {
  it('are copied in pieces of some megabytes from shared memory, in the order of the chunk', () => {
    const samples = 900;
    const shared = new SharedArrayBuffer(samples * ROW);
    const x = new Uint8Array(shared);
    for (let i = 0; i < samples; i++) x.fill(i % 251, i * ROW, (i + 1) * ROW);
    const y = Uint8Array.from({ length: samples }, (_, i) => i % 10);
    const indices = Uint32Array.from({ length: samples }, (_, i) => samples - 1 - i);
    const [buffers, written] = recorded(5_000_000);
    const view = { samples, shape: SHAPE, classes: 10, sampleType: 'u8', x, y } as const;
    uploadSamples(buffers, view, indices, 1000);
    const data = written.filter(({ buffer, offset }) => buffer === 'data' && offset < 20_000_000);
    expect(data.length).toBeGreaterThan(2);
    let at = 0;
    for (const { offset, bytes } of data) {
      expect([offset, offset % 4]).toEqual([at, 0]);
      expect(bytes.length).toBeLessThanOrEqual(4 * 2 ** 20);
      expect(bytes.buffer).toBeInstanceOf(ArrayBuffer);
      at += bytes.length;
    }
    expect(at).toBe(x.length);
    expect([data[0]!.bytes[0], data[0]!.bytes[ROW]]).toEqual([899 % 251, 898 % 251]);
    const [labels, order] = written.slice(-2).map(({ bytes }) => new Uint32Array(bytes.buffer));
    expect([...labels!.subarray(0, 3)]).toEqual([9, 8, 7]);
    expect([order![1], order![1001], order!.length]).toEqual([1, 898, 1900]);
  });
});
