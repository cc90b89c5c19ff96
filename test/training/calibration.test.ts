import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Device } from '../../src/core/device.ts';
import { cpuDevice } from '../../src/runtime/cpu-device.ts';
import { Calibrations, type CalibrationKey } from '../../src/training/calibration/calibrations.ts';
import { choose, type Choice } from '../../src/training/calibration/choose.ts';
import { measure } from '../../src/training/calibration/measure.ts';
import type { Executable, Executor, RunRequest } from '../../src/training/executors/executor.ts';
import { ReferenceExecutor } from '../../src/training/executors/reference/reference.ts';
import { WasmExecutor } from '../../src/training/executors/wasm/wasm.ts';
import type { TrainObjective } from '../../src/training/objective/objective.ts';
import { TrainingError } from '../../src/training/training-error.ts';
import { registered } from '../support/registered-executors.ts';
import type { ByForm } from '../support/registered-executors.ts';
import { temporaryFolder, type TemporaryFolder } from '../support/temporary-folder.ts';
import { subject } from '../support/training.ts';

const { plan } = subject([1, 6, 6], [{ type: 'flatten' }, { type: 'dense', units: 3 }], 8);

/** Clock that only the fake executors advance. */
let now = 0;
const clock = (): number => now;

interface Fake {
  readonly label: string;
  readonly msPerStep?: number;
  readonly compileMs?: number;
  readonly unusable?: string;
  readonly lost?: boolean;
  readonly fails?: TrainingError;
}

/** Takes time on the test's clock, and counts its calls. */
class FakeExecutor implements Executor {
  readonly name = 'wasm';
  readonly #fake: Fake;
  compiled = 0;
  steps = 0;

  constructor(fake: Fake) {
    this.#fake = fake;
  }

  probe: Executor['probe'] = () => {
    const { label, unusable, lost = false } = this.#fake;
    const usable = { usable: true, label, memoryBytes: 1, parallel: 1 } as const;
    return Promise.resolve(
      unusable === undefined
        ? usable
        : { usable: false, reason: unusable, remedy: 'get one', lost },
    );
  };

  estimate: Executor['estimate'] = () => ({
    sharedBytes: 0,
    laneBytes: 0,
    codeBytes: 0,
    form: 'none',
  });

  compile: Executor['compile'] = () => {
    this.compiled += 1;
    const { fails, label, msPerStep = 1, compileMs = 0 } = this.#fake;
    now += compileMs;
    if (fails !== undefined) return Promise.reject(fails);
    const run = ({ steps, signal, ...request }: RunRequest): ReturnType<Executable['run']> => {
      let done = 0;
      while (done < steps && !signal.aborted) {
        done += 1;
        this.steps += 1;
        now += msPerStep;
        request.onChunk?.(done, []);
      }
      return Promise.resolve({
        stepsDone: done,
        aborted: signal.aborted,
        lanes: [],
        milliseconds: 0,
      });
    };
    const nothing = (): Promise<void> => Promise.resolve();
    const fake = {
      plan,
      lanes: 1,
      label,
      chunkSteps: 1,
      loadDataset: nothing,
      begin: nothing,
      dispose: nothing,
      run,
    };
    return Promise.resolve(fake as unknown as Executable);
  };
}

interface Fakes {
  readonly wasm: FakeExecutor;
  readonly fused: FakeExecutor;
  readonly webgpu: FakeExecutor;
  readonly xla: FakeExecutor;
  readonly tensorflow: FakeExecutor;
  readonly reference: FakeExecutor;
}

function fakes(
  of: Partial<Record<keyof ByForm, Omit<Fake, 'label'> & { label?: string }>> = {},
): Fakes {
  const make = (label: string, more: Partial<Fake> = {}): FakeExecutor =>
    new FakeExecutor({ label, ...more });
  return {
    wasm: make('wasm', of.wasm),
    fused: make('wasm-fma', of.fused),
    webgpu: make('webgpu:card', of.webgpu ?? { unusable: 'no adapter' }),
    xla: make('tensorflow:xla', of.xla ?? { unusable: 'XLA compiles for cards only' }),
    tensorflow: make('tensorflow', of.tensorflow ?? { unusable: 'not installed' }),
    reference: make('reference', of.reference),
  };
}

let folder: TemporaryFolder;
beforeEach(() => {
  now = 0;
  folder = temporaryFolder();
});
afterEach(() => folder.remove());

