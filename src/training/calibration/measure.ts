/**
 * Measures the speed of an executor on a plan by a short run on synthetic data. It neither chooses
 * an executor nor stores results.
 */
import { defined } from '../../core/at.ts';
import { keyOf, philox, PURPOSE } from '../../core/random.ts';
import type { DatasetView } from '../../datasets/dataset-view.ts';
import type { Executable, Executor } from '../executors/executor.ts';
import { elements, rootOf, type Plan } from '../plan/plan.ts';
import { TrainingError } from '../training-error.ts';

export interface MeasureOptions {
  /**
   * Maximum duration in milliseconds, without compilation, which may take longer than the training
   * that it is for; at least one step is run.
   */
  readonly budgetMs: number;
  /** Maximum duration of the compilation in milliseconds; default: none. */
  readonly compileLimitMs?: number;
  /** Milliseconds of a monotonic clock. */
  readonly now: () => number;
}

/**
 * Number of warm-up chunks that are not counted, for the compiler's tiers and the processor's
 * clock.
 */
const WARM_CHUNKS = 2;
/** Number of counted chunks after which the measurement ends. */
const ENOUGH_CHUNKS = 5;
const ENOUGH_MS = 200;
const EVALUATED_MS = 50;
/** Number of batches of synthetic data, and of steps per call. */
const BATCHES = 4;
const STEPS = 1024;
const SEED = 0;

export interface Speed {
  /** Training speed in lane-samples per second: the median over chunks. */
  readonly samplesPerSecond: number;
  /** Duration of the compilation, in milliseconds. */
  readonly compileMs: number;
}

export interface Pace {
  /** Training speed, lane-samples per second. */
  readonly trained: number;
  /** Evaluation speed, lane-samples per second. */
  readonly evaluated: number;
}

/**
 * Measures training speed and duration of the compilation.
 * @throws TrainingError as `compile` and `run`; `compile-failed` past the limit
 */
export async function measure(
  executor: Pick<Executor, 'compile'>,
  plan: Plan,
  lanes: number,
  options: MeasureOptions,
): Promise<Speed> {
  return measuring(executor, plan, lanes, options, async (executable, until, compileMs) => ({
    samplesPerSecond: await rate(executable, lanes, until, options.now),
    compileMs,
  }));
}

/**
 * Measures training and evaluation speed.
 * @throws TrainingError as `compile`, `run` and `evaluate`
 */
export async function measurePace(
  executor: Executor,
  plan: Plan,
  lanes: number,
  options: MeasureOptions,
): Promise<Pace> {
  return measuring(executor, plan, lanes, options, async (executable, until) => {
    const trained = await rate(executable, lanes, until, options.now);
    return { trained, evaluated: await evaluationRate(executable, lanes, options.now) };
  });
}

async function measuring<T>(
  executor: Pick<Executor, 'compile'>,
  plan: Plan,
  lanes: number,
  options: MeasureOptions,
  work: (executable: Executable, until: number, compileMs: number) => Promise<T>,
): Promise<T> {
  const { budgetMs, now } = options;
  const from = now();
  const executable = await compiled(executor, plan, lanes, options);
  const compileMs = now() - from;
  try {
    await executable.loadDataset(syntheticData(plan));
    const seeds = Array.from({ length: lanes }, (_, trial) => ({ trial, shared: false }));
    await executable.begin(SEED, seeds);
    return await work(executable, now() + budgetMs, compileMs);
  } finally {
    await executable.dispose();
  }
}

