import { expect, it } from 'vitest';
import { keyOf, philox } from '../../../src/core/random.ts';
import { mapped, USAGE } from '../../../src/training/executors/webgpu/device.ts';
import { ELEMENTARY, PHILOX } from '../../../src/training/executors/webgpu/prelude.ts';
import { openSoftwareCard, whereGpu } from './software-gpu.ts';

const COUNT = 4096;

/** Computes words 0 … 4095 of a kernel; `body` assigns to `out[i]`, a u32. */
async function computed(functions: string, body: string): Promise<ArrayBuffer> {
  const card = await openSoftwareCard();
  const { device } = card;
  const code = `@group(0) @binding(0) var<storage, read_write> out: array<u32>;
${functions}
@compute @workgroup_size(64) fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let i = id.x; ${body}
}`;
  const module = device.createShaderModule({ code });
  const pipeline = device.createComputePipeline({ layout: 'auto', compute: { module } });
  const size = 4 * COUNT;
  const buffer = device.createBuffer({ size, usage: USAGE.storage | USAGE.copySrc });
  const staging = device.createBuffer({ size, usage: USAGE.mapRead | USAGE.copyDst });
  const entries = [{ binding: 0, resource: { buffer } }];
  const group = device.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries });
  const encoder = device.createCommandEncoder();
  const pass = encoder.beginComputePass();
  pass.setPipeline(pipeline);
  pass.setBindGroup(0, group);
  pass.dispatchWorkgroups(COUNT / 64);
  pass.end();
  encoder.copyBufferToBuffer(buffer, 0, staging, 0, size);
  device.queue.submit([encoder.finish()]);
  return mapped(card, staging, size);
}

/** Largest error of f on a grid, relative to the larger of the value and `floor`. */
async function error(
  f: string,
  exact: (x: number) => number,
  [low, high]: readonly [number, number],
  floor: number,
): Promise<number> {
  const step = Math.fround((high - low) / COUNT);
  const x = `fma(f32(i), ${String(step)}f, ${String(low)}f)`;
  const found = new Float32Array(await computed(ELEMENTARY, `out[i] = bitcast<u32>(${f}(${x}));`));
  return found.reduce((worst, value, i) => {
    const expected = exact(Math.fround(low + i * step));
    const scale = Math.max(Math.abs(expected), floor, Number.MIN_VALUE);
    return Math.max(worst, Math.abs(value - expected) / scale);
  }, 0);
}

/** Abramowitz and Stegun 7.1.26, of error 1.5e-7, as the kernels compute it. */
function erf(v: number): number {
  const x = Math.abs(v);
  const t = 1 / (1 + 0.3275911 * x);
  const p =
    t *
    (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  return Math.sign(v) * (1 - p * Math.exp(-x * x));
}

whereGpu('GPU: functions of kernels', () => {
  it('draws the words of the generator', async () => {
    const key = keyOf(2 ** 40 + 12_345);
    const at = `struct Key { keyLow: u32, keyHigh: u32 }
const at = Key(${String(key.low)}u, ${String(key.high)}u);`;
    const words = new Uint32Array(
      await computed(
        `${at}\n${PHILOX}`,
        'out[i] = philox(i / 4u, 7u, 0xfffffff0u, 1u << 26u)[i % 4u];',
      ),
    );
    const expected = new Uint32Array(COUNT);
    for (let i = 0; i < COUNT; i += 4) philox(key, i / 4, 7, 0xfffffff0, 2 ** 26, expected, i);
    expect(words).toEqual(expected);
  });

  it('computes exp, log, tanh, the logistic and the error function to a few units', async () => {
    expect(await error('expOf', Math.exp, [-80, 80], 0)).toBeLessThan(3e-6);
    expect(await error('expOf', Math.exp, [-2, 2], 0)).toBeLessThan(3e-7);
    expect(await error('logOf', Math.log, [0.001, 100], 1)).toBeLessThan(3e-7);
    expect(await error('tanhOf', Math.tanh, [-6, 6], 0)).toBeLessThan(2e-6);
    expect(await error('sigmoidOf', (x) => 1 / (1 + Math.exp(-x)), [-20, 20], 0)).toBeLessThan(
      2e-6,
    );
    expect(await error('erfOf', erf, [-4, 4], 1)).toBeLessThan(1e-6);
  });
});