function chosen(
  executors: ByForm,
  objective: Pick<TrainObjective, 'executor' | 'bits'> = {},
  began?: string,
  lanes = 1,
  device: Device = cpuDevice(),
): Promise<Choice[]> {
  return choose(objective, registered(executors), plan, lanes, {
    calibrations: new Calibrations(folder.file('c'), clock),
    device,
    began,
    now: clock,
  });
}
const words = (choices: readonly Choice[]): string[] =>
  choices.map(({ label, reason }) => `${label}: ${reason}`);

describe('Choice of the executor', () => {
  it('is the fastest usable one with the measurements as reason; the others follow, the reference last', async () => {
    const executors = fakes({
      wasm: { msPerStep: 4 },
      fused: { msPerStep: 2 },
      tensorflow: { msPerStep: 5 },
    });
    expect(words(await chosen(executors))).toEqual([
      'wasm-fma: fastest here: 4000 samples/s, wasm 2000 samples/s, tensorflow 1600 samples/s',
      'wasm: measured here: 2000 samples/s, wasm-fma 4000 samples/s, tensorflow 1600 samples/s',
      'tensorflow: measured here: 1600 samples/s, wasm-fma 4000 samples/s, wasm 2000 samples/s',
      'reference: no faster executor is available',
    ]);
    expect(executors.reference.compiled).toBe(0);
  });

  it('measures each device by itself, so that two cards do not share figures', async () => {
    const executors = fakes({ wasm: { msPerStep: 4 }, fused: { msPerStep: 2 } });
    const card: Device = { ...cpuDevice(), id: 'gpu/0', kind: 'gpu', name: 'a card' };
    const on = (device: Device) => chosen(executors, {}, undefined, 1, device);
    await on(card);
    await on({ ...card, id: 'gpu/1' });
    expect(executors.fused.compiled).toBe(1);
    await on({ ...card, name: 'another card' });
    expect(executors.fused.compiled).toBe(2);
    await on({ ...card, driver: '565.77' });
    await on({ ...card, driver: '570.10' });
    expect(executors.fused.compiled).toBe(4);
  });

  it('reports a lost device where the card of a worker is gone', async () => {
    const failing = (lost: boolean): Promise<unknown> =>
      chosen(fakes({ webgpu: { unusable: 'no adapter', lost } }), { executor: 'webgpu' });
    await expect(failing(true)).rejects.toMatchObject({ kind: 'device-lost' });
    await expect(failing(false)).rejects.toMatchObject({ kind: 'unsupported' });
  });

  it('compares TensorFlow’s graph with its form that XLA compiles', async () => {
    const card: Device = { id: 'gpu/0', kind: 'gpu', name: 'card', lanes: 4, memoryBytes: 2 ** 30 };
    const executors = fakes({
      wasm: { msPerStep: 50 },
      fused: { msPerStep: 50 },
      xla: { msPerStep: 1 },
      tensorflow: { msPerStep: 9 },
    });
    const [first] = await chosen(executors, {}, undefined, 1, card);
    expect(first?.label).toBe('tensorflow:xla');
    const [pinned] = await chosen(executors, { executor: 'tensorflow' }, undefined, 1, card);
    expect(pinned?.label).toBe('tensorflow');
  });

  it('times executors of GPUs in slots of GPUs only, where studies select none', async () => {
    const executors = fakes({ webgpu: { msPerStep: 0.1 }, wasm: { msPerStep: 4 } });
    const card: Device = { ...cpuDevice(), id: 'gpu/0', kind: 'gpu', name: 'a card' };
    const labels = async (device: Device, began?: string): Promise<string[]> =>
      (await chosen(executors, {}, began, 1, device)).map(({ label }) => label);
    expect(await labels(cpuDevice())).not.toContain('webgpu:card');
    expect(executors.webgpu.compiled).toBe(0);
    expect((await labels(card))[0]).toBe('webgpu:card');
    expect(words(await chosen(executors, { executor: 'webgpu' }))).toEqual([
      'webgpu:card: selected in the study',
    ]);
  });

  it('keeps no card idle because a study started on a CPU', async () => {
    const executors = fakes({ webgpu: { msPerStep: 0.1 }, wasm: { msPerStep: 4 } });
    const card: Device = { ...cpuDevice(), id: 'gpu/0', kind: 'gpu', name: 'a card' };
    const [first] = await chosen(executors, {}, 'wasm', 1, card);
    expect(first?.label).toBe('webgpu:card');
    expect(first?.reason).not.toContain('not available here');
    expect((await chosen(executors, {}, 'webgpu:card', 1, card))[0]?.reason).toBe(
      'the study started with it',
    );
  });

  it('continues with an executor whose label the study recorded with a form of it', async () => {
    const executors = fakes({ webgpu: { msPerStep: 4 }, wasm: { msPerStep: 0.1 } });
    const card: Device = { ...cpuDevice(), id: 'gpu/0', kind: 'gpu', name: 'a card' };
    for (const began of ['webgpu:card:A', 'webgpu:card:B'])
      expect(words(await chosen(executors, {}, began, 1, card))[0]).toBe(
        'webgpu:card: the study started with it',
      );
    expect(words(await chosen(executors, {}, 'webgpu:cards', 1, card))[0]).toMatch(
      /^wasm: .*the study started with webgpu:cards, which is not available here$/,
    );
  });

  it('does not count compilation as time of the measurement', async () => {
    const executors = fakes({ wasm: { msPerStep: 1, compileMs: 15_000 }, fused: { msPerStep: 4 } });
    const [first] = await chosen(executors);
    expect(executors.wasm.steps).toBeGreaterThanOrEqual(5);
    expect(first?.reason).toBe(
      'fastest here: 8000 samples/s, compiled in 15 s, wasm-fma 2000 samples/s',
    );
  });

  it('is not one whose compilation takes longer than 20 s, as long as another one works', async () => {
    const executors = fakes({ fused: { msPerStep: 0.1, compileMs: 21_000 } });
    expect(words(await chosen(executors)).slice(0, 2)).toEqual([
      'wasm: fastest here: 8000 samples/s, wasm-fma failed (not compiled within 20 s)',
      'wasm-fma: measured here: failed (not compiled within 20 s), wasm 8000 samples/s',
    ]);
    expect(executors.fused.steps).toBe(0);
  });

  it('does not wait for a compilation that never ends, and disposes what comes too late', async () => {
    vi.useFakeTimers();
    const executors = fakes();
    let finish: (executable: Executable) => void = () => undefined;
    const signals: AbortSignal[] = [];
    executors.fused.compile = (_, __, signal) => {
      signals.push(signal);
      return new Promise((resolve) => (finish = resolve));
    };
    const choosing = measure(executors.fused, plan, 1, {
      budgetMs: 10,
      compileLimitMs: 20_000,
      now: clock,
    }).catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(20_000);
    vi.useRealTimers();
    expect(await choosing).toMatchObject({
      kind: 'compile-failed',
      message: 'not compiled within 20 s',
    });
    expect(signals[0]?.aborted).toBe(true);
    const disposed = vi.fn(() => Promise.resolve());
    finish({ dispose: disposed } as unknown as Executable);
    await expect.poll(() => disposed.mock.calls.length).toBe(1);
  });

  it('prefers reproducible results to a speed-up of a few per cent', async () => {
    expect(
      (await chosen(fakes({ wasm: { msPerStep: 1.03 }, fused: { msPerStep: 1 } })))[0]?.label,
    ).toBe('wasm');
    expect(
      (
        await chosen(
          fakes({ wasm: { msPerStep: 1.08 }, fused: { msPerStep: 1 } }),
          {},
          undefined,
          2,
        )
      )[0]?.label,
    ).toBe('wasm-fma');
  });

  it('needs no measurement if only one executor is usable, even under two names', async () => {
    const executors = fakes({ fused: { label: 'wasm' } });
    expect(words(await chosen(executors))[0]).toBe('wasm: the only available executor');
    expect(executors.wasm.compiled + executors.fused.compiled).toBe(0);
    const none = fakes({ wasm: { unusable: 'no SIMD' }, fused: { unusable: 'no SIMD' } });
    expect(words(await chosen(none))).toEqual(['reference: no faster executor is available']);
  });

  it('is the one that the study selects, without fallbacks', async () => {
    const executors = fakes();
    expect(words(await chosen(executors, { executor: 'reference' }))).toEqual([
      'reference: selected in the study',
    ]);
    expect(words(await chosen(executors, { executor: 'wasm' }))).toEqual([
      'wasm-fma: selected in the study',
    ]);
    expect(words(await chosen(executors, { executor: 'wasm', bits: 'wasm' }))).toEqual([
      'wasm: selected in the study, with bit-identical results',
    ]);
    expect(words(await chosen(executors, { bits: 'wasm' }))).toEqual([
      'wasm: the study requires bit-identical results',
    ]);
    await expect(chosen(executors, { executor: 'tensorflow' })).rejects.toThrow(
      'tensorflow: not installed; get one',
    );
  });

  it('is the one with which the study started while it is usable; otherwise it reports the change', async () => {
    const executors = fakes({ wasm: { msPerStep: 9 } });
    expect(words(await chosen(executors, {}, 'wasm')).slice(0, 2)).toEqual([
      'wasm: the study started with it',
      'wasm-fma: usable here',
    ]);
    expect(executors.fused.compiled).toBe(0);
    const [first] = await chosen(executors, {}, 'tensorflow:2.20:cpu');
    expect(first?.reason).toMatch(
      /^fastest here: .*; the study started with tensorflow:2\.20:cpu, which is not available here$/,
    );
  });

  it('ranks an executor that cannot run the plan last, and reports its failure', async () => {
    const executors = fakes({
      fused: { fails: new TrainingError('compile-failed', 'kernel relu: no\n  at') },
    });
    expect(words(await chosen(executors))[0]).toBe(
      'wasm: fastest here: 8000 samples/s, wasm-fma failed (kernel relu: no)',
    );
    // The stored measurement repeats the reason.
    expect(words(await chosen(executors))[0]).toContain('wasm-fma failed (kernel relu: no)');
  });
});