/** Compiles within the limit; an executable that comes later is disposed. */
async function compiled(
  executor: Pick<Executor, 'compile'>,
  plan: Plan,
  lanes: number,
  { compileLimitMs: limit, now }: MeasureOptions,
): Promise<Executable> {
  const controller = new AbortController();
  const from = now();
  const compiling = executor.compile(plan, lanes, controller.signal);
  if (limit === undefined) return compiling;
  const seconds = String(limit / 1000);
  const late = new TrainingError('compile-failed', `not compiled within ${seconds} s`);
  let timer: NodeJS.Timeout | undefined;
  const ended = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(late), limit);
  });
  try {
    const executable = await Promise.race([compiling, ended]);
    if (now() - from > limit) throw late;
    return executable;
  } catch (error) {
    controller.abort();
    void compiling.then(
      (executable) => executable.dispose(),
      () => undefined,
    );
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

async function rate(
  executable: Executable,
  lanes: number,
  until: number,
  now: () => number,
): Promise<number> {
  const { plan } = executable;
  const samples = BATCHES * plan.batch;
  const order = Uint32Array.from({ length: STEPS * plan.batch }, (_, i) => i % samples);
  const hyper = neutralRow(plan, lanes);
  const rates: number[] = [];
  let last = 0;
  let counted = 0;
  for (let epoch = 0; ; epoch++) {
    const enough = new AbortController();
    let steps = 0;
    let from = now();
    const onChunk = (done: number): void => {
      const at = now();
      const ms = Math.max(at - from, 0.001);
      last = (1000 * lanes * plan.batch * (done - steps)) / ms;
      if (epoch > 0 || chunks++ >= WARM_CHUNKS) {
        rates.push(last);
        counted += ms;
      }
      steps = done;
      from = at;
      if (at >= until || rates.length >= ENOUGH_CHUNKS || counted >= ENOUGH_MS) enough.abort();
    };
    let chunks = 0;
    await executable.run({
      epoch,
      firstStep: 0,
      steps: STEPS,
      order,
      hyper,
      rows: 'run',
      signal: enough.signal,
      onChunk,
    });
    if (enough.signal.aborted) return rates.length === 0 ? last : median(rates);
  }
}

/** Evaluation speed. The first pass is a warm-up. */
async function evaluationRate(
  executable: Executable,
  lanes: number,
  now: () => number,
): Promise<number> {
  const indices = Uint32Array.from({ length: BATCHES * executable.plan.batch }, (_, i) => i);
  const never = new AbortController().signal;
  await executable.evaluate(indices, never);
  const from = now();
  let samples = 0;
  do {
    await executable.evaluate(indices, never);
    samples += lanes * indices.length;
  } while (now() - from < EVALUATED_MS);
  return (1000 * samples) / Math.max(now() - from, 0.001);
}

/**
 * Hyper-parameters that leave every weight unchanged, so that nothing diverges during the
 * measurement.
 */
function neutralRow(plan: Plan, lanes: number): Uint32Array {
  const row = new Uint32Array(lanes * plan.hyper.length);
  const floats = new Float32Array(row.buffer);
  for (let i = 0; i < row.length; i++) {
    const name = defined(plan.hyper[i % plan.hyper.length]).name;
    if (/^(epsilon|clip|shrink)$|\.scale$/.test(name)) floats[i] = 1;
  }
  return row;
}

function median(values: readonly number[]): number {
  return defined([...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]);
}

/** Synthetic dataset: samples drawn for the purpose `synthetic`, labels in turn. */
export function syntheticData(plan: Plan): DatasetView {
  const samples = BATCHES * plan.batch;
  const { shape, type } = plan.input;
  const size = samples * elements(shape);
  const words = new Uint32Array(4 * Math.ceil(size / 4));
  for (let i = 0; i < words.length; i += 4)
    philox(keyOf(SEED), i / 4, 0, 0, PURPOSE.synthetic << 24, words, i);
  const bytes = Uint8Array.from({ length: size }, (_, i) => defined(words[i]) >>> 24);
  const x = type === 'u8' ? bytes : Float32Array.from(bytes, (byte) => byte / 255);
  const outputs = elements(rootOf(plan, plan.logits).shape);
  const label = plan.buffers.find(({ role }) => role === 'label');
  if (label?.type === 'f32') {
    const targets = elements(label.shape);
    return {
      samples,
      shape,
      classes: 0,
      targets,
      sampleType: type,
      x,
      y: new Float32Array(samples * targets),
    };
  }
  const classes = Array.from({ length: samples }, (_, i) => i % outputs);
  const y = outputs > 256 ? Uint16Array.from(classes) : Uint8Array.from(classes);
  return { samples, shape, classes: outputs, sampleType: type, x, y };
}
