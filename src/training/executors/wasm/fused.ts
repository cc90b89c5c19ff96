/** Detects whether this host computes the fused multiply-add of relaxed SIMD with one rounding. */
import { ModuleBuilder } from './assembler.ts';
import { engine } from './engine.ts';

/** (1+2⁻¹²)² − (1+2⁻¹¹) is 2⁻²⁴ if the product is not rounded, otherwise 0. */
export function fuses(): boolean {
  const module = new ModuleBuilder(true);
  const place = 16;
  module.define(
    [],
    (body) => {
      const [sum, factor] = [body.local('v128'), body.local('v128')];
      body
        .f32x4(-(1 + 2 ** -11))
        .set(sum)
        .f32x4(1 + 2 ** -12)
        .set(factor);
      body.multiplyAdd(sum, factor, factor).i32(place).get(sum).store('v128');
    },
    'run',
  );
  const bytes = module.bytes();
  if (!engine.validate(bytes)) return false;
  const memory = new engine.Memory({ initial: 1 });
  const instance = new engine.Instance(new engine.Module(bytes), { environment: { memory } });
  (instance.exports as { readonly run: () => void }).run();
  return new Float32Array(memory.buffer)[place / 4] !== 0;
}