describe('Calibration: measuring', () => {
  it.each<[string, Executor]>([
    ['reference', new ReferenceExecutor()],
    ['wasm', new WasmExecutor()],
  ])('gives a finite speed for %s, within its budget plus one step', async (_name, executor) => {
    const used = process.cpuUsage();
    const options = { budgetMs: 500, now: () => performance.now() };
    const { samplesPerSecond } = await measure(executor, plan, 3, options);
    expect(samplesPerSecond).toBeGreaterThan(0);
    expect(samplesPerSecond).toBeLessThan(Infinity);
    // Processor time, which other processes cannot increase.
    const { user, system } = process.cpuUsage(used);
    expect((user + system) / 1000).toBeLessThan(5_000);
  });

  it('runs one step if a step takes longer than the budget', async () => {
    const executor = new FakeExecutor({ label: 'slow', msPerStep: 10_000 });
    const { samplesPerSecond } = await measure(executor, plan, 2, { budgetMs: 1, now: clock });
    expect(samplesPerSecond).toBeCloseTo(1.6);
    expect(now).toBe(10_000);
  });

  it('ignores the first two chunks', async () => {
    const executor = new FakeExecutor({ label: 'warming', msPerStep: 1 });
    const late = (): number => (now < 2.5 ? now * 50 : 100 + now);
    const found = await measure(executor, plan, 1, { budgetMs: 3000, now: late });
    expect(found.samplesPerSecond).toBeCloseTo(8000);
  });
});

