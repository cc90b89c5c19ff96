/**
 * The `wasm` executor: a SIMD module compiled for the plan's shapes. Bit-identical on every machine
 * unless fused. One process per core.
 */
import { setFlagsFromString } from 'node:v8';
import type { DatasetShape } from '../../../datasets/dataset-view.ts';
import { withPauses } from '../../../runtime/turn.ts';
import { hashing, planHash } from '../../plan/hash.ts';
import { elements, type Plan } from '../../plan/plan.ts';
import { TrainingError } from '../../training-error.ts';
import type { Executor, Memory, Usable } from '../executor.ts';
import { emitModule, emitting, type EmittedModule } from './emit.ts';
import { engine } from './engine.ts';
import { WasmExecutable, type Compiled } from './executable.ts';
import { fuses } from './fused.ts';
import { laneBlock } from './lane-block.ts';

export class WasmExecutor implements Executor {
  readonly name = 'wasm';
  readonly #wantsFused: boolean;
  #fused: boolean | undefined;
  /** Emitted modules by plan hash. */
  readonly #emitted = new Map<string, EmittedModule>();
  readonly #compiled = new Map<string, Compiled>();

  /**
   * @param options.fused false: never use the fused multiply-add, so that results are bit-identical
   *   on every machine
   */
  constructor(options: { readonly fused?: boolean } = {}) {
    this.#wantsFused = options.fused ?? true;
  }

  probe(): Promise<Usable> {
    // Smallest module that needs SIMD: (module (func (result v128) i32.const 0 i8x16.splat))
    const simd = Uint8Array.of(
      0,
      97,
      115,
      109,
      1,
      0,
      0,
      0,
      1,
      5,
      1,
      96,
      0,
      1,
      123,
      3,
      2,
      1,
      0,
      10,
      8,
      1,
      6,
      0,
      65,
      0,
      253,
      15,
      11,
    );
    return Promise.resolve(
      engine.validate(simd)
        ? { usable: true, label: this.#label(), memoryBytes: 4 * 2 ** 30, parallel: 1 }
        : {
            usable: false,
            reason: 'this Node has no WebAssembly SIMD',
            remedy: 'use Node 20.19 or newer on a 64-bit processor',
          },
    );
  }

  /**
   * Estimates the memory. Lanes share places, one after another; each lane has its own weights,
   * slots, gradients, statistics and values.
   */
  estimate(plan: Plan, _lanes: number, dataset: DatasetShape): Memory {
    return memoryOf(this.#emit(planHash(plan), plan), plan, dataset);
  }

  async compile(plan: Plan, lanes: number, signal: AbortSignal): Promise<WasmExecutable> {
    signal.throwIfAborted();
    const key = await withPauses(hashing(plan));
    let compiled = this.#compiled.get(key);
    if (compiled === undefined) {
      const emitted =
        this.#emitted.get(key) ?? (await withPauses(emitting(plan, this.#usesFused())));
      this.#emitted.set(key, emitted);
      optimiseFromTheStart();
      // From Node 24 on, a pending compilation does not keep the process alive.
      const alive = setInterval(() => undefined, 1000);
      try {
        compiled = { ...emitted, module: await engine.compile(emitted.bytes) };
      } catch (error) {
        throw new TrainingError(
          'compile-failed',
          `wasm: ${error instanceof Error ? error.message : String(error)}`,
        );
      } finally {
        clearInterval(alive);
      }
      this.#compiled.set(key, compiled);
    }
    const shape = { samples: 0, shape: plan.input.shape, classes: 0, sampleType: plan.input.type };
    return new WasmExecutable(
      plan,
      lanes,
      compiled,
      memoryOf(compiled, plan, shape),
      this.#label(),
    );
  }

  #usesFused(): boolean {
    return (this.#fused ??= this.#wantsFused && fuses());
  }

  #label(): string {
    return this.#usesFused() ? 'wasm-fma' : 'wasm';
  }

  #emit(key: string, plan: Plan): EmittedModule {
    let emitted = this.#emitted.get(key);
    if (emitted === undefined)
      this.#emitted.set(key, (emitted = emitModule(plan, this.#usesFused())));
    return emitted;
  }
}

function memoryOf({ bytes, end, whole }: EmittedModule, plan: Plan, dataset: DatasetShape): Memory {
  const sample = elements(dataset.shape) * (dataset.sampleType === 'u8' ? 1 : 4);
  const moved = plan.input.crop > 0 || plan.input.flip ? plan.batch * sample : 0;
  return {
    sharedBytes: dataset.samples * sample + moved + end,
    laneBytes: laneBlock(plan).bytes + 4 * plan.hyper.length,
    codeBytes: bytes.length,
    form: whole
      ? 'tiles of 4 samples, the whole batch where an op needs it'
      : 'tiles of 4 samples, forward and backward whole',
  };
}

let flagged = false;

/**
 * Disables V8's baseline tier, which is several times slower and which functions leave one by one;
 * all functions of these modules are hot.
 */
function optimiseFromTheStart(): void {
  if (flagged) return;
  flagged = true;
  setFlagsFromString('--no-liftoff');
  // V8 14.1 and later return from optimised code to the baseline tier by default. Without that
  // tier, the compiler of V8 14.6 misses the feedback of a function and ends the process (SIGTRAP).
  if (hasDeopt(process.versions.v8)) setFlagsFromString('--no-wasm-deopt');
  setFlagsFromString('--no-wasm-lazy-compilation');
}

/** Returns whether V8 knows the flag; others report it as unrecognised on standard error. */
function hasDeopt(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > 13 || (major === 13 && minor >= 6);
}
