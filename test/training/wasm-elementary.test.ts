import { describe, expect, it } from 'vitest';
import { ModuleBuilder } from '../../src/training/executors/wasm/assembler.ts';
import { engine } from '../../src/training/executors/wasm/engine.ts';
import type { Body } from '../../src/training/executors/wasm/instructions.ts';
import { pushExp, pushLog } from '../../src/training/executors/wasm/kernels/elementary.ts';

const COUNT = 40_000;

/** Applies a kernel to float32 values in place, in a separate module. */
async function apply(kernel: (body: Body) => void, values: Float32Array): Promise<Float32Array> {
  const module = new ModuleBuilder();
  module.define(
    ['i32', 'i32'],
    (body) => {
      const at = body.local('i32');
      body.i32(0).set(at);
      body.repeat(values.length / 4, [[at, 16]], () => {
        body.get(at).get(at).load('v128');
        kernel(body);
        body.store('v128');
      });
    },
    'apply',
  );
  const memory = new engine.Memory({ initial: Math.ceil((values.length * 4) / 65536) });
  const found = new Float32Array(memory.buffer, 0, values.length);
  found.set(values);
  const { exports } = new engine.Instance(await engine.compile(module.bytes()), {
    environment: { memory },
  });
  (exports as { apply: (a: number, b: number) => void }).apply(0, 0);
  return found;
}

describe('wasm: elementary functions', () => {
  it('exp is within 1.2e-7 of the true value over its range', async () => {
    const values = Float32Array.from({ length: COUNT }, (_, i) => -87 + (i / COUNT) * 175);
    const found = await apply(pushExp, values);
    const worst = values.reduce(
      (error, x, i) => Math.max(error, Math.abs(found[i]! / Math.exp(x) - 1)),
      0,
    );
    expect(worst).toBeLessThan(1.2e-7);
  });

  it('log is within 1.2e-7 of the true value, of its size or of 1', async () => {
    const values = Float32Array.from({ length: COUNT }, (_, i) => 2 ** (-20 + (i / COUNT) * 60));
    const found = await apply(pushLog, values);
    const worst = values.reduce(
      (error, x, i) =>
        Math.max(error, Math.abs(found[i]! - Math.log(x)) / Math.max(1, Math.abs(Math.log(x)))),
      0,
    );
    expect(worst).toBeLessThan(1.2e-7);
  });

  it('exp and log propagate NaN', async () => {
    expect(
      [...(await apply(pushExp, Float32Array.of(NaN, 0, -1000, 1)))].map(
        (x) => Number.isNaN(x) || x > 0,
      ),
    ).toEqual([true, true, true, true]);
    expect((await apply(pushExp, Float32Array.of(NaN, NaN, NaN, NaN)))[0]).toBeNaN();
    expect((await apply(pushLog, Float32Array.of(NaN, 1, Infinity, 2)))[0]).toBeNaN();
  });
});