describe('Calibration: stored measurements', () => {
  const KEY: CalibrationKey = { plan: 'p', device: 'd', lanes: 1, labels: ['a', 'b'] };
  const FOUND = [{ label: 'a', samplesPerSecond: 5 }];
  const never = (): Promise<never> => Promise.reject(new Error('measured again'));

  it('are kept by key across processes, without other files', async () => {
    await new Calibrations(folder.file('c'), clock).get(KEY, () => Promise.resolve(FOUND));
    expect(await new Calibrations(folder.file('c'), clock).get({ ...KEY }, never)).toEqual(FOUND);
    await expect(
      new Calibrations(folder.file('c'), clock).get({ ...KEY, lanes: 2 }, never),
    ).rejects.toThrow('measured again');
    expect(readdirSync(folder.file('c'))).toHaveLength(1);
  });

  it('are made by one process while the others wait', async () => {
    let measured = 0;
    const calibrations = new Calibrations(folder.file('c'), () => performance.now());
    const once = async (): Promise<typeof FOUND> => {
      measured += 1;
      await new Promise((resolve) => setTimeout(resolve, 20));
      return FOUND;
    };
    expect(await Promise.all([1, 2, 3].map(() => calibrations.get(KEY, once)))).toEqual([
      FOUND,
      FOUND,
      FOUND,
    ]);
    expect(measured).toBe(1);
  });

  it('are made again if the file is damaged or a process died while measuring', async () => {
    const calibrations = new Calibrations(folder.file('c'), clock);
    await calibrations.get(KEY, () => Promise.resolve(FOUND));
    const [name = ''] = readdirSync(folder.file('c'));
    const file = `${folder.file('c')}/${name}`;
    for (const damaged of ['{', '{}', readFileSync(file, 'utf8').replace('"p"', '"q"')]) {
      writeFileSync(file, damaged);
      writeFileSync(`${file}.lock`, '99999999');
      expect(await calibrations.get(KEY, () => Promise.resolve(FOUND))).toEqual(FOUND);
    }
  });

  it('are not stored if the folder cannot be written', async () => {
    mkdirSync(folder.file('f'));
    writeFileSync(folder.file('f/file'), '');
    expect(
      await new Calibrations(folder.file('f/file/c'), clock).get(KEY, () => Promise.resolve(FOUND)),
    ).toEqual(FOUND);
    expect(await new Calibrations(null, clock).get(KEY, () => Promise.resolve(FOUND))).toEqual(
      FOUND,
    );
  });
});
